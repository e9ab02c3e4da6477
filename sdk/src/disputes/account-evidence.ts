import { rowProof } from '@deparrow/contracts/rows'
import {
  type Address,
  type DebitEvidence,
  type EscrowCapture,
  type EscrowOrder,
  escrowCaptureType,
  findEntry,
  type Hex,
  hexToBytes,
  laneKey,
  type PayoutRow,
  type Signed,
  type SignedJobOrder,
  type SpendPermission,
  typedDataDigest,
} from '@deparrow/ledger'
import { type AccountView, entryProof } from './account-view.ts'
import type { EpochArchive } from './epoch-archive.ts'
import type { DebitEvidenceOf, HoldEvidenceOf, HoldEvidenceStruct } from './evidence.ts'
import type { OpenOrder } from './open-orders.ts'
import {
  type AuthorityStruct,
  isOfContracts,
  type LaneProofsStruct,
  messageStruct,
  noPermission,
  type OrderOriginStruct,
} from './structs.ts'

/** Where the rows of an epoch stand on chain. */
export type RowsPosted = { readonly rowsPerPart: number }

type Permission = Signed<SpendPermission> | undefined
type SignedOrder = {
  readonly order: Signed<EscrowOrder> | SignedJobOrder
  readonly permission?: Signed<SpendPermission>
}

/**
 * What allows a debit of the account in the pending epoch, as the contracts judge it. `undefined` when a message is of an older version than the contracts
 * have, which they can never be shown.
 */
export function debitEvidenceOf(
  archive: EpochArchive,
  view: AccountView,
  key: Hex,
  evidence: DebitEvidence,
  posted: RowsPosted,
): DebitEvidenceOf | undefined {
  switch (evidence.kind) {
    case 'transfer': {
      const { transfer, permission } = evidence
      const message = messageStruct('Transfer', transfer.message)
      const lanes = lanesOfSigner(archive, view, signerOf(transfer.message.from, permission), transfer.message.lane)
      return { kind: 'transfer', fields: { message, authority: authorityOf(transfer.signature, permission), lanes } }
    }
    case 'purchase': {
      const { purchase, permission } = evidence
      const message = messageStruct('Purchase', purchase.message)
      const lanes = lanesOfSigner(archive, view, signerOf(purchase.message.wallet, permission), purchase.message.lane)
      return { kind: 'purchase', fields: { message, authority: authorityOf(purchase.signature, permission), lanes } }
    }
    case 'redemption': {
      const { message: own, signature } = evidence.redemption
      const lanes = lanesOfSigner(archive, view, own.debtor, own.lane)
      return { kind: 'redemption', fields: { message: messageStruct('IouRedemption', own), signature, lanes } }
    }
    case 'withdrawal': {
      const { message: own, signature } = evidence.withdrawal
      const lanes = lanesOfSigner(archive, view, own.wallet, own.lane)
      return { kind: 'withdrawal', fields: { message: messageStruct('Withdrawal', own), signature, lanes } }
    }
    case 'job': {
      const hold = jobHold(archive, view, key, evidence)
      const { message: receipt, signature: receiptSignature } = evidence.receipt
      if (hold === undefined || !isOfContracts('UsageReceipt', receipt)) return undefined
      const closingHold = entryProof(archive.crypto, view.closing.holds, key)
      const fields = { hold, receipt: messageStruct('UsageReceipt', receipt), receiptSignature, closingHold }
      return { kind: 'job', fields }
    }
    case 'escrow': {
      const hold = holdOf(archive, view, key, 'EscrowOrder', evidence.order.message.wallet, evidence)
      const capture = messageStruct('EscrowCapture', evidence.capture.message)
      const captureAuthority = authorityOf(evidence.capture.signature, capturedUnder(archive, evidence))
      const closingHold = entryProof(archive.crypto, view.closing.holds, key)
      return { kind: 'escrow', fields: { hold, capture, captureAuthority, closingHold } }
    }
    case 'instruction': {
      const { message: own, signature } = evidence.instruction
      const message = messageStruct('PayoutInstruction', own)
      return { kind: 'instruction', fields: { message, signature, journalPosition: BigInt(evidence.position) } }
    }
    case 'row':
      return rowEvidence(archive.asked?.books.rows ?? [], evidence.index, posted)
    case 'forced':
      return { kind: 'forced', fields: { index: BigInt(evidence.inboxIndex) } }
  }
}

