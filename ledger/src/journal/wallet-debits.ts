import type { LedgerEventType } from './event.ts'

/**
 * Whether credits may leave a wallet by an event, and what allows it: `signature` that of the wallet or its delegate over the message in the
 * event, the wallet's standing instruction that the event names, or its own call of the contract. By all others no wallet can be debited, whatever a decider says. Total, so
 * that a new event does not compile before this is said of it.
 */
export const walletDebits: Readonly<Record<LedgerEventType, 'signature' | 'none'>> = {
  CreditsTransferred: 'signature',
  ServiceBought: 'signature',
  HoldOpened: 'signature',
  EscrowOpened: 'signature',
  IouRedeemed: 'signature',
  PayoutScheduled: 'signature',
  LedgerOpened: 'none',
  ConfigChangeScheduled: 'none',
  ConfigChanged: 'none',
  CreditsGranted: 'none',
  UptimeBonusPaid: 'none',
  ReferralRecorded: 'none',
  ReferralBonusPaid: 'none',
  InboxItemRecorded: 'none',
  HoldAssigned: 'none',
  HoldUnassigned: 'none',
  HoldReleased: 'none',
  HoldExpired: 'none',
  ReceiptReceived: 'none',
  JobSettled: 'none',
  EscrowCaptured: 'none',
  EscrowReleased: 'none',
  EscrowExpired: 'none',
  IouIssued: 'none',
  IouDefaulted: 'none',
  NodeRegistered: 'none',
  PermissionGranted: 'none',
  PermissionRevoked: 'none',
  PayoutInstructed: 'none',
  PayeeRegistered: 'none',
  EpochClosed: 'none',
  EpochFinalised: 'none',
  EpochCancelled: 'none',
  NodeStakeRecorded: 'none',
  PayoutClaimed: 'none',
  ClearingReceived: 'none',
  CommandsLinked: 'none',
  CommandRefused: 'none',
}
