import {
  type Address,
  type AnyJobOrder,
  addedLimitsOf,
  type Domain,
  type Hex,
  isHexOf,
  type JobSpec,
  jobSpecDigest,
  type LedgerCrypto,
  lowerHex,
  type Message,
  type MessageType,
  type OrderCancellation,
  orderCancellationType,
  orderTypeOf,
  parseJobSpec,
  parseMessage,
  type Signed,
  typedDataDigest,
} from '@deparrow/ledger'
import type { MarketRefusal } from './market.port.ts'
import { minPriceMicrocredits } from './quote.ts'

/** What admission looks at besides the input. */
export type AdmissionContext = {
  readonly crypto: LedgerCrypto
  readonly domain: Domain
  readonly nowMs: number
  /** Whether a wallet has ever let this key spend. What the permission is worth now is the ledger's to say. */
  readonly isDelegate: (wallet: Address, signer: Address) => boolean
}

export type SubmittedOrder = { readonly id: Hex; readonly order: Signed<AnyJobOrder>; readonly spec: JobSpec }

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: MarketRefusal }

/** A message with its digest, and whose key signed it. */
export type SignedBy<M extends Message> = {
  readonly digest: Hex
  readonly signer: Address
  readonly signed: Signed<M>
}

/**
 * Reads an order with its specification and checks all that needs no look at stored content and no ledger. In this order:
 * form of order and specification, that the order signs this specification and its limits, signature, deadline, GPUs (nodes of this version offer none, so the order would wait for nothing), price.
 */
export function readSubmission(
  input: { readonly order: unknown; readonly signature: string; readonly spec: unknown },
  context: AdmissionContext,
): Read<SubmittedOrder> {
  const type = orderTypeOf(input.order)
  const order = parseMessage<AnyJobOrder>(type, input.order)
  if (!order.ok) return malformed(`order.${order.field}`, order.problem)
  const spec = parseJobSpec(input.spec)
  if (!spec.ok) return malformed(`spec.${spec.field}`, spec.problem)
  const mismatch = specMismatch(order.message, spec.spec, context.crypto)
  if (mismatch !== undefined) return refused(mismatch)
  const signed = readDelegable(type, order.message, input.signature, order.message.payer, context)
  if (!signed.ok) return signed
  const late = passed(order.message.deadline, context.nowMs)
  if (late !== undefined) return refused(late)
  const { gpuCountMax } = addedLimitsOf(order.message)
  if (gpuCountMax > 0) return refused({ code: 'GPU_NOT_OFFERED', gpuCountMax })
  const low = priceTooLow(order.message)
  if (low !== undefined) return refused(low)
  return { ok: true, value: { id: signed.value.digest, order: signed.value.signed, spec: spec.spec } }
}

/** Reads a cancellation with its signer, the payer or a delegate; whether those are the job's own is checked against the job. */
export function readCancellation(
  cancellation: unknown,
  signature: string,
  context: AdmissionContext,
): Read<{ readonly cancellation: Signed<OrderCancellation>; readonly signer: Address }> {
  const parsed = parseMessage<OrderCancellation>(orderCancellationType, cancellation)
  if (!parsed.ok) return malformed(`cancellation.${parsed.field}`, parsed.problem)
  const read = readDelegable(orderCancellationType, parsed.message, signature, parsed.message.payer, context)
  if (!read.ok) return read
  const late = passed(parsed.message.deadline, context.nowMs)
  if (late !== undefined) return refused(late)
  return { ok: true, value: { cancellation: read.value.signed, signer: read.value.signer } }
}

/** Checks that `signer` signed the message, and gives the message's digest. */
export function readSigned<M extends Message>(
  type: MessageType,
  message: M,
  signature: string,
  signer: Address,
  context: Pick<AdmissionContext, 'crypto' | 'domain'>,
): Read<SignedBy<M>> {
  const read = recover(type, message, signature, signer, context)
  return read.ok && read.value.signer !== signer ? invalidSignature(signer) : read
}

