import { microcreditsMax } from '../credits.ts'
import { isHexOf, lowerHex } from '../hex.ts'
import type { LedgerConfig, Pricing, RewardLimits } from './config.ts'
import { accept, type Decision, type DecisionContext, refuse } from './decision.ts'

/**
 * Writes the journal's first event. Refusals in order: `MALFORMED`, `COMMAND_CONFLICT` (the ledger is open with other parameters;
 * with the same ones the answer is that of the first time).
 */
export function openLedger(context: DecisionContext, config: LedgerConfig): Decision {
  const malformed = malformedField(config)
  if (malformed !== undefined) return refuse({ code: 'MALFORMED', ...malformed })
  if (context.state.config !== undefined)
    return refuse({ code: 'COMMAND_CONFLICT', commandId: 'open', field: 'config' })
  return accept({ type: 'LedgerOpened', data: { config }, entries: [] })
}

type MalformedField = { readonly field: string; readonly problem: string }

/** Shards at most: Kafka partitions and writers that one network can name. */
const shardsMax = 1_024

/** Above a quarter of the fees, cycling credits could earn more than it burns (economy, "Why cheating does not pay"). */
const bonusShareBasisPointsMax = 2_500

function malformedField(config: LedgerConfig): MalformedField | undefined {
  const { chainId, settlement, ledgerSigner, genesisHash, treasurer, shard, shardCount } = config
  if (!Number.isSafeInteger(chainId) || chainId < 1) return { field: 'chainId', problem: 'expected an integer from 1' }
  if (!isLowerHex(settlement, 20)) return { field: 'settlement', problem: 'expected a lower-case address' }
  if (!isLowerHex(genesisHash, 32)) return { field: 'genesisHash', problem: 'expected 32 bytes in lower case' }
  if (!isLowerHex(ledgerSigner, 20)) return { field: 'ledgerSigner', problem: 'expected a lower-case address' }
  if (!isLowerHex(treasurer, 20)) return { field: 'treasurer', problem: 'expected a lower-case address' }
  if (!isCount(config.changeDelaySeconds)) return { field: 'changeDelaySeconds', problem: 'expected an integer from 0' }
  if (!isCount(shardCount) || shardCount < 1 || shardCount > shardsMax) {
    return { field: 'shardCount', problem: `expected 1 to ${shardsMax}` }
  }
  if (!isCount(shard) || shard >= shardCount) return { field: 'shard', problem: 'expected less than shardCount' }
  if (![undefined, 2].includes(config.protocol)) return { field: 'protocol', problem: 'expected 2 or nothing' }
  return malformedPricing(config) ?? malformedRewards(config.rewards)
}

/** The first field of a pricing that cannot be. */
export function malformedPricing({ rates, feeBasisPoints, burnBasisPoints }: Pricing): MalformedField | undefined {
  const negative = Object.entries(rates).find(([, rate]) => rate < 0n)
  if (negative !== undefined) return { field: `rates.${negative[0]}`, problem: 'expected at least 0' }
  if (!isShare(feeBasisPoints)) return { field: 'feeBasisPoints', problem: 'expected 0 to 10000' }
  if (!isShare(burnBasisPoints)) return { field: 'burnBasisPoints', problem: 'expected 0 to 10000' }
  return undefined
}

/** The first of the reward limits that cannot be. */
export function malformedRewards({ bonusShareBasisPoints, ...amounts }: RewardLimits): MalformedField | undefined {
  const negative = Object.entries(amounts).find(([, amount]) => amount < 0n || amount > microcreditsMax)
  if (negative !== undefined) return { field: `rewards.${negative[0]}`, problem: `expected 0 to ${microcreditsMax}` }
  if (bonusShareBasisPoints > bonusShareBasisPointsMax || !isShare(bonusShareBasisPoints)) {
    return { field: 'rewards.bonusShareBasisPoints', problem: `expected 0 to ${bonusShareBasisPointsMax}` }
  }
  return undefined
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function isShare(basisPoints: number): boolean {
  return Number.isInteger(basisPoints) && basisPoints >= 0 && basisPoints <= 10_000
}

function isLowerHex(text: string, byteCount: number): boolean {
  return isHexOf(text, byteCount) && lowerHex(text) === text
}
