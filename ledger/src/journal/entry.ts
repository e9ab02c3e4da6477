import type { AccountName, WalletAccount } from './account-name.ts'

/** One line of an event's double entry: the account and by how many µcr its balance changes. */
export type Entry = { readonly account: AccountName; readonly amountMicrocredits: bigint }

/** Entries of a movement from one liability to another. Out of a wallet there is `moveOut` alone, which asks for a signature. */
export function move(
  from: Exclude<AccountName, WalletAccount>,
  to: AccountName,
  amountMicrocredits: bigint,
): readonly Entry[] {
  return [
    { account: from, amountMicrocredits: -amountMicrocredits },
    { account: to, amountMicrocredits },
  ]
}
