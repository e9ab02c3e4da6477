/** The contracts around a token that does what a spec tells it, with a demand, a bond and a stake that it could try to take twice. */
import { type Address, encodeFunctionData, getContractAddress, type Hex } from 'viem'
import { openChain } from '../support/clients.ts'
import { CREDIT_WEI } from '../support/constants.ts'

export const { viem, networkHelpers, publicClient, deployer, poster, guardian, alice, bob, stranger } =
  await openChain()

export const WINDOW_SECONDS = 1_000n
export const ANSWER_SECONDS = 100n
export const INBOX_AGE_SECONDS = 10n
export const EXIT_SECONDS = 6_000n
export const EPOCH_BOND_WEI = 100n * CREDIT_WEI
export const ASKER_BOND_WEI = 3n * CREDIT_WEI
export const UNBOND_SECONDS = 50n

/** The numbers of `HostileToken.Manner`. */
export const MANNER = { plain: 0, returnsFalse: 1, returnsNothing: 2, reverts: 3, takesFee: 4, lies: 5 } as const

export const loadHostile = () => networkHelpers.loadFixture(deployHostile)

async function deployHostile() {
  const evidence = await viem.deployContract('EpochEvidence')
  const first = BigInt(await publicClient.getTransactionCount({ address: deployer.account.address }))
  const at = (offset: bigint): Address => getContractAddress({ from: deployer.account.address, nonce: first + offset })
  const [tokenAt, emissionAt, settlementAt, disputesAt, receiptsAt] = [0n, 1n, 2n, 3n, 4n].map(at) as [
    Address,
    Address,
    Address,
    Address,
    Address,
  ]
  const token = await viem.deployContract('HostileToken')
  await viem.deployContract('Emission', [tokenAt, settlementAt, stranger.account.address, 0n])
  const parameters = {
    ...{ token: tokenAt, emission: emissionAt, disputes: disputesAt, poster: poster.account.address },
    guardian: guardian.account.address,
    ...{ windowSeconds: WINDOW_SECONDS, inboxAgeSeconds: INBOX_AGE_SECONDS, answerSeconds: ANSWER_SECONDS },
    ...{ roundsMax: 3n, exitSeconds: EXIT_SECONDS, epochBondWei: EPOCH_BOND_WEI },
    compensationMaxMicrocredits: 5_000_000n,
  }
  const libraries = { EpochEvidence: evidence.address }
  const settlement = await viem.deployContract('Settlement', [parameters], { libraries })
  const disputes = await viem.deployContract('Disputes', [settlementAt, tokenAt, ASKER_BOND_WEI, receiptsAt])
  await viem.deployContract('DisputedReceipts', [disputesAt, tokenAt])
  const registry = await viem.deployContract('NodeRegistry', [tokenAt, settlementAt, UNBOND_SECONDS])
  for (const { account } of [alice, bob, poster]) {
    await token.write.mint([account.address, 1_000n * CREDIT_WEI])
    for (const { address } of [settlement, disputes, registry])
      await token.write.approve([address, 2n ** 256n - 1n], { account })
  }
  await settlement.write.addBond([5n * EPOCH_BOND_WEI], { account: poster.account })
  await settlement.write.registerPayees([[alice.account.address, bob.account.address]])
  return { token, settlement, disputes, registry }
}

export type Hostile = Awaited<ReturnType<typeof deployHostile>>

type Callable = { readonly address: Address; readonly abi: readonly unknown[] }

/** The data of a call to one of the contracts. */
export const dataOf = ({ abi }: Callable, functionName: string, args: readonly unknown[]): Hex =>
  encodeFunctionData({ abi, functionName, args } as Parameters<typeof encodeFunctionData>[0])

/** Lets the next movement of tokens call a contract. */
export async function armWith({ token }: Hostile, to: Callable, name: string, args: readonly unknown[]): Promise<void> {
  await token.write.callBack([to.address, dataOf(to, name, args)])
}