/** What allows a hold of the account in the pending epoch; `undefined` when its order is of an older version than the contracts have. */
export function holdEvidenceOf(
  archive: EpochArchive,
  view: AccountView,
  key: Hex,
  open: OpenOrder,
): HoldEvidenceOf | undefined {
  if (open.kind === 'escrow') {
    return { kind: 'escrow', fields: holdOf(archive, view, key, 'EscrowOrder', open.order.message.wallet, open) }
  }
  const fields = jobHold(archive, view, key, open)
  return fields && { kind: 'job', fields }
}

function jobHold(
  archive: EpochArchive,
  view: AccountView,
  key: Hex,
  signed: { readonly order: SignedJobOrder; readonly permission?: Signed<SpendPermission> },
): HoldEvidenceStruct | undefined {
  if (!isOfContracts('JobOrder', signed.order.message)) return undefined
  return holdOf(archive, view, key, 'JobOrder', signed.order.message.payer, signed)
}

function holdOf(
  archive: EpochArchive,
  view: AccountView,
  key: Hex,
  name: 'JobOrder' | 'EscrowOrder',
  wallet: Address,
  { order, permission }: SignedOrder,
): HoldEvidenceStruct {
  return {
    order: messageStruct(name, order.message),
    authority: authorityOf(order.signature, permission),
    origin: originOf(archive, view, key, signerOf(wallet, permission), order.message.lane),
  }
}

function originOf(
  archive: EpochArchive,
  view: AccountView,
  key: Hex,
  signer: Address,
  lane: number,
): OrderOriginStruct {
  return {
    isStanding: findEntry(view.opening.holds, key) !== undefined,
    openingHold: entryProof(archive.crypto, view.opening.holds, key),
    lanes: lanesOfSigner(archive, view, signer, lane),
  }
}

function lanesOfSigner(archive: EpochArchive, view: AccountView, signer: Address, lane: number): LaneProofsStruct {
  const key = laneKey(archive.crypto, signer, lane)
  return {
    opening: entryProof(archive.crypto, view.opening.lanes, key),
    closing: entryProof(archive.crypto, view.closing.lanes, key),
  }
}

/** A delegate's escrow is captured by the delegate or by the wallet itself, which only the signature tells. */
function capturedUnder(
  archive: EpochArchive,
  evidence: { readonly capture: Signed<EscrowCapture>; readonly capturedUnder?: Signed<SpendPermission> },
): Permission {
  const { capture, capturedUnder: permission } = evidence
  if (permission === undefined || archive.domain === undefined) return undefined
  const digest = typedDataDigest(archive.crypto, archive.domain, escrowCaptureType, capture.message)
  const signer = archive.crypto.recoverSigner(hexToBytes(digest), capture.signature)
  return signer === permission.message.delegate ? permission : undefined
}

function rowEvidence(rows: readonly PayoutRow[], indexInEpoch: number, { rowsPerPart }: RowsPosted): DebitEvidenceOf {
  const part = Math.floor(indexInEpoch / rowsPerPart)
  const index = indexInEpoch % rowsPerPart
  const ofPart = rows.slice(part * rowsPerPart, (part + 1) * rowsPerPart)
  const posted = ofPart.map(({ id, incrementMicrocredits, cumulativeMicrocredits, previousEpoch }) => {
    return { payeeId: id, incrementMicrocredits, cumulativeMicrocredits, previousEpoch }
  })
  const { row, siblings } = rowProof({ epoch: 0n, part, rows: posted, index })
  return { kind: 'row', fields: { part, index, row, siblings } }
}

function signerOf(wallet: Address, permission: Permission): Address {
  return permission?.message.delegate ?? wallet
}

/** Who signed, as the contracts have it. */
export function authorityOf(signature: Hex, permission: Permission): AuthorityStruct {
  return {
    signature,
    permission: messageStruct('SpendPermission', permission?.message ?? noPermission),
    permissionSignature: permission?.signature ?? '0x',
  }
}
