import { purchaseType } from '../account/purchase.ts'
import { transferType } from '../account/transfer.ts'
import type { EventOf, LedgerEvent } from '../journal/event.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import type { AuditBooks } from './audit-books.ts'
import { type Audit, expectEntries, isSignedBy, nonceProblem } from './checks.ts'
import { clearingProblem, receivingProblem } from './clearing-movement.ts'
import {
  assignmentProblem,
  expiryProblem,
  openingProblem,
  releaseProblem,
  unassignmentProblem,
} from './hold-movement.ts'
import { instructionProblem, payoutProblem } from './payout-movement.ts'
import { receiptProblem, registrationProblem, settlementProblem } from './receipt-movement.ts'

/**
 * Says what is wrong with an event's movement, judged by the signature that it carries: the signer, the amounts, the accounts and the
 * order of nonces and sequences. Keeps what later events will be judged by.
 */
export function checkMovement(books: AuditBooks, event: LedgerEvent, crypto: LedgerCrypto): string | undefined {
  if (event.type === 'LedgerOpened') {
    if (books.config !== undefined) return 'opens the ledger a second time'
    books.config = event.data.config
    return expectEntries(event, {})
  }
  const { config } = books
  if (config === undefined) return 'comes before LedgerOpened'
  const audit = { books, config, crypto }
  return clearingProblem(audit, event) ?? movementProblem(audit, event)
}

function movementProblem(
  audit: Audit,
  event: Exclude<LedgerEvent, { readonly type: 'LedgerOpened' }>,
): string | undefined {
  switch (event.type) {
    case 'InboxItemRecorded':
      return inboxProblem(audit, event)
    case 'CreditsTransferred':
      return transferProblem(audit, event)
    case 'HoldOpened':
      return openingProblem(audit, event)
    case 'HoldAssigned':
      return assignmentProblem(audit, event)
    case 'HoldUnassigned':
      return unassignmentProblem(audit, event)
    case 'HoldReleased':
      return releaseProblem(audit, event)
    case 'HoldExpired':
      return expiryProblem(audit, event)
    case 'ReceiptReceived':
      return receiptProblem(audit, event)
    case 'JobSettled':
      return settlementProblem(audit, event)
    case 'NodeRegistered':
      return registrationProblem(audit, event)
    case 'PayoutInstructed':
      return instructionProblem(audit, event)
    case 'PayoutScheduled':
      return payoutProblem(audit, event)
    case 'EpochFinalised':
      return burnProblem(event)
    case 'PayoutClaimed':
      return claimProblem(event)
    case 'ServiceBought':
      return purchaseProblem(audit, event)
    case 'ClearingReceived':
      return receivingProblem(audit, event)
    case 'PayeeRegistered':
    case 'EpochClosed':
    case 'CommandsLinked':
    case 'CommandRefused':
      return expectEntries(event, {})
    default:
      return unknownProblem(event)
  }
}

/** An event that this auditor has never heard of is not one that it may wave through. */
function unknownProblem(event: never): string {
  return `is of an unknown type ${String((event as LedgerEvent).type)}`
}

function inboxProblem({ books }: Audit, event: EventOf<'InboxItemRecorded'>): string | undefined {
  const { index, kind, account, amountMicrocredits } = event.data
  if (index !== books.inboxCount) return `records inbox item ${index}, expected ${books.inboxCount}`
  books.inboxCount += 1
  const credited = { deposit: `wallet:${account}`, genesisTreasury: 'treasury', genesisRewards: 'rewards' }[kind]
  return expectEntries(event, { reserve: amountMicrocredits, [credited]: amountMicrocredits })
}

function transferProblem(audit: Audit, event: EventOf<'CreditsTransferred'>): string | undefined {
  const { transfer } = event.data
  const { from, to, amountMicrocredits } = transfer.message
  if (!isSignedBy(audit, transferType, transfer, from)) return 'the sender did not sign the transfer'
  const moved = { [`wallet:${from}`]: -amountMicrocredits, [`wallet:${to}`]: amountMicrocredits }
  return nonceProblem(audit.books, from, transfer.message) ?? expectEntries(event, moved)
}

function purchaseProblem(audit: Audit, event: EventOf<'ServiceBought'>): string | undefined {
  const { purchase } = event.data
  const { wallet, seller, amountMicrocredits } = purchase.message
  if (!isSignedBy(audit, purchaseType, purchase, wallet)) return 'the buyer did not sign the purchase'
  const moved = { [`wallet:${wallet}`]: -amountMicrocredits, [`wallet:${seller}`]: amountMicrocredits }
  return nonceProblem(audit.books, wallet, purchase.message) ?? expectEntries(event, moved)
}

function burnProblem(event: EventOf<'EpochFinalised'>): string | undefined {
  const { burnMicrocredits } = event.data
  return expectEntries(event, { reserve: -burnMicrocredits, burn: -burnMicrocredits })
}

function claimProblem(event: EventOf<'PayoutClaimed'>): string | undefined {
  const { wallet, paidMicrocredits } = event.data
  return expectEntries(event, { reserve: -paidMicrocredits, [`payable:${wallet}`]: -paidMicrocredits })
}
