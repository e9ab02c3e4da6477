/** Cases of jobs and escrows that are good but for what a spec changes. */
import {
  type EscrowCapture,
  type EscrowOrder,
  escrowCaptureType,
  escrowOrderType,
  type JobOrder,
  jobOrderType,
  type SpendPermission,
  type UsageReceipt,
  usageReceiptType,
} from '@deparrow/ledger'
import { type Hex, zeroHash } from 'viem'
import { nobody, own } from './authority.ts'
import {
  type Books,
  CLOSED_AT,
  caseFor,
  delegated,
  laneBooks,
  laneProofs,
  noProof,
  others,
  permissionOf,
} from './cases.ts'
import { debitEvidence } from './evidence.ts'
import { type Actor, actor, asStruct, digestOf } from './messages.ts'
import { entryProof } from './trees.ts'

export const wallet = actor(1)
export const delegate = actor(2)
export const stranger = actor(3)
export const seller = actor(4)
export const node = actor(5)

export const jobOrder: JobOrder = {
  payer: wallet.address,
  engine: 'wasm',
  specDigest: zeroHash,
  maxPriceMicrocredits: 500n,
  bidMicrocredits: 0n,
  priority: 1,
  fuelMax: 1n,
  cpuMillicoresMax: 0,
  memoryBytesMax: 1n,
  wallMsMax: 1n,
  gpuCountMax: 0,
  storageBytesMax: 0n,
  egressBytesMax: 0n,
  deadline: CLOSED_AT,
  graceSeconds: 1,
  lane: 3,
  nonce: 10n,
}

const escrowOrder: EscrowOrder = {
  wallet: wallet.address,
  seller: seller.address,
  amountMicrocredits: 500n,
  reference: zeroHash,
  expires: CLOSED_AT + 1n,
  lane: 3,
  nonce: 10n,
  deadline: CLOSED_AT,
}

export const receiptOf = (orderDigest: Hex): UsageReceipt => ({
  orderDigest,
  node: node.address,
  attempt: 1,
  sequence: 1n,
  outcome: 0,
  inputDigest: zeroHash,
  outputDigest: zeroHash,
  startedAtMs: 0n,
  endedAtMs: 1n,
  fuel: 1n,
  cpuMs: 0n,
  memoryBytesPeak: 1n,
  gpuMs: 0n,
  storageByteSeconds: 0n,
  egressBytes: 0n,
})

export type Placed = {
  /** Whether the order is shown in the opening holds, and what stands there. */
  stands?: boolean
  openingHold?: bigint | undefined
  closingHold?: bigint | undefined
  from?: bigint | undefined
  to?: bigint | undefined
  signer?: Actor
  permission?: Partial<SpendPermission>
  /** A permission that nobody signed, beside the wallet's own signature. */
  unsigned?: Partial<SpendPermission>
  key?: Hex
  account?: Actor
}

export type Job = Placed & {
  order?: Partial<JobOrder>
  receipt?: Partial<UsageReceipt>
  receiptBy?: Actor
  debit?: bigint
}

export type Escrow = Placed & {
  order?: Partial<EscrowOrder>
  capture?: Partial<EscrowCapture>
  captureBy?: Actor
  capturePermission?: Partial<SpendPermission>
  debit?: bigint
}

/** An order that is fresh unless it stands, and does not stand any more: its books, the proofs and who signed it. */
async function placed(digest: Hex, changes: Placed) {
  const signer = changes.signer ?? (changes.permission ? delegate : wallet)
  const { stands = false } = changes
  const opening = 'openingHold' in changes ? changes.openingHold : stands ? 500n : undefined
  const { from, to } = { from: stands ? 10n : 9n, to: 10n, ...changes }
  const holding = (value: bigint | undefined) => [...others, ...(value === undefined ? [] : [{ key: digest, value }])]
  const lanes = laneBooks(signer.address, 3, from, to).lanes
  const books: Books = { lanes, holds: { opening: holding(opening), closing: holding(changes.closingHold) } }
  const signature = await signer.signDigest(digest)
  const permission = permissionOf(wallet.address, delegate.address, changes.permission)
  const authority = changes.permission
    ? await delegated(signature, permission, wallet)
    : own(signature, { ...nobody, ...changes.unsigned })
  const origin = stands
    ? {
        isStanding: true,
        openingHold: entryProof(books.holds.opening, digest),
        lanes: { opening: noProof, closing: noProof },
      }
    : { isStanding: false, openingHold: noProof, lanes: laneProofs(books, signer.address, 3) }
  const self = caseFor((changes.account ?? wallet).address, books)
  return { books, authority, origin, self, key: changes.key ?? digest }
}

export async function jobCase(changes: Job) {
  const order = { ...jobOrder, ...changes.order }
  const digest = digestOf(jobOrderType, order)
  const { books, authority, origin, self, key } = await placed(digest, changes)
  const receipt = { ...receiptOf(digest), ...changes.receipt }
  const receiptSignature = await (changes.receiptBy ?? node).signDigest(digestOf(usageReceiptType, receipt))
  const hold = { order: asStruct(jobOrderType, order), authority, origin }
  const closingHold = entryProof(books.holds.closing, digest)
  const shown = { hold, receipt: asStruct(usageReceiptType, receipt), receiptSignature, closingHold }
  return { self, key, hold, evidence: debitEvidence('job', shown), debit: changes.debit ?? 500n }
}

export async function escrowCase(changes: Escrow) {
  const order = { ...escrowOrder, ...changes.order }
  const digest = digestOf(escrowOrderType, order)
  const { books, authority, origin, self, key } = await placed(digest, changes)
  const capture = { escrow: digest, wallet: wallet.address, amountMicrocredits: 400n, ...changes.capture }
  const captureBy = changes.captureBy ?? (changes.capturePermission ? delegate : wallet)
  const signature = await captureBy.signDigest(digestOf(escrowCaptureType, capture))
  const permission = permissionOf(wallet.address, captureBy.address, changes.capturePermission)
  const captureAuthority = changes.capturePermission ? await delegated(signature, permission, wallet) : own(signature)
  const hold = { order: asStruct(escrowOrderType, order), authority, origin }
  const closingHold = entryProof(books.holds.closing, digest)
  const shown = { hold, capture: asStruct(escrowCaptureType, capture), captureAuthority, closingHold }
  return { self, key, hold, evidence: debitEvidence('escrow', shown), debit: changes.debit ?? 400n }
}
