import type { LedgerEvent } from '../journal/event.ts'

/** The accounts that an event moves in the end: what its entries send to other shards counts on the accounts that get it there. */
export function movedAccounts({ entries, clearing = [] }: LedgerEvent): readonly (readonly [string, bigint])[] {
  const cleared = new Set<string>(clearing.map(sent => `clearing:${sent.toShard}`))
  const here = entries.filter(entry => !cleared.has(entry.account))
  const there = clearing.flatMap(sent => sent.credits)
  return [...here, ...there].map(({ account, amountMicrocredits }) => [account, amountMicrocredits])
}
