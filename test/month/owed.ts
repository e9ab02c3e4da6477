import type { Address, LedgerEvent } from '@deparrow/ledger'

/** What the journal owes at a position: µcr of each person, wherever they stand, and of the network's own. */
export type Owed = {
  readonly ofPeople: ReadonlyMap<Address, bigint>
  readonly treasury: bigint
  readonly rewards: bigint
  /** What each person had taken out by claims before. */
  readonly claimed: ReadonlyMap<Address, bigint>
}

/** Adds up the entries of the journal's events up to a position, and nothing else of them than whose hold is whose. */
export function owedAt(events: readonly LedgerEvent[], position: number): Owed {
  const covered = events.filter(event => event.position <= position)
  const balances = balancesOf(covered)
  const payers = new Map<string, Address>()
  const claimed = new Map<Address, bigint>()
  for (const event of covered) {
    if (event.type === 'HoldOpened') payers.set(event.data.orderDigest, event.data.order.message.payer)
    if (event.type === 'EscrowOpened') payers.set(event.data.escrow, event.data.order.message.wallet)
    if (event.type === 'PayoutClaimed') add(claimed, event.data.wallet, event.data.paidMicrocredits)
  }
  const ofPeople = new Map<Address, bigint>()
  for (const [account, amount] of balances) {
    const [kind, name = ''] = account.split(':')
    if (kind === 'wallet' || kind === 'payable') add(ofPeople, name as Address, amount)
    if (kind === 'hold') add(ofPeople, payers.get(name) as Address, amount)
  }
  return { ofPeople, claimed, treasury: balances.get('treasury') ?? 0n, rewards: balances.get('rewards') ?? 0n }
}

/** What each account of the journal has after some events. */
export function balancesOf(events: readonly LedgerEvent[]): ReadonlyMap<string, bigint> {
  const balances = new Map<string, bigint>()
  for (const { entries } of events) {
    for (const { account, amountMicrocredits } of entries) add(balances, account, amountMicrocredits)
  }
  return balances
}

function add<K>(sums: Map<K, bigint>, key: K, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount)
}
