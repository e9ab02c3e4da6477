/** The contracts with short periods, and an asker, a poster and a watcher with DPC. */
import { type Address, getContractAddress } from 'viem'
import { CREDIT_WEI } from '../support/constants.ts'
import {
  alice,
  bob,
  deployer,
  distribution,
  guardian,
  networkHelpers,
  poster,
  publicClient,
  viem,
} from '../support/judges-chain.ts'
import { actor } from '../support/messages.ts'

export const WINDOW_SECONDS = 1_000n
export const ANSWER_SECONDS = 100n
export const ROUNDS_MAX = 3n
export const INBOX_AGE_SECONDS = 10n
export const EXIT_SECONDS = 6_000n
export const ASKER_BOND_WEI = 3n * CREDIT_WEI
/** What alice, bob and the poster have in their purses at the start. */
export const PURSE_WEI = 10_000n * CREDIT_WEI
export const EPOCH_BOND_WEI = 100n * CREDIT_WEI
export const COMPENSATION_MAX = 5_000_000n

/** Signs certificates and acceptances. */
export const ledger = actor(900)

export const loadDisputed = () => networkHelpers.loadFixture(deployDisputed)

async function deployDisputed() {
  const nonce = BigInt(await publicClient.getTransactionCount({ address: deployer.account.address }))
  const at = (offset: bigint): Address => getContractAddress({ from: deployer.account.address, nonce: nonce + offset })
  const evidence = await viem.deployContract('EpochEvidence')
  const [tokenAt, emissionAt, settlementAt, disputesAt, receiptsAt] = [1n, 2n, 3n, 4n, 5n].map(at) as [
    Address,
    Address,
    Address,
    Address,
    Address,
  ]
  const token = await viem.deployContract('DPCToken', [emissionAt])
  const emission = await viem.deployContract('Emission', [
    tokenAt,
    settlementAt,
    distribution.account.address,
    50_000_000n * CREDIT_WEI,
  ])
  const settlement = await viem.deployContract(
    'Settlement',
    [
      {
        token: tokenAt,
        emission: emissionAt,
        disputes: disputesAt,
        poster: poster.account.address,
        guardian: guardian.account.address,
        windowSeconds: WINDOW_SECONDS,
        inboxAgeSeconds: INBOX_AGE_SECONDS,
        answerSeconds: ANSWER_SECONDS,
        roundsMax: ROUNDS_MAX,
        exitSeconds: EXIT_SECONDS,
        epochBondWei: EPOCH_BOND_WEI,
        compensationMaxMicrocredits: COMPENSATION_MAX,
      },
    ],
    { libraries: { EpochEvidence: evidence.address } },
  )
  const disputes = await viem.deployContract('Disputes', [settlementAt, ledger.address, ASKER_BOND_WEI, receiptsAt])
  const receipts = await viem.deployContract('DisputedReceipts', [disputesAt, ledger.address])
  await emission.write.genesis()
  for (const { account } of [alice, bob, poster]) {
    await token.write.transfer([account.address, 1_000_000n * CREDIT_WEI], { account: distribution.account })
    await token.write.approve([settlementAt, 1_000_000n * CREDIT_WEI], { account })
    await token.write.approve([disputesAt, 1_000_000n * CREDIT_WEI], { account })
    await disputes.write.fund([PURSE_WEI], { account })
  }
  await settlement.write.addBond([1_000n * CREDIT_WEI], { account: poster.account })
  await networkHelpers.time.increase(INBOX_AGE_SECONDS)
  const domain = { chainId: 31_337, verifyingContract: settlement.address.toLowerCase() as Address }
  return { token, emission, settlement, disputes, receipts, domain }
}

export type Disputed = Awaited<ReturnType<typeof deployDisputed>>
