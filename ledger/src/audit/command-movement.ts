import { bytesToHex, concatBytes, hexToBytes } from '../hex.ts'
import type { EventOf, LedgerEvent } from '../journal/event.ts'
import { isJournalled, type LedgerRefusal } from '../journal/refusal.ts'
import type { AuditBooks } from './audit-books.ts'
import { type Audit, expectEntries } from './checks.ts'

/** Commands in a link at most. */
const linkedMax = 16

/** Events that linked commands may have caused together; also how many command ids are remembered. */
const linkedEventsMax = 256

/** A refusal without a deadline counts for 31 days. */
const refusalMs = 31 * 24 * 3_600_000

/** A refusal counts ten minutes beyond its command's deadline. */
const afterDeadlineMs = 600_000

/** Keeps the command ids of the newest events, by which links are judged. */
export function keepCommandId({ recent }: AuditBooks, { position, commandId, atMs }: LedgerEvent): void {
  recent.commandIds[position % linkedEventsMax] = commandId
  recent.timesMs[position % linkedEventsMax] = atMs
}

/** A command that was refused for good cannot have happened afterwards. */
export function refusedBefore({ refused }: AuditBooks, commandId: string, atMs: number): string | undefined {
  for (let over = refused.first(); over !== undefined && over.atMs <= atMs; over = refused.first()) {
    refused.remove(over.id)
  }
  return refused.has(commandId) ? 'happens although its command was refused' : undefined
}

/** The events before a link's own must be those of its commands, in their order, all of one time, with nothing between. */
export function linkProblem({ books, crypto }: Audit, event: EventOf<'CommandsLinked'>): string | undefined {
  const { commandIds, firstPosition } = event.data
  const count = event.position - firstPosition
  if (!Number.isSafeInteger(count) || count < 1 || count >= linkedEventsMax || firstPosition < 1) {
    return `links events from position ${firstPosition}`
  }
  const { commandIds: recentIds, timesMs } = books.recent
  const places = Array.from({ length: count }, (_, index) => (firstPosition + index) % linkedEventsMax)
  const ids = places.map(place => recentIds[place]).filter((id, at, all) => id !== all[at - 1])
  const isDistinct = new Set(commandIds).size === commandIds.length
  if (!isDistinct || commandIds.length < 2 || commandIds.length > linkedMax) return 'does not link 2 to 16 commands'
  if (ids.join() !== commandIds.join()) return 'links other commands than those before it'
  if (places.some(place => timesMs[place] !== event.atMs)) return 'links events of different times'
  const digests = commandIds.map(hexToBytes)
  const expected = `link:${bytesToHex(crypto.keccak256(concatBytes(...digests)))}`
  return event.commandId === expected ? expectEntries(event, {}) : 'is not named by the commands that it links'
}

export function refusalProblem({ books }: Audit, event: EventOf<'CommandRefused'>): string | undefined {
  const { refusal, deadline } = event.data
  if (!/^(?:link:)?0x[0-9a-f]{64}$/.test(event.commandId)) return 'refuses what is no signed command'
  if (!isJournalled(refusal)) return `journals a refusal with ${refusal.code}, which is not for good`
  if (!isMeaningful(refusal)) return 'refuses for a reason that is none'
  const untilMs = deadline === undefined ? event.atMs + refusalMs : Number(deadline) * 1000 + afterDeadlineMs
  books.refused.add(event.commandId, untilMs)
  return expectEntries(event, {})
}

/** Whether the numbers of a refusal are a reason: less is there than is asked for, or a limit would be passed. */
function isMeaningful(refusal: LedgerRefusal): boolean {
  switch (refusal.code) {
    case 'LINK_FAILED':
      return refusal.index >= 0 && refusal.index < linkedMax && isMeaningful(refusal.refusal)
    case 'INSUFFICIENT_CREDITS':
    case 'REWARDS_EXHAUSTED':
      return isBeyond(refusal.requiredMicrocredits, 0n, refusal.availableMicrocredits)
    case 'CAP_EXCEEDED':
      return isBeyond(refusal.requestedMicrocredits, refusal.usedMicrocredits, refusal.limitMicrocredits)
    case 'GRANT_CAP_REACHED':
      return isBeyond(refusal.amountMicrocredits, refusal.grantedMicrocredits, refusal.limitMicrocredits)
    default:
      return false
  }
}

/** Whether an amount, on top of what is used, goes beyond the limit; never for what are no amounts. */
function isBeyond(amount: unknown, used: unknown, limit: unknown): boolean {
  if (typeof amount !== 'bigint' || typeof used !== 'bigint' || typeof limit !== 'bigint') return false
  return amount > 0n && used >= 0n && limit >= 0n && used + amount > limit
}
