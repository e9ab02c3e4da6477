import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { network } from 'hardhat'
import {
  type DeparrowAddresses,
  DeployerNonceError,
  DeploymentMismatchError,
  type DeployRequest,
  deployDeparrow,
  fundPosterBond,
  localPeriods,
  predictAddresses,
  verifyDeployment,
} from '../../deploy/index.ts'
import { completeParameters } from '../../deploy/parameters.ts'
import { localAddresses, settlementAbi } from '../../generated/index.ts'
import { CAP_WEI } from '../support/chain.ts'

type Mining = { auto: boolean; interval: number }

/** A chain of its own, since deployment is about what has or has not been sent there before. */
async function emptyChain(mining: Mining = { auto: true, interval: 0 }) {
  const connection = await network.create({ override: { mining, allowBlocksWithSameTimestamp: true } })
  const { viem } = connection
  const publicClient = await viem.getPublicClient({ pollingInterval: 5, cacheTime: 0 })
  const [deployer, poster, guardian, distribution, other] = await viem.getWalletClients()
  if (!deployer || !poster || !guardian || !distribution || !other) throw new Error('The chain has too few accounts.')
  const parameters = {
    poster: poster.account.address,
    guardian: guardian.account.address,
    distribution: distribution.account.address,
    ledgerSigner: guardian.account.address,
    ...localPeriods,
  }
  const deploy = (changed: Partial<DeployRequest['parameters']> = {}, walletClient = deployer) =>
    deployDeparrow({ walletClient, publicClient, parameters: { ...parameters, ...changed } })
  const verify = (changed: Partial<DeparrowAddresses>) =>
    verifyDeployment(publicClient, { ...localAddresses, ...changed }, completeParameters(parameters))
  const sentBy = (address: `0x${string}`) => publicClient.getTransactionCount({ address })
  const close = () => connection.close()
  return { publicClient, deployer, distribution, other, deploy, verify, sentBy, close }
}

describe('deploying', () => {
  it('puts the contracts at the published local addresses and mints genesis', async () => {
    const { deploy, publicClient, sentBy, deployer } = await emptyChain()
    const { addresses, transactionHashes, deploymentBlock } = await deploy()
    assert.deepEqual(addresses, localAddresses)
    assert.deepEqual(Object.keys(transactionHashes), [
      'token',
      'emission',
      'settlement',
      'evidence',
      'registry',
      'disputes',
      'disputedReceipts',
      'genesis',
    ])
    assert.equal(await sentBy(deployer.account.address), 8)
    const inbox = { address: addresses.settlement, abi: settlementAbi } as const
    const total = await publicClient.readContract({ ...inbox, functionName: 'inboxTotal', args: [2n] })
    assert.equal(total * 10n ** 12n, (CAP_WEI * 15n) / 100n)
    const receipt = await publicClient.getTransactionReceipt({ hash: transactionHashes.settlement ?? '0x' })
    assert.equal(deploymentBlock, receipt.blockNumber)
  })

  it('names the EIP-712 domain of the ledger', async () => {
    const { deploy, publicClient } = await emptyChain()
    const { addresses } = await deploy()
    const contract = { address: addresses.settlement, abi: settlementAbi } as const
    const [, name, version, chainId, verifyingContract] = await publicClient.readContract({
      ...contract,
      functionName: 'eip712Domain',
    })
    assert.deepEqual([name, version, chainId, verifyingContract], ['DEparrow', '1', 31337n, addresses.settlement])
  })

  it('does nothing the second time, even when the account has sent more since', async () => {
    const { deploy, deployer, other, sentBy } = await emptyChain()
    const first = await deploy()
    await deployer.sendTransaction({ to: other.account.address, value: 1n })
    const second = await deploy()
    assert.deepEqual(second.addresses, first.addresses)
    assert.deepEqual(second.transactionHashes, {})
    assert.equal(await sentBy(deployer.account.address), 9)
  })

  it('waits for a block only before what reads the contracts before it, where blocks come by the clock', async () => {
    const { deploy, publicClient, close } = await emptyChain({ auto: false, interval: 1_000 })
    const { transactionHashes } = await deploy()
    const receipts = Object.values(transactionHashes).map(hash => publicClient.getTransactionReceipt({ hash }))
    const blocks = new Set((await Promise.all(receipts)).map(({ blockNumber }) => blockNumber))
    assert.equal(receipts.length, 8)
    assert.ok(blocks.size <= 4, `${blocks.size} blocks`)
    await close()
  })
})