/** Checks that the wallet or one of its delegates signed the message. */
function readDelegable<M extends Message>(
  type: MessageType,
  message: M,
  signature: string,
  wallet: Address,
  context: AdmissionContext,
): Read<SignedBy<M>> {
  const read = recover(type, message, signature, wallet, context)
  if (!read.ok || read.value.signer === wallet || context.isDelegate(wallet, read.value.signer)) return read
  return invalidSignature(wallet)
}

/** Finds whose key signed the message; `INVALID_SIGNATURE`, naming who was expected, when the signature is none. */
function recover<M extends Message>(
  type: MessageType,
  message: M,
  signature: string,
  expected: Address,
  { crypto, domain }: Pick<AdmissionContext, 'crypto' | 'domain'>,
): Read<SignedBy<M>> {
  if (!isHexOf(signature, 65)) return malformed('signature', 'expected 0x and 130 hexadecimal digits')
  const digest = typedDataDigest(crypto, domain, type, message)
  const normal = lowerHex(signature)
  const signer = crypto.recoverSigner(hexToDigest(digest), normal)
  if (signer === undefined) return invalidSignature(expected)
  return { ok: true, value: { digest, signer, signed: { message, signature: normal } } }
}

function invalidSignature(expectedSigner: Address): { readonly ok: false; readonly refusal: MarketRefusal } {
  return refused({ code: 'INVALID_SIGNATURE', expectedSigner })
}

function hexToDigest(digest: Hex): Uint8Array {
  return Uint8Array.from(Buffer.from(digest.slice(2), 'hex'))
}

function specMismatch(order: AnyJobOrder, spec: JobSpec, crypto: LedgerCrypto): MarketRefusal | undefined {
  if (order.engine !== spec.engine)
    return mismatch('order.engine', `is ${order.engine}, the specification's is ${spec.engine}`)
  if (order.specDigest !== jobSpecDigest(crypto, spec)) {
    return mismatch('order.specDigest', 'is not the SHA-256 of the canonical JSON of the specification')
  }
  const limits = {
    fuelMax: spec.engine === 'wasm' ? BigInt(spec.limits.fuelMax) : 0n,
    cpuMillicoresMax: spec.engine === 'docker' ? BigInt(spec.limits.cpuMillicoresMax) : 0n,
    memoryBytesMax: BigInt(spec.limits.memoryBytesMax),
    wallMsMax: BigInt(spec.limits.wallMsMax),
  }
  const names = Object.keys(limits) as (keyof typeof limits)[]
  const wrong = names.find(name => BigInt(order[name]) !== limits[name])
  return wrong === undefined
    ? undefined
    : mismatch(`order.${wrong}`, `is ${order[wrong]}, the specification says ${limits[wrong]}`)
}

function passed(deadline: bigint, nowMs: number): MarketRefusal | undefined {
  const deadlineMs = Number(deadline) * 1000
  return deadlineMs <= nowMs ? { code: 'DEADLINE_PASSED', deadlineMs, nowMs } : undefined
}

function priceTooLow(order: AnyJobOrder): MarketRefusal | undefined {
  const price = minPriceMicrocredits(order.bidMicrocredits, order.priority)
  if (order.maxPriceMicrocredits >= price) return undefined
  return {
    code: 'PRICE_ABOVE_MAXIMUM',
    priceMicrocredits: price,
    maximumMicrocredits: order.maxPriceMicrocredits,
  }
}

function mismatch(field: string, problem: string): MarketRefusal {
  return { code: 'MALFORMED', field, problem }
}

function malformed(field: string, problem: string): { readonly ok: false; readonly refusal: MarketRefusal } {
  return refused({ code: 'MALFORMED', field: field.replace(/\.$/, ''), problem })
}

function refused(refusal: MarketRefusal): { readonly ok: false; readonly refusal: MarketRefusal } {
  return { ok: false, refusal }
}
