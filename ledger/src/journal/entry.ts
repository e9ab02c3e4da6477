import type { AccountName } from './account-name.ts'

/** One line of an event's double entry: the account and by how many µcr its balance changes. */
export type Entry = { readonly account: AccountName; readonly amountMicrocredits: bigint }

/** Entries of a movement from one liability to another. */
export function move(from: AccountName, to: AccountName, amountMicrocredits: bigint): readonly Entry[] {
  return [
    { account: from, amountMicrocredits: -amountMicrocredits },
    { account: to, amountMicrocredits },
  ]
}
