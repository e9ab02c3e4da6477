import type { LedgerEventType } from '@deparrow/ledger'

/** Total, so that a new event does not compile before it is said that the simulation must bring it about. */
const happens: Readonly<Record<LedgerEventType, true>> = {
  LedgerOpened: true,
  InboxItemRecorded: true,
  CreditsTransferred: true,
  ServiceBought: true,
  HoldOpened: true,
  HoldAssigned: true,
  HoldUnassigned: true,
  HoldReleased: true,
  HoldExpired: true,
  ReceiptReceived: true,
  JobSettled: true,
  EscrowOpened: true,
  EscrowCaptured: true,
  EscrowReleased: true,
  EscrowExpired: true,
  IouIssued: true,
  IouRedeemed: true,
  IouDefaulted: true,
  NodeRegistered: true,
  PermissionGranted: true,
  PermissionRevoked: true,
  ConfigChangeScheduled: true,
  ConfigChanged: true,
  CreditsGranted: true,
  UptimeBonusPaid: true,
  ReferralRecorded: true,
  ReferralBonusPaid: true,
  PayoutInstructed: true,
  PayoutScheduled: true,
  PayeeRegistered: true,
  EpochClosed: true,
  EpochFinalised: true,
  PayoutClaimed: true,
  ClearingReceived: true,
  CommandsLinked: true,
  CommandRefused: true,
}

/** Every kind of event that a long run must have seen. */
export const ledgerEventTypes = Object.keys(happens) as readonly LedgerEventType[]
