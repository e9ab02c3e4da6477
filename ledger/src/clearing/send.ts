import { clearingAccount } from '../journal/account-name.ts'
import type { DraftEvent } from '../journal/decision.ts'
import type { Entry } from '../journal/entry.ts'
import type { LedgerState } from '../journal/state.ts'
import { causedFeeOf } from '../rewards/caused-fee.ts'
import type { CausedFee } from '../rewards/node-rewards.ts'
import type { ClearingCredit, ClearingSent } from './clearing.ts'
import { homeOfAccount, reserveShard } from './home-of-account.ts'

/**
 * Turns a draft's credits to accounts of other shards into credits of the clearing accounts, and names who is to get them there. So a
 * decider credits any account and knows nothing of shards. A draft that credits nobody elsewhere stays the same object.
 */
export function sendElsewhere(state: Readonly<LedgerState>, draft: DraftEvent): DraftEvent {
  const { config } = state
  if (config === undefined || config.shardCount === 1) return draft
  const kept: Entry[] = []
  const sent = new Map<number, ClearingCredit[]>()
  for (const entry of draft.entries) {
    const home = homeOfAccount(config, entry.account)
    if (home === config.shard || entry.amountMicrocredits <= 0n) kept.push(entry)
    else sent.set(home, [...(sent.get(home) ?? []), entry])
  }
  if (sent.size === 0) return draft
  const caused = draft.type === 'JobSettled' ? causedFeeOf(state, draft) : undefined
  const clearing = [...sent]
    .sort(([a], [b]) => a - b)
    .map(([toShard, credits]) => sending(state, toShard, credits, caused))
  const cleared = clearing.map(({ toShard, credits }) => ({
    account: clearingAccount(toShard),
    amountMicrocredits: totalOf(credits),
  }))
  return { ...draft, entries: [...kept, ...cleared], clearing }
}

/** Σ of credits, in µcr. */
export function totalOf(credits: readonly ClearingCredit[]): bigint {
  return credits.reduce((total, { amountMicrocredits }) => total + amountMicrocredits, 0n)
}

function sending(
  { clearingSent }: Readonly<LedgerState>,
  toShard: number,
  credits: readonly ClearingCredit[],
  caused: CausedFee | undefined,
): ClearingSent {
  const sequence = (clearingSent.get(toShard) ?? 0) + 1
  const isCounted = caused !== undefined && caused.feeMicrocredits > 0n && toShard === reserveShard
  return isCounted ? { toShard, sequence, credits, caused } : { toShard, sequence, credits }
}
