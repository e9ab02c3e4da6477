import type { Address } from '../hex.ts'
import { type AccountName, walletAccount } from '../journal/account-name.ts'
import type { Entry } from '../journal/entry.ts'

declare const signed: unique symbol

/**
 * That an amount may leave a wallet. `move` takes no wallet to move from, so that credits leave one only by {@link moveOut}, and what that
 * takes is made only by the two who have looked at a signature: `checkSpend` with its kind for delegates, and the wallet's standing payout
 * instruction.
 */
export type WalletDebit = {
  readonly wallet: Address
  readonly amountMicrocredits: bigint
  readonly [signed]: true
}

/** To be called only once a signature that allows the debit was found good. */
export function allowDebit(wallet: Address, amountMicrocredits: bigint): WalletDebit {
  return { wallet, amountMicrocredits } as WalletDebit
}

/** Entries of a movement out of a wallet. */
export function moveOut({ wallet, amountMicrocredits }: WalletDebit, to: AccountName): readonly Entry[] {
  return [
    { account: walletAccount(wallet), amountMicrocredits: -amountMicrocredits },
    { account: to, amountMicrocredits },
  ]
}
