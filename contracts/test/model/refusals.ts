/** By which errors the contracts refuse what a rule of the model refuses. */
const errors: Readonly<Record<string, readonly string[]>> = {
  ExitSwitched: ['ExitStarted'],
  ClosedAtInvalid: ['ClosedAtInvalid', 'ClosedAtTooOld'],
  EpochUnknown: ['EpochNotPending', 'EpochNotFinal'],
  // What is shown is judged before it is asked whether the epoch could still be cancelled.
  EpochNotPending: ['EpochNotPending', 'EpochNotFinal', 'RowNotWrong', 'RowsUnrelated', 'LeafNotWrong'],
  DemandOpen: ['EpochNotFinal'],
  NothingWrong: ['RowNotWrong', 'RowsUnrelated', 'LeafNotWrong'],
  EpochFinalisable: ['EpochToFinalise'],
  ExitNotSwitched: ['ExitNotStarted'],
  ExitTaken: ['LeafTaken', 'ItemNotReturnable'],
  NothingToTake: ['LeafProofInvalid', 'AmountZero', 'ItemNotReturnable', 'InboxItemUnknown'],
}

/** The custom errors that a refusal of the model may be on the chain; those without an entry have the same name. */
export const errorsOf = (code: string): readonly string[] => errors[code] ?? [code]
