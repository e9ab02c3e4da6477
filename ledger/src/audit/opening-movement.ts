import { microcreditsMax } from '../credits.ts'
import type { LedgerConfig } from '../journal/config.ts'
import type { EventOf } from '../journal/event.ts'
import { type Audit, expectEntries } from './checks.ts'

/** Shards at most. */
const shardsMax = 1_024

/** Bonuses may be a quarter of the fees at most, in basis points. */
const bonusShareMax = 2_500

/** A ledger is opened once, by its first event, with parameters that make sense. */
export function openingOfLedgerProblem({ books }: Audit, event: EventOf<'LedgerOpened'>): string | undefined {
  if (books.config !== undefined) return 'opens the ledger a second time'
  const { config } = event.data
  const problem = configProblem(config)
  if (problem !== undefined) return `opens the ledger with ${problem}`
  books.config = config
  if (config.shardCount > 1) books.touched.add('clearing')
  return expectEntries(event, {})
}

function configProblem(config: LedgerConfig): string | undefined {
  const { chainId, shard, shardCount, rates, feeBasisPoints, burnBasisPoints, rewards } = config
  const { bonusShareBasisPoints, ...limits } = rewards
  if (chainId < 1) return `chain ${chainId}`
  if (shardCount < 1 || shardCount > shardsMax || shard >= shardCount) return `shard ${shard} of ${shardCount}`
  if (config.protocol !== undefined && config.protocol !== 2) return `protocol ${config.protocol}`
  if (feeBasisPoints > 10_000 || burnBasisPoints > 10_000) return 'a share of more than all'
  if (bonusShareBasisPoints > bonusShareMax) return 'bonuses of more than a quarter of the fees'
  if (Object.values(rates).some(rate => rate < 0n)) return 'a negative rate'
  return Object.values(limits).some(limit => limit < 0n || limit > microcreditsMax)
    ? 'a limit above the token’s cap'
    : undefined
}
