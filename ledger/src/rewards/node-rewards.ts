import type { Address } from '../hex.ts'

/** A calendar day (UTC), counted from 1 January 1970. */
export type DayNumber = number

export const dayMs = 86_400_000

const hourMs = 3_600_000

export const hoursPerDay = 24

/** The day in which a time lies, in Unix milliseconds. */
export function dayOf(atMs: number): DayNumber {
  return Math.floor(atMs / dayMs)
}

/** Days after its end during which a day's uptime bonus can be paid; older days are forgotten, so that a node's state stays small. */
export const uptimeDaysMax = 31

/** A referral is taken for so many days after the ledger first heard of the node. */
export const referralDaysMax = 30

/** The hours of one day in which a node completed a paid job. */
export type WorkedDay = {
  readonly day: DayNumber
  /** Bit n is set for the hour that begins at n o'clock (UTC). */
  readonly hours: number
}

/** Who referred a node, and what was paid for it. */
export type NodeReferral = {
  readonly referrer: Address
  readonly paidMicrocredits: bigint
  /** The day of the newest payment; a referral is paid once a day at most. */
  readonly lastPaidDay: DayNumber | undefined
}

/** What the bonuses for one node are reckoned from. Bounded: at most {@link uptimeDaysMax} days and the present one. */
export type NodeRewards = {
  /** When the ledger first heard of the node, in Unix milliseconds. */
  readonly knownSinceMs: number
  /** Fees that the node's settled jobs caused and that were counted for no bonus yet, in µcr. */
  readonly feesMicrocredits: bigint
  /** Days with work whose bonus was not paid, the oldest first. */
  readonly days: readonly WorkedDay[]
  readonly referral: NodeReferral | undefined
}

/** The fee of one settled job, as far as rewards are concerned. */
export type CausedFee = {
  readonly node: Address
  readonly feeMicrocredits: bigint
  /** Whether the job was completed, and so counts as work in its hour. */
  readonly isCompleted: boolean
}

/** What a node has after a job was settled. An hour counts by the time of the settlement, so that no hour comes late to a day that is over. */
export function withFee(before: NodeRewards | undefined, caused: CausedFee, atMs: number): NodeRewards {
  const known = before ?? newNodeRewards(atMs)
  const feesMicrocredits = known.feesMicrocredits + caused.feeMicrocredits
  return { ...known, feesMicrocredits, days: caused.isCompleted ? withHour(known.days, atMs) : known.days }
}

export function newNodeRewards(atMs: number): NodeRewards {
  return { knownSinceMs: atMs, feesMicrocredits: 0n, days: [], referral: undefined }
}

/** How many hours of a worked day count. */
export function hourCount({ hours }: WorkedDay): number {
  let count = 0
  for (let rest = hours; rest !== 0; rest &= rest - 1) count += 1
  return count
}

function withHour(days: readonly WorkedDay[], atMs: number): readonly WorkedDay[] {
  const today = dayOf(atMs)
  const hour = 1 << Math.floor((atMs - today * dayMs) / hourMs)
  const last = days.at(-1)
  if (last?.day === today && (last.hours & hour) !== 0) return days
  const earlier = days.filter(({ day }) => day !== today && day >= today - uptimeDaysMax)
  return [...earlier, { day: today, hours: (last?.day === today ? last.hours : 0) | hour }]
}
