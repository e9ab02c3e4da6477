import { network } from 'hardhat'
import { type Abi, type Address, getContract, type Hash, parseEther } from 'viem'
import { deployDeparrow } from '../deploy/deploy.ts'
import { localPeriods } from '../deploy/parameters.ts'
import { disputesAbi, dpcTokenAbi, settlementAbi } from '../generated/index.ts'

export type Hardfork = 'osaka' | 'amsterdam'

/** On the next hardfork state that is created costs so much more that a contract's deployment passes today's cap of a transaction. */
const limits = { osaka: {}, amsterdam: { blockGasLimit: 500_000_000n, transactionGasCap: false } } as const

/** What a large transaction is given; 2^24 is the cap of a transaction on Osaka (EIP-7825). */
const gasLimits = { osaka: 2n ** 24n, amsterdam: 400_000_000n } as const

/** What alice and the poster have in their purses: the bonds of more demands than any figure opens. */
const PURSE_WEI = parseEther('300')

/** A chain of its own with the contracts deployed, the genesis minted, and the poster's bond paid. */
export type Setting = Awaited<ReturnType<typeof openSetting>>

/** Opens one; every figure of a hardfork is taken on the same, each after taking the others' state back. */
export async function openSetting(hardfork: Hardfork) {
  const connection = await network.create({ network: 'default', override: { hardfork, ...limits[hardfork] } })
  const { viem, networkHelpers } = connection
  const publicClient = await viem.getPublicClient()
  const [deployer, poster, guardian, distribution, alice, stranger] = await viem.getWalletClients()
  if (!deployer || !poster || !guardian || !distribution || !alice || !stranger) throw new Error('too few accounts')
  const { addresses } = await deployDeparrow({
    walletClient: deployer,
    publicClient,
    parameters: {
      poster: poster.account.address,
      guardian: guardian.account.address,
      distribution: distribution.account.address,
      ledgerSigner: deployer.account.address,
      ...localPeriods,
    },
  })
  const token = getContract({
    address: addresses.token,
    abi: dpcTokenAbi,
    client: { public: publicClient, wallet: distribution },
  })
  const settlement = getContract({
    address: addresses.settlement,
    abi: settlementAbi,
    client: { public: publicClient, wallet: poster },
  })
  await token.write.approve([addresses.settlement, parseEther('100000')])
  await settlement.write.addBond([parseEther('10000')], { account: distribution.account })
  const disputes = getContract({
    address: addresses.disputes,
    abi: disputesAbi,
    client: { public: publicClient, wallet: poster },
  })
  for (const { account } of [poster, alice]) {
    await token.write.transfer([account.address, PURSE_WEI])
    await token.write.approve([disputes.address, PURSE_WEI], { account })
    await disputes.write.fund([PURSE_WEI], { account })
  }

  return {
    gasLimit: gasLimits[hardfork],
    viem,
    networkHelpers,
    publicClient,
    addresses,
    token,
    settlement,
    disputes,
    wallets: { deployer, poster, guardian, distribution, alice, stranger },
    /** Gas that a transaction took, its calldata included. Throws when it reverted. */
    async gasOf(hash: Hash | Promise<Hash>): Promise<number> {
      const { gasUsed, status } = await publicClient.waitForTransactionReceipt({ hash: await hash })
      if (status === 'reverted') throw new Error(`the transaction ${await hash} reverted`)
      return Number(gasUsed)
    },
    /** Does something and takes it back. */
    async aside<T>(measure: () => Promise<T>): Promise<T> {
      const snapshot = await networkHelpers.takeSnapshot()
      try {
        return await measure()
      } finally {
        await snapshot.restore()
      }
    },
    /** A contract of `bench/baselines`. */
    async deployBaseline(name: 'PlainToken' | 'PackedBatch' | 'EpochDistributor', args: readonly unknown[]) {
      return (await viem.deployContract(name as never, args as never)) as unknown as { address: Address; abi: Abi }
    },
  }
}
