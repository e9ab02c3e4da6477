import type { LedgerConfig, Pricing, RewardLimits } from '../journal/config.ts'
import {
  accept,
  checkNonce,
  type Decision,
  type DecisionContext,
  type DraftEvent,
  LedgerNotOpenError,
  refuse,
  signedDigest,
} from '../journal/decision.ts'
import { malformedPricing, malformedRewards } from '../journal/open-ledger.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import type { Signed } from '../typed-data/types.ts'
import { checkTreasurer } from './check-treasurer.ts'
import { type ConfigChange, configChangeType } from './config-change.ts'
import type { PendingChange } from './pending-change.ts'

/** A change may be announced for a year at most, so that a mistyped time does not stand for ever. */
export const changeAheadSecondsMax = 365 * 24 * 3600

/**
 * Announces new prices and reward limits. One change is pending at a time: a later one takes its place, whatever their times, because a
 * mistake must be correctable, and whoever is affected by what comes into force has known that for the whole delay all the same.
 * Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `CHANGE_TIME_OUT_OF_RANGE`, `NONCE_USED`.
 */
export function changeConfig(context: DecisionContext, change: Signed<ConfigChange>): Decision {
  const { state } = context
  if (state.config === undefined) throw new LedgerNotOpenError()
  const { treasurer, lane, nonce } = change.message
  const refusal =
    malformedChange(change.message) ??
    checkTreasurer(context, configChangeType, change) ??
    checkTime(context, state.config, change.message) ??
    checkNonce(state, treasurer, treasurer, { lane, nonce })
  if (refusal !== undefined) return refuse(refusal)
  return accept({
    type: 'ConfigChangeScheduled',
    data: { changeDigest: signedDigest(context), change, effectiveAtMs: effectiveAtMsOf(change.message) },
    entries: [],
  })
}

/** The event with which a pending change comes into force, dated at its time like an expiry. */
export function configChanged({ changeDigest, pricing, rewards }: PendingChange): DraftEvent {
  return { type: 'ConfigChanged', data: { changeDigest, pricing, rewards }, entries: [] }
}

export function effectiveAtMsOf({ effectiveAt }: ConfigChange): number {
  return Number(effectiveAt) * 1000
}

export function pricingOfChange(change: ConfigChange): Pricing {
  return {
    rates: {
      cpuCoreHourMicrocredits: change.cpuCoreHourMicrocredits,
      memoryGibHourMicrocredits: change.memoryGibHourMicrocredits,
      fuelCoreHourMicrocredits: change.fuelCoreHourMicrocredits,
      gpuHourMicrocredits: change.gpuHourMicrocredits,
      storageGibHourMicrocredits: change.storageGibHourMicrocredits,
      egressGibMicrocredits: change.egressGibMicrocredits,
    },
    feeBasisPoints: change.feeBasisPoints,
    burnBasisPoints: change.burnBasisPoints,
  }
}

export function rewardsOfChange(change: ConfigChange): RewardLimits {
  return {
    grantDayMicrocreditsMax: change.grantDayMicrocreditsMax,
    uptimeDayMicrocreditsMax: change.uptimeDayMicrocreditsMax,
    referralMicrocreditsMax: change.referralMicrocreditsMax,
    bonusShareBasisPoints: change.bonusShareBasisPoints,
  }
}

function malformedChange(change: ConfigChange): LedgerRefusal | undefined {
  const malformed = malformedPricing(pricingOfChange(change)) ?? malformedRewards(rewardsOfChange(change))
  return malformed && { code: 'MALFORMED', ...malformed }
}

function checkTime(
  { nowMs }: DecisionContext,
  { changeDelaySeconds }: LedgerConfig,
  change: ConfigChange,
): LedgerRefusal | undefined {
  const effectiveAtMs = effectiveAtMsOf(change)
  const earliestMs = nowMs + changeDelaySeconds * 1000
  const latestMs = nowMs + Math.max(changeDelaySeconds, changeAheadSecondsMax) * 1000
  if (effectiveAtMs >= earliestMs && effectiveAtMs <= latestMs) return undefined
  return { code: 'CHANGE_TIME_OUT_OF_RANGE', effectiveAtMs, earliestMs, latestMs }
}
