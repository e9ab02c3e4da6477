import type { LedgerEvent } from '../journal/event.ts'
import type { Audit } from './checks.ts'
import { payoutsOf } from './epoch-movement.ts'

/** Says when an event stands under another command id than its fact allows: one fact has one name, so that it can happen once. */
export function commandIdProblem(audit: Audit, event: LedgerEvent): string | undefined {
  const expected = audit.seals[0]?.digest ?? factId(audit, event)
  if (expected === undefined || expected === event.commandId) return undefined
  return `has command id ${event.commandId}, expected ${expected}`
}

/** The name of a fact that nobody signs; `undefined` where the event's own check judges it. */
function factId({ books }: Audit, event: LedgerEvent): string | undefined {
  switch (event.type) {
    case 'LedgerOpened':
      return 'open'
    case 'InboxItemRecorded':
      return `inbox:${event.data.index}`
    case 'HoldAssigned':
      return `assign:${event.data.orderDigest}:${event.data.attempt}`
    case 'HoldReleased':
      return event.data.cancellation === undefined ? `release:${event.data.orderDigest}` : undefined
    case 'HoldExpired':
      return `expiry:${event.data.orderDigest}`
    case 'EscrowExpired':
      return `expiry:${event.data.escrow}`
    case 'ConfigChanged':
      return `expiry:${event.data.changeDigest}`
    case 'UptimeBonusPaid':
      return `uptime:${event.data.node}:${event.data.day}`
    case 'ReferralBonusPaid':
      return `referral-bonus:${event.data.node}:${event.data.day}`
    case 'PayoutScheduled':
      if (event.data.inboxIndex !== undefined) return `epoch:${books.lastEpochNumber + 1}`
      return event.data.withdrawal === undefined
        ? `pay:${event.data.wallet}:${payoutsOf(books, event.data.wallet).scheduledMicrocredits}`
        : undefined
    case 'PayeeRegistered':
      return `payee:${event.data.wallet}`
    case 'EpochClosed':
      return `epoch:${event.data.epoch}`
    case 'EpochFinalised':
      return `epoch-final:${event.data.epoch}`
    case 'EpochCancelled':
      return event.data.journalPosition === undefined
        ? `epoch-cancelled:${event.data.epoch}`
        : `epoch-cancelled:${event.data.epoch}:${event.data.journalPosition}`
    case 'NodeStakeRecorded':
      return `stake:${event.data.node}:${event.data.place.blockNumber}:${event.data.place.logIndex}`
    case 'PayoutClaimed':
      return `claim:${event.data.wallet}:${event.data.cumulativeMicrocredits}`
    case 'ClearingReceived':
      return `clearing:${event.data.fromShard}:${event.data.sequence}`
    default:
      return undefined
  }
}
