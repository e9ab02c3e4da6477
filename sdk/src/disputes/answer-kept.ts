import { type AssignmentRelease, findEntry, type Hex, lowerHex, type Signed } from '@deparrow/ledger'
import { authorityOf } from './account-evidence.ts'
import { type AccountView, entryProof, viewAccount } from './account-view.ts'
import type {
  Answer,
  CertifiedOrder,
  OrderClaim,
  Question,
  ReceiptEvidence,
  ReceiptsCall,
  SignedCertificate,
} from './calls.ts'
import type { EpochArchive } from './epoch-archive.ts'
import type { EntryProofStruct } from './structs.ts'
import { isOfContracts, messageStruct } from './structs.ts'

/** Proofs that an order's hold had ended when the epoch began. */
export type EndedBefore = { readonly openingHold: EntryProofStruct; readonly openingLane: EntryProofStruct }

/** Shows that a certified hold stands, or why it does not. */
export function answerKept(
  archive: EpochArchive,
  { epoch }: Question,
  order: OrderClaim,
  certificate: SignedCertificate | undefined,
): Answer {
  const digest = lowerHex(order.orderDigest)
  const view = viewAccount(archive, archive.placeOf(lowerHex(order.payer)))
  const { statement, place: stated } = view
  if (findEntry(view.closing.holds, digest) !== undefined) {
    const hold = entryProof(archive.crypto, view.closing.holds, digest)
    return { ...receipts({ functionName: 'answerKeptByHold', args: [epoch, order, statement, hold] }), stated }
  }
  if ((view.entry(digest)?.debitMicrocredits ?? 0n) > 0n) {
    const entry = entryProof(archive.crypto, view.entries, digest)
    return { ...receipts({ functionName: 'answerKeptByEntry', args: [epoch, order, statement, entry] }), stated }
  }
  const ended = endedBefore(archive, view, order)
  if (ended !== undefined) {
    const args = [epoch, order, statement, ended.openingHold, ended.openingLane] as const
    return { ...receipts({ functionName: 'answerKeptByEnd', args }), stated }
  }
  const release = releaseFor(archive, order)
  if (release !== undefined) {
    return receipts({ functionName: 'answerKeptByRelease', args: [epoch, order, release] })
  }
  const evidence = receiptOfNothing(archive, view, digest, certificate)
  if (evidence !== undefined) return receipts({ functionName: 'answerKeptByReceipt', args: [epoch, evidence] })
  const isSettled = view.entry(digest)?.evidence?.kind === 'job'
  return { cannotAnswer: isSettled && certificate === undefined ? 'CERTIFICATE_MISSING' : 'NOT_KEPT' }
}

/** What shows that the hold had ended when the epoch began; `undefined` when it had not. */
export function endedBefore(archive: EpochArchive, view: AccountView, order: OrderClaim): EndedBefore | undefined {
  const digest = lowerHex(order.orderDigest)
  const laneKey = lowerHex(order.laneKey)
  const lane = findEntry(view.opening.lanes, laneKey)
  const { parent, parentClosedAtMs = 0 } = archive.asked ?? {}
  const wasAssigned =
    order.position <= BigInt(parent?.journalPosition ?? 0) &&
    order.assignedAtMs / 1_000n <= BigInt(Math.floor(parentClosedAtMs / 1_000))
  const isEnded =
    findEntry(view.opening.holds, digest) === undefined &&
    lane !== undefined &&
    order.nonce <= lane.value &&
    wasAssigned
  if (!isEnded) return undefined
  return {
    openingHold: entryProof(archive.crypto, view.opening.holds, digest),
    openingLane: entryProof(archive.crypto, view.opening.lanes, laneKey),
  }
}

/** The certified node’s release of the certified assignment, and of no other attempt: its signature. */
export function releaseFor(archive: EpochArchive, { orderDigest, node, attempt }: OrderClaim): Hex | undefined {
  const isIt = ({ message }: Signed<AssignmentRelease>) =>
    message.node === lowerHex(node) && message.attempt === attempt
  return archive.orders.releasesOf(lowerHex(orderDigest)).find(isIt)?.signature
}

/** The receipt that ended an order which cost nothing, with the certificate that the asker has shown. */
function receiptOfNothing(
  archive: EpochArchive,
  view: AccountView,
  digest: Hex,
  signed: SignedCertificate | undefined,
): ReceiptEvidence | undefined {
  const settled = view.entry(digest)?.evidence
  if (signed === undefined || settled?.kind !== 'job') return undefined
  const pricing = archive.orders.pricing(lowerHex(signed.certificate.pricingDigest))
  const { message, signature: receiptSignature } = settled.receipt
  if (pricing === undefined || !isOfContracts('UsageReceipt', message)) return undefined
  if (!isOfContracts('JobOrder', settled.order.message)) return undefined
  const { rates, feeBasisPoints, burnBasisPoints } = pricing
  const receipt = messageStruct('UsageReceipt', message) as ReceiptEvidence['receipt']
  const { order, permission } = settled
  const certified = {
    order: messageStruct('JobOrder', order.message),
    authority: authorityOf(order.signature, permission),
    ...signed,
  } as CertifiedOrder
  return { certified, receipt, receiptSignature, pricing: { ...rates, feeBasisPoints, burnBasisPoints } }
}

type WithoutContract = ReceiptsCall extends infer Call
  ? Call extends ReceiptsCall
    ? Omit<Call, 'contract'>
    : never
  : never

/** A call of the receipts contract. */
export function receipts(call: WithoutContract): ReceiptsCall {
  return { contract: 'disputedReceipts', ...call } as ReceiptsCall
}
