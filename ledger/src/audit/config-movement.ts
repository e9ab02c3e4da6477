import { type ConfigChange, configChangeType } from '../config/config-change.ts'
import { zeroAddress } from '../hex.ts'
import type { LedgerConfig, Pricing, RewardLimits } from '../journal/config.ts'
import type { EventOf } from '../journal/event.ts'
import { type Audit, digestOf, expectEntries, isSignedBy, nonceProblem } from './checks.ts'

/** A change lies at most a year ahead, unless the ledger's own delay is longer. */
const aheadSecondsMax = 365 * 86_400

/** What the auditor keeps of an announced change: the message itself, by which the change is judged when it comes into force. */
export type AuditedChange = { readonly digest: string; readonly message: ConfigChange }

export function scheduleProblem(audit: Audit, event: EventOf<'ConfigChangeScheduled'>): string | undefined {
  const { books, config } = audit
  const { change, changeDigest, effectiveAtMs } = event.data
  const { message } = change
  if (config.treasurer === zeroAddress || message.treasurer !== config.treasurer) {
    return 'announces a change that is not the treasurer’s'
  }
  if (!isSignedBy(audit, configChangeType, change, config.treasurer)) return 'the treasurer did not sign the change'
  if (digestOf(audit, configChangeType, message) !== changeDigest) return 'names another change than it carries'
  const aheadMs = effectiveAtMs - event.atMs
  if (BigInt(effectiveAtMs) !== message.effectiveAt * 1000n)
    return 'announces a change for another time than was signed'
  if (aheadMs < config.changeDelaySeconds * 1000) return 'announces a change too late'
  if (aheadMs > Math.max(aheadSecondsMax, config.changeDelaySeconds) * 1000) return 'announces a change too far ahead'
  const unlawful = limitProblem(message)
  if (unlawful !== undefined) return unlawful
  if (books.pendingChange !== undefined) books.due.remove(books.pendingChange.digest)
  books.pendingChange = { digest: changeDigest, message }
  books.due.add(changeDigest, effectiveAtMs)
  return nonceProblem(books, message.treasurer, message) ?? expectEntries(event, {})
}

/** That it comes at its time, before all else, is judged with everything that is due. */
export function changeProblem({ books, config }: Audit, event: EventOf<'ConfigChanged'>): string | undefined {
  const { changeDigest, pricing, rewards } = event.data
  const pending = books.pendingChange
  if (pending?.digest !== changeDigest) return 'brings a change into force that was not announced last'
  const announced = termsOf(pending.message)
  const other = announced.find(([name, value]) => broughtInto(pricing, rewards, name) !== value)
  if (other !== undefined) return `brings a ${other[0]} into force that was not announced`
  books.due.remove(changeDigest)
  books.pendingChange = undefined
  books.config = changedConfig(config, pending.message)
  return expectEntries(event, {})
}

function changedConfig(config: LedgerConfig, message: ConfigChange): LedgerConfig {
  const { treasurer: _, effectiveAt: __, lane: ___, nonce: ____, feeBasisPoints, burnBasisPoints, ...amounts } = message
  const {
    grantDayMicrocreditsMax,
    uptimeDayMicrocreditsMax,
    referralMicrocreditsMax,
    bonusShareBasisPoints,
    ...rates
  } = amounts
  const rewards = {
    grantDayMicrocreditsMax,
    uptimeDayMicrocreditsMax,
    referralMicrocreditsMax,
    bonusShareBasisPoints,
  }
  return { ...config, rates, feeBasisPoints, burnBasisPoints, rewards }
}

/** Every parameter of a change by its name. */
function termsOf({ treasurer: _, effectiveAt: __, lane: ___, nonce: ____, ...terms }: ConfigChange) {
  return Object.entries(terms)
}

function broughtInto(pricing: Pricing, rewards: RewardLimits, name: string): unknown {
  return Object.entries({ ...pricing.rates, ...pricing, ...rewards }).find(([known]) => known === name)?.[1]
}

function limitProblem(message: ConfigChange): string | undefined {
  if (message.feeBasisPoints > 10_000 || message.burnBasisPoints > 10_000) return 'announces a share of more than all'
  return message.bonusShareBasisPoints > 2_500 ? 'announces bonuses of more than a quarter of the fees' : undefined
}
