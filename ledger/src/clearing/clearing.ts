import type { Hex } from '../hex.ts'
import type { AccountName } from '../journal/account-name.ts'
import type { CausedFee } from '../rewards/node-rewards.ts'

/** Credits on their way to an account of another shard, as one event of the sending shard names them. */
export type ClearingCredit = { readonly account: AccountName; readonly amountMicrocredits: bigint }

/** What one event sends to one other shard. `sequence` counts such sendings from 1 without gaps, for each pair of shards. */
export type ClearingSent = {
  readonly toShard: number
  readonly sequence: number
  readonly credits: readonly ClearingCredit[]
  /** Of a settled job whose fee is among the credits: for whose bonuses it counts where the rewards budget is. */
  readonly caused?: CausedFee
}

/** A sending as the shard to which it goes takes it: the same, with its place in the sender's journal. */
export type ClearingDelivery = ClearingSent & {
  readonly fromShard: number
  /** Position of the sending event in the sender's journal. */
  readonly fromPosition: number
  /** The sender's chain hash after that event: the receiving journal holds the sender to the history that it showed. */
  readonly fromHash: Hex
}

/** The newest sending that was taken from one shard: its sequence, and its position in that shard's journal; zeros for none. */
export type ClearingPlace = { readonly sequence: number; readonly position: number }

export const noClearing: ClearingPlace = { sequence: 0, position: 0 }
