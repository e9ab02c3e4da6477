/** What an answer shows is judged before it is asked whether it comes too late. */
const judgeErrors = [
  ...['EvidenceInvalid', 'KeyDiffers', 'MessageUnrelated', 'AmountDiffers', 'BelowMinimum', 'SignerDiffers'],
  ...['SignatureInvalid', 'PermissionOfOther', 'CounterpartyNotAllowed', 'PermissionExceeded', 'PermissionExpired'],
  ...['PermissionRevoked', 'MessageExpired', 'InstructionExpired', 'NonceUsed', 'NonceNotCounted', 'NotAbsent'],
  ...['CreditTooSmall', 'NothingDebited', 'NotEndedBefore', 'NotIncluded', 'SomethingDue'],
  ...['ReceiptNotOther', 'ReceiptNotPushed'],
  ...['HoldEnded', 'LaneDescends', 'RowNotThere', 'NotForcedHere', 'ForcedUnpaid'],
]

/** Whether an order may be placed is judged before what the hold or the debit says of it. */
const orderErrors = [
  ...['SignerDiffers', 'SignatureInvalid', 'PermissionOfOther', 'PermissionExceeded', 'PermissionExpired'],
  ...['PermissionRevoked', 'MessageExpired', 'NonceUsed', 'NonceNotCounted'],
]

/** By which errors the contracts refuse what a rule of the model refuses. */
const errors: Readonly<Record<string, readonly string[]>> = {
  ExitSwitched: ['ExitStarted', 'PushedTooLate'],
  ClosedAtInvalid: ['ClosedAtInvalid', 'ClosedAtTooOld'],
  EpochUnknown: ['EpochNotPending', 'EpochNotFinal'],
  // What is shown is judged before it is asked whether the epoch could still be cancelled.
  EpochNotPending: [
    'EpochNotPending',
    'EpochNotFinal',
    'RowNotWrong',
    'RowsUnrelated',
    'LeafNotWrong',
    'AcceptanceNotLeftOut',
  ],
  DemandOpen: ['EpochNotFinal'],
  NothingWrong: ['RowNotWrong', 'RowsUnrelated', 'LeafNotWrong', 'AcceptanceNotLeftOut'],
  EpochFinalisable: ['EpochToFinalise'],
  ExitNotSwitched: ['ExitNotStarted'],
  ExitTaken: ['LeafTaken', 'ItemNotReturnable'],
  WindowClosed: ['WindowOver'],
  NotAFollowUp: ['NotFollowable'],
  FollowUpTooLate: ['NotFollowable'],
  FollowUpsExhausted: ['RoundsTooMany'],
  NoStatementOfNetwork: ['AccountWithoutStatement'],
  InboxItemOfOtherEpoch: ['ItemOutsideEpoch', 'ItemUnrelated', 'NotForcedHere'],
  InboxItemUnknown: ['InboxItemUnknown', 'ItemUnrelated', 'ItemOutsideEpoch'],
  AnswerTooLate: ['DemandLate', ...judgeErrors],
  DebitNotAllowed: ['EvidenceInvalid'],
  HoldNotAllowed: ['EvidenceInvalid'],
  KeyNotOfMessage: ['KeyDiffers', 'MessageUnrelated'],
  DebitAmountWrong: ['AmountDiffers', 'BelowMinimum', ...orderErrors],
  HoldAmountWrong: ['AmountDiffers', ...orderErrors],
  HoldEnded: ['HoldEnded', ...orderErrors],
  RowDiffers: ['AmountDiffers'],
  RowOfOtherPayee: ['RowNotThere', 'KeyDiffers', 'AmountDiffers', 'MessageUnrelated'],
  ForcedByOther: ['NotForcedHere'],
  NonceAboveLane: ['NonceNotCounted'],
  SignatureInvalid: ['SignerDiffers', 'SignatureInvalid'],
  WalletDiffers: ['KeyDiffers', 'MessageUnrelated', 'SignerDiffers', 'PermissionOfOther'],
  SignerNotPermitted: ['SignerDiffers', 'PermissionOfOther'],
  PermissionOfOther: ['CounterpartyNotAllowed'],
  OrderStillHeld: ['NotAbsent'],
  ForcedWithdrawalUnpaid: ['ForcedUnpaid'],
  StatementMissing: ['StatementDiffers'],
  CreditGroundInvalid: [
    'NothingDebited',
    'ItemOutsideEpoch',
    'ItemUnrelated',
    'PositionOutsideEpoch',
    'AcceptanceUnrelated',
  ],
  HoldNotKept: ['NotIncluded'],
  OrderStood: ['NotAbsent'],
  OrderNotPlaced: ['NotEndedBefore', 'NotIncluded'],
  OrderKnown: ['NotAbsent'],
  ReceiptUnderpaid: ['CreditTooSmall'],
  ReceiptPushed: ['ReceiptKnown'],
  AnswerStillPossible: ['DemandStillAnswerable'],
  NothingToTake: ['LeafProofInvalid', 'AmountZero', 'ItemNotReturnable', 'InboxItemUnknown'],
}

/** What a demand asks about is looked at first by the contract, then what it follows; the model begins with the epoch. */
const demandErrors = [
  ...['DemandKnown', 'StatementKnown', 'AccountWithoutStatement', 'NotFollowable', 'RoundsTooMany', 'WindowOver'],
  ...['ItemOutsideEpoch', 'ItemUnrelated', 'InboxItemUnknown', 'StatementDiffers', 'NothingDebited'],
  ...['AcceptanceUnrelated', 'PositionOutsideEpoch', 'ReceiptNotPushed', 'CertificateExpired', 'NothingDue'],
  'OrderCompensated',
]

/** The custom errors that a refusal of the model may be on the chain; those without an entry have the same name. */
export function errorsOf(action: string, code: string): readonly string[] {
  const own = errors[code] ?? [code]
  return action === 'openDemand' ? [...own, ...demandErrors] : own
}
