import type { LedgerEvent } from '../journal/event.ts'
import type { Audit } from './checks.ts'
import { clearingProblem, receivingProblem } from './clearing-movement.ts'
import { linkProblem, refusalProblem } from './command-movement.ts'
import { changeProblem, scheduleProblem } from './config-movement.ts'
import { cancellationProblem } from './epoch-cancellation.ts'
import { claimProblem, closingProblem, finalityProblem, payeeProblem } from './epoch-movement.ts'
import { captureProblem, escrowExpiryProblem, escrowOpeningProblem, escrowReleaseProblem } from './escrow-movement.ts'
import {
  assignmentProblem,
  expiryProblem,
  openingProblem,
  releaseProblem,
  unassignmentProblem,
} from './hold-movement.ts'
import { inboxProblem, passedOverProblem, stakeProblem } from './inbox-movement.ts'
import { defaultProblem, issueProblem, redemptionProblem } from './iou-movement.ts'
import { openingOfLedgerProblem } from './opening-movement.ts'
import { purchaseProblem, transferProblem } from './payment-movement.ts'
import { instructionProblem, payoutProblem } from './payout-movement.ts'
import { grantProblem, revocationProblem } from './permission-movement.ts'
import { receiptProblem, registrationProblem, settlementProblem } from './receipt-movement.ts'
import { creditsGrantProblem, referralBonusProblem, referralProblem, uptimeProblem } from './rewards-movement.ts'
import { turnoverProblem } from './turnover-movement.ts'

/**
 * Says what is wrong with an event's movement, judged by the signature that it carries: the signer, the amounts, the accounts and the
 * order of nonces and sequences. Keeps what later events will be judged by.
 */
export function checkMovement(audit: Audit, event: LedgerEvent): string | undefined {
  if (event.type === 'LedgerOpened') return openingOfLedgerProblem(audit, event)
  const isAlone = audit.config.shardCount === 1 && event.clearing === undefined
  return (
    passedOverProblem(audit.books, event) ??
    (audit.config.protocol === 2 ? turnoverProblem(audit.books, event) : undefined) ??
    (isAlone ? undefined : clearingProblem(audit, event)) ??
    movementProblem(audit, event)
  )
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
    case 'EscrowOpened':
      return escrowOpeningProblem(audit, event)
    case 'EscrowCaptured':
      return captureProblem(audit, event)
    case 'EscrowReleased':
      return escrowReleaseProblem(audit, event)
    case 'EscrowExpired':
      return escrowExpiryProblem(audit, event)
    case 'IouIssued':
      return issueProblem(audit, event)
    case 'IouRedeemed':
      return redemptionProblem(audit, event)
    case 'IouDefaulted':
      return defaultProblem(audit, event)
    case 'NodeRegistered':
      return registrationProblem(audit, event)
    case 'PermissionGranted':
      return grantProblem(audit, event)
    case 'PermissionRevoked':
      return revocationProblem(audit, event)
    case 'ConfigChangeScheduled':
      return scheduleProblem(audit, event)
    case 'ConfigChanged':
      return changeProblem(audit, event)
    case 'CreditsGranted':
      return creditsGrantProblem(audit, event)
    case 'UptimeBonusPaid':
      return uptimeProblem(audit, event)
    case 'ReferralRecorded':
      return referralProblem(audit, event)
    case 'ReferralBonusPaid':
      return referralBonusProblem(audit, event)
    case 'PayoutInstructed':
      return instructionProblem(audit, event)
    case 'PayoutScheduled':
      return payoutProblem(audit, event)
    case 'EpochFinalised':
      return finalityProblem(audit, event)
    case 'EpochCancelled':
      return cancellationProblem(audit, event)
    case 'NodeStakeRecorded':
      return stakeProblem(audit, event)
    case 'PayoutClaimed':
      return claimProblem(audit, event)
    case 'ServiceBought':
      return purchaseProblem(audit, event)
    case 'ClearingReceived':
      return receivingProblem(audit, event)
    case 'PayeeRegistered':
      return payeeProblem(audit, event)
    case 'EpochClosed':
      return closingProblem(audit, event)
    case 'CommandsLinked':
      return linkProblem(audit, event)
    case 'CommandRefused':
      return refusalProblem(audit, event)
    default:
      return unknownProblem(event)
  }
}

/** An event that this auditor has never heard of is not one that it may wave through. */
function unknownProblem(event: never): string {
  return `is of an unknown type ${String((event as LedgerEvent).type)}`
}
