import { dpcTokenAbi } from '@deparrow/contracts'
import { deployDefaults } from '@deparrow/contracts/deploy'
import type { Address, EpochBooks, LedgerEvent } from '@deparrow/ledger'
import { dpcWei, wei } from './contracts.ts'
import { type Month, stakeMicrocredits } from './month.ts'
import { type Owed, owedAt } from './owed.ts'
import { walletsOf } from './people.ts'

/** Of an epoch's bond that is seized, what is destroyed: all but the tenth of who showed the fault. */
const burntOfBondWei = (deployDefaults.epochBondWei * 9n) / 10n
const genesisWei = 200_000_000n * 10n ** 18n

/** Somebody who has not on chain what the journal says, in wei. */
export type WrongBalance = { readonly account: Address; readonly expectedWei: bigint; readonly foundWei: bigint }

/** Where all DPC is when everybody has left, in wei, beside what the journal says. */
export type AfterExit = {
  readonly owed: Owed
  readonly people: number
  readonly wrong: readonly WrongBalance[]
  readonly settlementWei: bigint
  readonly registryWei: bigint
  readonly disputesWei: bigint
  readonly posterWei: bigint
  readonly bondPaidInWei: bigint
  readonly supplyWei: bigint
  /** Genesis and emission, less what the journal says to be burnt, the network's own leaves and what no epoch covers. */
  readonly expectedSupplyWei: bigint
  readonly sumOfBalancesWei: bigint
}

/** Compares the chain with the journal up to the last final epoch. */
export async function afterExit(
  month: Month,
  events: readonly LedgerEvent[],
  finalEpoch: number,
  maliciousCount: number,
): Promise<AfterExit> {
  const { contracts, people, officers } = month
  const line = lineOf(events, finalEpoch)
  const [last] = line as [EpochBooks]
  const owed = owedAt(events, last.journalPosition)
  const covered = coveredDeposits(events, last.inboxCut)
  const stakers = new Set(month.staked.map(({ payout }) => payout.address))
  const wrong: WrongBalance[] = []
  let sumOfBalancesWei = 0n
  const everybody = walletsOf(people)
  for (const account of everybody) {
    const stake = stakers.has(account) ? stakeMicrocredits : 0n
    const given = (month.given.get(account) ?? 0n) - (covered.get(account) ?? 0n)
    const got = (owed.claimed.get(account) ?? 0n) + (owed.ofPeople.get(account) ?? 0n)
    const expectedWei = wei(given + got + stake)
    const foundWei = await dpcWei(contracts, account)
    if (foundWei !== expectedWei) wrong.push({ account, expectedWei, foundWei })
    sumOfBalancesWei += foundWei
  }
  const { settlement, registry, disputes } = contracts.addresses
  const [settlementWei, registryWei] = [await dpcWei(contracts, settlement), await dpcWei(contracts, registry)]
  for (const account of [
    settlement,
    registry,
    disputes,
    officers.poster.address,
    officers.distribution.address,
    people.watcher.address,
  ]) {
    sumOfBalancesWei += await dpcWei(contracts, account)
  }
  const emission = events.reduce((sum, event) => sum + emissionOf(event, last.inboxCut), 0n)
  const fees = line.reduce((sum, { burnMicrocredits }) => sum + burnMicrocredits, 0n)
  const expectedSupplyWei =
    genesisWei + wei(emission - fees - owed.treasury - owed.rewards) - BigInt(maliciousCount) * burntOfBondWei
  return {
    owed,
    people: everybody.length,
    wrong,
    settlementWei,
    registryWei,
    disputesWei: await dpcWei(contracts, disputes),
    posterWei: await dpcWei(contracts, officers.poster.address),
    bondPaidInWei: contracts.bondWei,
    supplyWei: await month.contracts.client.readContract({
      address: contracts.addresses.token,
      abi: dpcTokenAbi,
      functionName: 'totalSupply',
    }),
    expectedSupplyWei,
    sumOfBalancesWei,
  }
}

/** A final epoch and those that it builds on, the newest first. */
function lineOf(events: readonly LedgerEvent[], finalEpoch: number): readonly EpochBooks[] {
  const closed = new Map(
    events.flatMap(event => (event.type === 'EpochClosed' ? [[event.data.epoch, event.data]] : [])),
  )
  const line: EpochBooks[] = []
  for (let books = closed.get(finalEpoch); books !== undefined; books = closed.get(books.parent)) line.push(books)
  return line
}

function coveredDeposits(events: readonly LedgerEvent[], inboxCut: number): ReadonlyMap<Address, bigint> {
  const covered = new Map<Address, bigint>()
  for (const event of events) {
    if (event.type !== 'InboxItemRecorded' || event.data.kind !== 'deposit' || event.data.index >= inboxCut) continue
    const { account, amountMicrocredits } = event.data
    covered.set(account, (covered.get(account) ?? 0n) + amountMicrocredits)
  }
  return covered
}

/** What the last final epoch does not cover is burnt when everybody leaves. */
function emissionOf(event: LedgerEvent, inboxCut: number): bigint {
  const isCovered = event.type === 'InboxItemRecorded' && event.data.kind === 'emission' && event.data.index < inboxCut
  return isCovered ? event.data.amountMicrocredits : 0n
}
