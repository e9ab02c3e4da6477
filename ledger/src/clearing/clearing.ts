import type { AccountName } from '../journal/account-name.ts'

/** Credits on their way to an account of another shard, as one event of the sending shard names them. */
export type ClearingCredit = { readonly account: AccountName; readonly amountMicrocredits: bigint }

/** What one event sends to one other shard. `sequence` counts such sendings from 1 without gaps, for each pair of shards. */
export type ClearingSent = {
  readonly toShard: number
  readonly sequence: number
  readonly credits: readonly ClearingCredit[]
}
