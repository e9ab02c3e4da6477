export { debitEvidenceOf, holdEvidenceOf, type RowsPosted } from './account-evidence.ts'
export type { AccountView, LeafProofStruct, LeafStruct, StatementProofStruct, StatementStruct } from './account-view.ts'
export { proveStatement, viewAccount } from './account-view.ts'
export { answerTo, demandKinds, revealedTrees, stateAccount } from './answer.ts'
export type {
  Answer,
  AnswerCall,
  AskedDemand,
  CannotAnswer,
  CertifiedOrder,
  OrderClaim,
  Question,
  ReceiptClaim,
  ReceiptEvidence,
  SignedCertificate,
} from './calls.ts'
export {
  type ArchivedLeaf,
  type ArchiveOptions,
  ArchiveProtocolError,
  ArchiveRootError,
  type AskedEpoch,
  type ClosedHeader,
  EpochArchive,
} from './epoch-archive.ts'
export * from './evidence.ts'
export { type ExitClaim, exitClaimOf } from './exit-call.ts'
export type { OpenOrder } from './open-orders.ts'
export type {
  AuthorityStruct,
  EntryProofStruct,
  LaneProofsStruct,
  MessageStruct,
  OrderOriginStruct,
} from './structs.ts'
