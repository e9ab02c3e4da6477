import type { RewardLimits } from '../journal/config.ts'
import { balanceOf, type LedgerState } from '../journal/state.ts'
import { type DayNumber, dayOf, hourCount, hoursPerDay, type NodeRewards, uptimeDaysMax } from './node-rewards.ts'

/** A bonus with the numbers by which it was decided; all amounts in µcr. */
export type Bonus = {
  readonly amountMicrocredits: bigint
  /** The most that it could be by its own rule: hours of the day, or what is left of a referral. */
  readonly limitMicrocredits: bigint
  /** Fees of the node that were counted for no bonus before. */
  readonly feesMicrocredits: bigint
  readonly shareBasisPoints: number
  /** What the rewards budget held. */
  readonly budgetMicrocredits: bigint
  /** How much of the fees is counted now: the least whose share covers the amount, so that a fee is never counted twice. */
  readonly countedMicrocredits: bigint
}

/**
 * The least of the bonus's own limit, the share of the uncounted fees (rounded down) and the budget. Fees are counted by
 * amount × 10 000 / share, rounded up, which is never more than there were.
 */
export function bonusWithin(limitMicrocredits: bigint, rewards: NodeRewards, state: Readonly<LedgerState>): Bonus {
  const shareBasisPoints = limitsOf(state).bonusShareBasisPoints
  const { feesMicrocredits } = rewards
  const budgetMicrocredits = balanceOf(state, 'rewards')
  const share = BigInt(shareBasisPoints)
  const covered = (feesMicrocredits * share) / 10_000n
  const amountMicrocredits = [limitMicrocredits, covered, budgetMicrocredits].reduce((a, b) => (b < a ? b : a))
  const countedMicrocredits = share === 0n ? 0n : (amountMicrocredits * 10_000n + share - 1n) / share
  return {
    amountMicrocredits,
    limitMicrocredits,
    feesMicrocredits,
    shareBasisPoints,
    budgetMicrocredits,
    countedMicrocredits,
  }
}

/** The uptime bonus of one day: its most × hours with work / 24, rounded down, within fees and budget. Zero when there is nothing to pay. */
export function uptimeBonus(state: Readonly<LedgerState>, rewards: NodeRewards, day: DayNumber): Bonus {
  const worked = rewards.days.find(candidate => candidate.day === day)
  const hours = worked === undefined ? 0 : hourCount(worked)
  const { uptimeDayMicrocreditsMax } = limitsOf(state)
  return bonusWithin((uptimeDayMicrocreditsMax * BigInt(hours)) / BigInt(hoursPerDay), rewards, state)
}

/** The days that are over, not too old, and have an uptime bonus to pay, the oldest first. */
export function dueUptimeDays(state: Readonly<LedgerState>, rewards: NodeRewards, nowMs: number): readonly DayNumber[] {
  const today = dayOf(nowMs)
  return rewards.days
    .map(({ day }) => day)
    .filter(day => isPayable(day, today) && uptimeBonus(state, rewards, day).amountMicrocredits > 0n)
}

/** Whether a day is over and not so old that its bonus is lost. */
export function isPayable(day: DayNumber, today: DayNumber): boolean {
  return day < today && day >= today - uptimeDaysMax
}

/** What is left to be paid for a node's referral, within fees and budget. */
export function referralBonus(state: Readonly<LedgerState>, rewards: NodeRewards): Bonus {
  const max = limitsOf(state).referralMicrocreditsMax
  const paid = rewards.referral?.paidMicrocredits ?? max
  return bonusWithin(paid < max ? max - paid : 0n, rewards, state)
}

function limitsOf({ config }: Readonly<LedgerState>): RewardLimits {
  if (config === undefined) throw new TypeError('there are no reward limits before the ledger is open')
  return config.rewards
}
