import type { Address } from '../hex.ts'
import type { LedgerEvent } from '../journal/event.ts'
import type { AuditBooks } from './audit-books.ts'

/** Hours since 1 January 1970. */
type HourNumber = number

const msPerHour = 3_600_000

/** A day can be paid for until so many days after it. */
const lateDaysMax = 31

/** What the auditor keeps of one node's bonuses: everything in totals, so that nothing can count twice unseen. */
export type AuditedNode = {
  readonly firstSeenMs: number
  /** Fees of all its settled jobs. */
  causedMicrocredits: bigint
  /** Fees that bonuses were paid for. */
  countedMicrocredits: bigint
  /** Hours with a completed paid job of days that were not paid. */
  readonly hours: Set<HourNumber>
  referrer: Address | undefined
  referralPaidMicrocredits: bigint
  referralDay: number | undefined
}

export type AuditedRewards = {
  readonly nodes: Map<Address, AuditedNode>
  /** Grants of the newest day with any. */
  granted: { readonly day: number; readonly totalMicrocredits: bigint }
}

export function noAuditedRewards(): AuditedRewards {
  return { nodes: new Map(), granted: { day: -1, totalMicrocredits: 0n } }
}

/** The calendar day of an event (UTC), counted from 1 January 1970. */
export function utcDay({ atMs }: Pick<LedgerEvent, 'atMs'>): number {
  return Math.floor(atMs / msPerHour / 24)
}

/** What is kept of a node, from the first time that it is heard of. */
export function nodeOf({ rewards }: AuditBooks, node: Address, atMs: number): AuditedNode {
  const known = rewards.nodes.get(node)
  if (known !== undefined) return known
  const seen: AuditedNode = {
    firstSeenMs: atMs,
    causedMicrocredits: 0n,
    countedMicrocredits: 0n,
    hours: new Set(),
    referrer: undefined,
    referralPaidMicrocredits: 0n,
    referralDay: undefined,
  }
  rewards.nodes.set(node, seen)
  return seen
}

/** A settled job of a node: its fee, and its hour if it was completed. Hours too old to be paid for are forgotten. */
export function countFee(
  books: AuditBooks,
  node: Address,
  { feeMicrocredits, isCompleted }: { readonly feeMicrocredits: bigint; readonly isCompleted: boolean },
  atMs: number,
): void {
  if (feeMicrocredits === 0n) return
  const seen = nodeOf(books, node, atMs)
  seen.causedMicrocredits += feeMicrocredits
  if (!isCompleted) return
  const today = utcDay({ atMs })
  for (const hour of seen.hours) if (hour < (today - lateDaysMax) * 24) seen.hours.delete(hour)
  seen.hours.add(Math.floor(atMs / msPerHour))
}

/** How many hours of a day count; 0 for a day that is not over, is too old, or was paid. */
export function payableHours({ hours }: AuditedNode, day: number, today: number): number {
  if (!Number.isInteger(day) || day >= today || today - day > lateDaysMax) return 0
  let count = 0
  for (let hour = day * 24; hour < (day + 1) * 24; hour++) if (hours.has(hour)) count += 1
  return count
}

export function forgetDay({ hours }: AuditedNode, day: number): void {
  for (let hour = day * 24; hour < (day + 1) * 24; hour++) hours.delete(hour)
}
