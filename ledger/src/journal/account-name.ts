import { type Address, type Hex } from '../hex.ts'

export type WalletAccount = `wallet:${Address}`

/**
 * An account of the ledger. `reserve` is the only asset; every other account is a liability of the network, so that
 * reserve = Σ of all the others after every event (invariant R).
 */
export type AccountName =
  | 'reserve'
  | 'burn'
  | 'treasury'
  | 'rewards'
  | WalletAccount
  | `hold:${Hex}`
  | `payable:${Address}`
  | `clearing:${number}`

export const walletAccount = (address: Address): WalletAccount => `wallet:${address}`

export const holdAccount = (orderDigest: Hex): `hold:${Hex}` => `hold:${orderDigest}`

/** What has been sent to another shard, less what has come from it: the one account that may be negative. */
export const clearingAccount = (shard: number): `clearing:${number}` => `clearing:${shard}`

export const payableAccount = (address: Address): `payable:${Address}` => `payable:${address}`
