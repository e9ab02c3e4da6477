import type { LedgerAnswer } from '@deparrow/ledger'

/** The number of the shard that answered: a desk of several shards says so, any other one has the first alone. */
export function shardOf(answer: LedgerAnswer): number {
  return 'shard' in answer && typeof answer.shard === 'number' ? answer.shard : 0
}
