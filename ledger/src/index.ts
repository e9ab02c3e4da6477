export * from './acceptance/acceptance.ts'
export { acceptedUnder, verifyAcceptance } from './acceptance/verify-acceptance.ts'
export * from './account/purchase.ts'
export * from './account/transfer.ts'
export * from './audit/auditor.ts'
export { readCanonicalEvent } from './audit/canonical-event.ts'
export { type Recovered, recoverPart, type SignedPart, signedPartsOf } from './audit/seals.ts'
export { ShapeError } from './audit/shape.ts'
export * from './audit/shards-auditor.ts'
export * from './canonical-json.ts'
export * from './clearing/clearing.ts'
export {
  type ClearingLedger,
  type ClearingParts,
  ClearingStalledError,
  followClearing,
} from './clearing/follow-clearing.ts'
export * from './config/config-change.ts'
export * from './config/pending-change.ts'
export * from './credits.ts'
export { payoutRows } from './epoch/decide.ts'
export * from './epoch/entry-frontier.ts'
export {
  type EntryProof,
  type EntryTree,
  entriesOf,
  entryNode,
  entryRoot,
  entryTree,
  findEntry,
  proveEntry,
  type TreeEntry,
  verifyEntry,
  verifyNoEntry,
} from './epoch/entry-tree.ts'
export { type EpochInclusion, EpochTree } from './epoch/epoch-tree.ts'
export * from './epoch/inclusion-proof.ts'
export {
  type Leaf,
  type LeafAccount,
  type LeavesRoot,
  laneKey,
  lanesOf,
  leafHash,
  leafPlace,
  leafSum,
  leavesRoot,
  payablePrefix,
} from './epoch/leaves.ts'
export type { ProofSibling, ProvenRoot } from './epoch/proof-path.ts'
export { leafOf, leavesOf } from './epoch/state-leaves.ts'
export { absentNode, bitAt, innerNode, type SumNode, type TreeHashing } from './epoch/sum-node.ts'
export { SumTree } from './epoch/sum-tree.ts'
export * from './escrow/escrow.ts'
export * from './escrow/escrow-order.ts'
export * from './hex.ts'
export * from './hold/hold-certificate.ts'
export * from './hold/job-order.ts'
export * from './inbox/inbox-item.ts'
export * from './iou/iou.ts'
export * from './iou/open-iou.ts'
export * from './job/content-id.ts'
export * from './job/job-spec.ts'
export * from './journal/account-name.ts'
export { isBalanced, isCovered } from './journal/books.ts'
export * from './journal/codec.ts'
export * from './journal/command.ts'
export * from './journal/config.ts'
export * from './journal/entry.ts'
export * from './journal/event.ts'
export { evolve } from './journal/evolve.ts'
export * from './journal/export-format.ts'
export * from './journal/follow-journal.ts'
export * from './journal/following-ledger.ts'
export * from './journal/identify.ts'
export * from './journal/journal-ledger.ts'
export * from './journal/journal-listeners.ts'
export { LedgerClosedError, leaseMs, leaseRenewMs, WriterFencedError } from './journal/journal-writer.ts'
export { linkedCommandsMax } from './journal/link.ts'
export * from './journal/refusal.ts'
export * from './journal/replica.ts'
export * from './journal/sharded-ledger.ts'
export * from './journal/standby.ts'
export { initialState, type LedgerState } from './journal/state.ts'
export * from './node/node-registration.ts'
export * from './payout/withdrawal.ts'
export { isCounterpartyAllowed } from './permission/check-permission.ts'
export * from './permission/spend-permission.ts'
export * from './ports/clock.ts'
export * from './ports/crypto.ts'
export * from './ports/event-store.ts'
export * from './ports/ledger.ts'
export * from './ports/ledger-signer.ts'
export * from './ports/snapshot-store.ts'
export * from './pricing/price.ts'
export * from './pricing/pricing-digest.ts'
export * from './receipt/usage-receipt.ts'
export * from './rewards/grant.ts'
export { type DayNumber, dayOf } from './rewards/node-rewards.ts'
export type { BonusCommand } from './rewards/pay-bonus.ts'
export * from './rewards/referral.ts'
export * from './statement/debit-evidence.ts'
export * from './statement/movement-keys.ts'
export { EvidenceMissingError, OpenEvidence } from './statement/open-evidence.ts'
export { type Statement, type StatementAccount, type StatementEntry, statementValue } from './statement/statement.ts'
export { StatementBook } from './statement/statement-book.ts'
export * from './typed-data/eip712.ts'
export * from './typed-data/json.ts'
export * from './typed-data/types.ts'
