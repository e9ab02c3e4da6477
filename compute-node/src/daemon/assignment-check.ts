import {
  type Address,
  addedLimitsOf,
  type Domain,
  type Hex,
  holdCertificateType,
  isCounterpartyAllowed,
  jobSpecDigest,
  orderTypeOf,
  spendPermissionType,
  typedDataDigest,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { AssignmentOffer } from '../../protocol/index.ts'
import { isSignedBy } from './node-crypto.ts'

/** Why a node gives an assignment back, in the order in which it is checked. */
export type AssignmentRefusalCode =
  /** The digest is not that of the order. */
  | 'ORDER_DIGEST_MISMATCH'
  /** The order is signed neither by its payer nor, under a permission that allows this job here, by a delegate of the payer. */
  | 'ORDER_SIGNATURE_INVALID'
  /** The specification is not the one that the payer signed. */
  | 'SPEC_MISMATCH'
  /** The certificate is for another order, another amount or another node. */
  | 'CERTIFICATE_MISMATCH'
  /** The certificate is not signed by the network's ledger. */
  | 'CERTIFICATE_SIGNATURE_INVALID'
  /** The certificate pays another wallet than the node's. */
  | 'PAYOUT_WALLET_MISMATCH'
  /** The node does not know the pricing that the certificate names, and could not show what it is due. */
  | 'PRICING_UNKNOWN'
  /** The certificate says that the job was assigned later than now, so that less running time would be paid. */
  | 'ASSIGNED_IN_FUTURE'
  /** The certificate says that the job was assigned so long ago that an epoch may have passed in which its hold should have stood. */
  | 'ASSIGNED_LONG_AGO'
  /** The hold ends too early to hand a receipt in, or has ended. */
  | 'CERTIFICATE_EXPIRED'
  | 'DEADLINE_PASSED'
  | 'GRACE_TOO_SHORT'
  | 'ENGINE_NOT_OFFERED'
  /** The order counts on GPUs, which no engine of this version has. */
  | 'GPU_NOT_OFFERED'
  /** The specification's limits are above those of the order, by which the job is priced. */
  | 'LIMITS_ABOVE_ORDER'
  /** One job alone may not have this much memory here. */
  | 'MEMORY_ABOVE_CAPACITY'
  | 'NO_FREE_SLOT'
  | 'NO_FREE_MEMORY'
  /** The job was given back here before, in this attempt or a later one. */
  | 'ALREADY_ENDED'

/** By how much the ledger's clock may be ahead of the node's. */
const clockSkewMsMax = 60_000

/**
 * How long before its offer a job may have been assigned. On chain a hold counts as one that had ended before when an epoch closed after the assignment
 * without it; that epoch's window is still open then, in which the node demands the hold.
 */
const assignedMsMax = 600_000

/** What an offer is checked against. */
export type AssignmentTerms = {
  readonly node: Address
  readonly domain: Domain
  readonly ledgerSigner: Address
  /** Who is to be paid. */
  readonly payoutWallet: Address
  /** Digests of the pricings that the node knows. */
  readonly pricingDigests: readonly Hex[]
  readonly engines: readonly string[]
  readonly memoryBytesMax: number
  readonly graceSecondsMin: number
}

/**
 * Whether the offer is genuine: the order is signed by its payer or the payer's delegate, for this specification, and the ledger certifies that its
 * price is held for this node. Pure; the first reason against it is the answer.
 */
export function findForgery(offer: AssignmentOffer, terms: AssignmentTerms): AssignmentRefusalCode | undefined {
  const { order, spec, certificate, orderDigest } = offer
  const { domain } = terms
  const type = orderTypeOf(order.message)
  if (typedDataDigest(ledgerCrypto, domain, type, order.message) !== orderDigest) return 'ORDER_DIGEST_MISMATCH'
  if (!isOrderSigned(offer, terms)) return 'ORDER_SIGNATURE_INVALID'
  if (jobSpecDigest(ledgerCrypto, spec) !== order.message.specDigest) return 'SPEC_MISMATCH'
  const { message } = certificate
  if (message.orderDigest !== orderDigest || message.hold !== orderDigest) return 'CERTIFICATE_MISMATCH'
  const isWhole = message.amountMicrocredits === order.message.maxPriceMicrocredits
  if (message.node !== terms.node || !isWhole) return 'CERTIFICATE_MISMATCH'
  const isCertified = isSignedBy(domain, holdCertificateType, certificate, terms.ledgerSigner)
  return isCertified ? undefined : 'CERTIFICATE_SIGNATURE_INVALID'
}

/** Caps and revocation are the ledger's to judge, which certifies the hold; the signatures and who may run the job are judged here too. */
function isOrderSigned({ order, permission }: AssignmentOffer, { domain, node }: AssignmentTerms): boolean {
  const type = orderTypeOf(order.message)
  const { payer, engine } = order.message
  if (permission === undefined) return isSignedBy(domain, type, order, payer)
  const { wallet, delegate, engines } = permission.message
  return (
    wallet === payer &&
    (engines.length === 0 || engines.includes(engine)) &&
    isCounterpartyAllowed(permission.message, node) &&
    isSignedBy(domain, type, order, delegate) &&
    isSignedBy(domain, spendPermissionType, permission, wallet)
  )
}

/** Whether this node takes a genuine offer at all, however busy it is. Pure; the first reason against it is the answer. */
export function findUnsuited(
  offer: AssignmentOffer,
  terms: AssignmentTerms,
  nowMs: number,
): AssignmentRefusalCode | undefined {
  const { spec, certificate } = offer
  const { payoutWallet, pricingDigest, assignedAtMs } = certificate.message
  if (payoutWallet !== terms.payoutWallet) return 'PAYOUT_WALLET_MISMATCH'
  if (!terms.pricingDigests.includes(pricingDigest)) return 'PRICING_UNKNOWN'
  if (Number(assignedAtMs) > nowMs + clockSkewMsMax) return 'ASSIGNED_IN_FUTURE'
  if (Number(assignedAtMs) < nowMs - assignedMsMax) return 'ASSIGNED_LONG_AGO'
  const order = offer.order.message
  const deadlineMs = Number(order.deadline) * 1000
  const expiresMs = Number(certificate.message.expires) * 1000
  if (expiresMs <= nowMs || expiresMs < deadlineMs + terms.graceSecondsMin * 1000) return 'CERTIFICATE_EXPIRED'
  if (deadlineMs <= nowMs) return 'DEADLINE_PASSED'
  if (order.graceSeconds < terms.graceSecondsMin) return 'GRACE_TOO_SHORT'
  if (spec.engine !== order.engine || !terms.engines.includes(spec.engine)) return 'ENGINE_NOT_OFFERED'
  if (addedLimitsOf(order).gpuCountMax > 0) return 'GPU_NOT_OFFERED'
  if (!isWithinOrder(offer)) return 'LIMITS_ABOVE_ORDER'
  return spec.limits.memoryBytesMax > terms.memoryBytesMax ? 'MEMORY_ABOVE_CAPACITY' : undefined
}

function isWithinOrder({ spec, order: { message: order } }: AssignmentOffer): boolean {
  const { memoryBytesMax, wallMsMax } = spec.limits
  if (BigInt(memoryBytesMax) > order.memoryBytesMax || BigInt(wallMsMax) > order.wallMsMax) return false
  return spec.engine === 'wasm'
    ? BigInt(spec.limits.fuelMax) <= order.fuelMax
    : spec.limits.cpuMillicoresMax <= order.cpuMillicoresMax
}