describe('the bond of the local poster', () => {
  it('is filled up to what is asked for, and left alone when it suffices', async () => {
    const { deploy, publicClient, distribution, sentBy } = await emptyChain()
    const { addresses } = await deploy()
    const contract = { address: addresses.settlement, abi: settlementAbi } as const
    const payer = { walletClient: distribution, publicClient }
    for (const [epochs, expected] of [
      [3n, 3_000n],
      [10n, 10_000n],
      [5n, 10_000n],
    ] as const) {
      await fundPosterBond(payer, addresses.settlement, epochs)
      const bondWei = await publicClient.readContract({ ...contract, functionName: 'bondWei' })
      assert.equal(bondWei, expected * 10n ** 18n)
    }
    assert.equal(await sentBy(distribution.account.address), 4)
  })
})

describe('a deployment that was interrupted', () => {
  for (const [chain, mining] of [
    ['mined at once', { auto: true, interval: 0 }],
    ['still under way', { auto: false, interval: 50 }],
  ] as const)
    it(`is taken up after each of its transactions, ${chain}`, async () => {
      for (const sent of [0, 1, 2, 3, 4, 5, 6, 7]) {
        const { deploy, deployer, sentBy, close } = await emptyChain(mining)
        await assert.rejects(deploy({}, dyingAfter(deployer, sent)), { message: 'killed' })
        const resumed = await deploy()
        assert.deepEqual(resumed.addresses, localAddresses)
        assert.equal(Object.keys(resumed.transactionHashes).length, 8 - sent)
        assert.equal(await sentBy(deployer.account.address), 8)
        await close()
      }
    })
})

/** A wallet whose process dies after sending this many transactions. */
function dyingAfter(wallet: DeployRequest['walletClient'], sent: number): DeployRequest['walletClient'] {
  let left = sent
  const sendTransaction: typeof wallet.sendTransaction = async request => {
    if (left-- === 0) throw new Error('killed')
    return wallet.sendTransaction(request)
  }
  return { ...wallet, sendTransaction }
}

describe('deployment refuses', () => {
  it('what was deployed with other parameters', async () => {
    const { deploy, other } = await emptyChain()
    await deploy()
    const { address } = other.account
    for (const [changed, what] of [
      [{ poster: address }, 'the poster'],
      [{ guardian: address }, 'the guardian'],
      [{ distribution: address }, 'the distribution wallet'],
      [{ windowSeconds: 3n }, 'the window in seconds'],
      [{ inboxAgeSeconds: 1n }, 'the inbox age in seconds'],
      [{ answerSeconds: 3n }, 'the time to answer in seconds'],
      [{ roundsMax: 7n }, 'the rounds of demands'],
      [{ exitSeconds: 86_401n }, 'the exit period in seconds'],
      [{ epochBondWei: 1n }, 'the bond of an epoch in wei'],
      [{ compensationMaxMicrocredits: 1n }, 'the highest compensation in microcredits'],
      [{ ledgerSigner: address }, 'the ledger signer'],
      [{ askerBondWei: 1n }, 'the bond of a demand in wei'],
      [{ unbondSeconds: 1n }, 'the unbonding period in seconds'],
      [{ genesisTreasuryWei: 0n }, "the treasury's genesis amount"],
    ] as const)
      await assert.rejects(
        deploy(changed),
        error => error instanceof DeploymentMismatchError && error.mismatch.what === what,
      )
  })

  it('contracts that do not name one another', async () => {
    const { deploy, verify, other } = await emptyChain()
    await deploy()
    await verify({})
    for (const [changed, what] of [
      [{ disputes: other.account.address }, 'the disputes contract'],
      [{ disputedReceipts: other.account.address }, 'the receipts contract'],
    ] as const)
      await assert.rejects(
        verify(changed),
        error => error instanceof DeploymentMismatchError && error.mismatch.what === what,
      )
  })

  it('a bond of which K are above the reward, without losing the address of the contract', async () => {
    const { deploy, deployer, sentBy } = await emptyChain()
    await assert.rejects(deploy({ askerBondWei: 10n ** 20n }), /AskerBondTooLarge|revert/)
    assert.equal(await sentBy(deployer.account.address), 5)
    const { addresses } = await deploy()
    assert.deepEqual(addresses, localAddresses)
  })

  it('an account whose nonce has passed, and says which', async () => {
    const { deploy, deployer, other } = await emptyChain()
    await deployer.sendTransaction({ to: other.account.address, value: 1n })
    await assert.rejects(deploy(), (error: unknown) => {
      assert.ok(error instanceof DeployerNonceError)
      assert.deepEqual([error.detail.expectedNonce, error.detail.nonce, error.detail.missing], [0, 1, 'token'])
      return true
    })
    const { addresses } = await deploy({ firstNonce: 1 })
    assert.deepEqual(addresses, predictAddresses(deployer.account.address, 1))
  })
})
