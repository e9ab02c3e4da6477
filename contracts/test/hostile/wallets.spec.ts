/** Wallets with code: no contract ever asks one for a signature, so that one that lies, reverts or burns all gas changes nothing. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress, type Hex, zeroHash } from 'viem'
import { alice, CREDIT_WEI, loadContracts, publicClient, stranger, viem } from '../support/chain.ts'
import { FOREVER, randomNonce } from '../support/signatures.ts'
import { dataOf } from './hostile-chain.ts'

const { revertWithCustomError } = viem.assertions
const MANNERS = { agrees: 0, reverts: 1, burnsGas: 2 } as const
const ONE = `0x${'00'.repeat(31)}01` as Hex
/** Enough for a refusal, and by far not for a wallet that burns what it is given. */
const GAS = 300_000n

async function loadWallet() {
  const contracts = await loadContracts()
  const wallet = await viem.deployContract('HostileWallet')
  await contracts.token.write.transfer([wallet.address, 10n * CREDIT_WEI])
  return { ...contracts, wallet }
}

describe('a wallet with code', () => {
  it('cannot have DPC drawn by an authorisation that it says is its own, nor make the refusal dear', async () => {
    const { wallet, settlement, token } = await loadWallet()
    for (const manner of Object.values(MANNERS)) {
      await wallet.write.behave([manner])
      const args = [wallet.address, CREDIT_WEI, 0n, FOREVER, randomNonce(), 27, ONE, ONE] as const
      const deposit = settlement.write.depositWithAuthorization(args, { account: stranger.account, gas: GAS })
      await revertWithCustomError(deposit, token, 'ERC3009InvalidSignature')
    }
    assert.equal(await token.read.balanceOf([wallet.address]), 10n * CREDIT_WEI)
    assert.equal(await settlement.read.inboxCount(), 2n)
  })

  it('has no permit, but deposits what it has approved, under whatever signature', async () => {
    const { wallet, settlement, token } = await loadWallet()
    await wallet.write.behave([MANNERS.burnsGas])
    const args = [CREDIT_WEI, FOREVER, 27, zeroHash, zeroHash] as const
    const depositing = [settlement.address, dataOf(settlement, 'depositWithPermit', args)] as const
    await revertWithCustomError(wallet.write.callAs(depositing), token, 'ERC20InsufficientAllowance')
    await wallet.write.callAs([token.address, dataOf(token, 'approve', [settlement.address, CREDIT_WEI])])
    await wallet.write.callAs(depositing, { gas: GAS })
    assert.equal((await settlement.read.inboxItem([2n])).account, getAddress(wallet.address))
  })

  it('cannot be registered as a node by a signature that it says is its own', async () => {
    const { wallet, registry } = await loadWallet()
    for (const [signature, error] of [
      ['0x', 'SignatureInvalid'],
      [`${ONE}${ONE.slice(2)}1b`, 'SignerDiffers'],
    ] as const) {
      const args = [wallet.address, alice.account.address, 0n, FOREVER, signature] as const
      const registering = registry.write.registerNodeBySignature(args, { account: stranger.account, gas: GAS })
      await revertWithCustomError(registering, registry, error)
    }
    assert.equal(await publicClient.getBalance({ address: wallet.address }), 0n)
  })

  it('is paid DPC like any other, for a transfer calls nobody', async () => {
    const { wallet, registry, token } = await loadWallet()
    await wallet.write.behave([MANNERS.reverts])
    await token.write.approve([registry.address, CREDIT_WEI], { account: alice.account })
    await registry.write.registerNode([wallet.address, CREDIT_WEI], { account: alice.account })
    const unbond = dataOf(registry, 'unbond', [alice.account.address, CREDIT_WEI])
    await wallet.write.callAs([registry.address, unbond])
    const { withdrawableAt } = await registry.read.nodeOf([alice.account.address])
    await (await viem.getTestClient()).setNextBlockTimestamp({ timestamp: withdrawableAt })
    await registry.write.withdraw([alice.account.address], { account: stranger.account })
    assert.equal(await token.read.balanceOf([wallet.address]), 11n * CREDIT_WEI)
  })
})
