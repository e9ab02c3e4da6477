import {
  type AnyUsageReceipt,
  type Domain,
  feeOf,
  type Hex,
  hexToBytes,
  jobOrderType,
  type LedgerCrypto,
  laneKey,
  type Pricing,
  priceOfJob,
  pricingDigest,
  type Signed,
  type SignedHoldCertificate,
  type SignedJobOrder,
  type SpendPermission,
  typedDataDigest,
  usageReceiptType,
} from '@deparrow/ledger'
import { authorityOf } from '../disputes/account-evidence.ts'
import type { CertifiedOrder, OrderClaim, ReceiptClaim, ReceiptEvidence } from '../disputes/calls.ts'
import { isOfContracts, messageStruct } from '../disputes/structs.ts'

/** What a node keeps of a job that it took, until it is paid: what the contracts want to see before they make an epoch keep its hold and pay it. */
export type NodePaper = {
  readonly order: SignedJobOrder
  /** Of who signed the order when that was a delegate. */
  readonly permission?: Signed<SpendPermission> | undefined
  readonly certificate: SignedHoldCertificate
  /** The one that the certificate names. */
  readonly pricing: Pricing
  /** Once the node has signed one. */
  readonly receipt?: Signed<AnyUsageReceipt> | undefined
}

/** A job of a node as the contracts read its papers. */
export type NodeJob = {
  readonly paper: NodePaper
  readonly order: OrderClaim
  readonly certified: CertifiedOrder
  /** `undefined` until the node has signed a receipt. */
  readonly receipt: { readonly digest: Hex; readonly evidence: ReceiptEvidence } | undefined
}

/** Why papers are of no use: they are of an older version, or one of them is not of the others. */
export type PaperFault =
  | 'VERSION_TOO_OLD'
  | 'CERTIFICATE_UNRELATED'
  | 'PRICING_UNRELATED'
  | 'RECEIPT_UNRELATED'
  | 'RECEIPT_NOT_SIGNED'

/** Reads papers as the contracts do. What the ledger and the payer have signed is for the contracts to check, which refuse a demand that lacks it. */
export function nodeJobOf(
  crypto: LedgerCrypto,
  domain: Domain,
  paper: NodePaper,
): NodeJob | { readonly fault: PaperFault } {
  const { order, permission, certificate, pricing, receipt } = paper
  if (!isOfContracts('JobOrder', order.message)) return { fault: 'VERSION_TOO_OLD' }
  const { message } = certificate
  const orderDigest = typedDataDigest(crypto, domain, jobOrderType, order.message)
  if (message.orderDigest !== orderDigest) return { fault: 'CERTIFICATE_UNRELATED' }
  if (message.pricingDigest !== pricingDigest(crypto, pricing)) return { fault: 'PRICING_UNRELATED' }
  const { payer, lane, nonce } = order.message
  const claim: OrderClaim = {
    orderDigest,
    payer,
    node: message.node,
    attempt: message.attempt,
    position: message.position,
    assignedAtMs: message.assignedAtMs,
    laneKey: laneKey(crypto, permission?.message.delegate ?? payer, lane),
    nonce,
  }
  const certified = {
    order: messageStruct('JobOrder', order.message),
    authority: authorityOf(order.signature, permission),
    certificate: message,
    certificateSignature: certificate.signature,
  } as unknown as CertifiedOrder
  const job = { paper, order: claim, certified, receipt: undefined }
  if (receipt === undefined) return job
  if (!isOfContracts('UsageReceipt', receipt.message)) return { fault: 'VERSION_TOO_OLD' }
  const { node, attempt } = receipt.message
  const isOwn = receipt.message.orderDigest === orderDigest && node === message.node && attempt === message.attempt
  if (!isOwn) return { fault: 'RECEIPT_UNRELATED' }
  const digest = typedDataDigest(crypto, domain, usageReceiptType, receipt.message)
  if (crypto.recoverSigner(hexToBytes(digest), receipt.signature) !== node) return { fault: 'RECEIPT_NOT_SIGNED' }
  return { ...job, receipt: { digest, evidence: evidenceOf(certified, receipt, pricing) } }
}

/**
 * What a receipt is due of a job's hold in µcr, after the fee, as the contracts price it. Running time counts up to `untilMs` and never beyond what the
 * receipt says to be its end.
 */
export function dueOf({ order, certificate, pricing }: NodePaper, receipt: AnyUsageReceipt, untilMs: bigint): bigint {
  const { assignedAtMs, amountMicrocredits } = certificate.message
  const until = receipt.endedAtMs < untilMs ? receipt.endedAtMs : untilMs
  const wallBoundMs = until > assignedAtMs ? until - assignedAtMs : 0n
  const price = priceOfJob(order.message, receipt, Number(wallBoundMs), pricing.rates)
  const captured = price < amountMicrocredits ? price : amountMicrocredits
  const { feeMicrocredits } = feeOf(captured, pricing)
  return feeMicrocredits < captured ? captured - feeMicrocredits : 0n
}

/** The contracts' claim for the pay of a job's receipt; `undefined` when there is no receipt, or nothing is due. */
export function receiptClaimOf(job: NodeJob, untilMs: bigint, isPushed: boolean): ReceiptClaim | undefined {
  const { paper, order, receipt } = job
  if (receipt === undefined || paper.receipt === undefined) return undefined
  const dueMicrocredits = dueOf(paper, paper.receipt.message, untilMs)
  if (dueMicrocredits === 0n) return undefined
  const { payoutWallet } = paper.certificate.message
  return { order, receiptDigest: receipt.digest, payoutWallet, dueMicrocredits, isPushed }
}

function evidenceOf(
  certified: CertifiedOrder,
  { message, signature }: Signed<AnyUsageReceipt>,
  pricing: Pricing,
): ReceiptEvidence {
  const { rates, feeBasisPoints, burnBasisPoints } = pricing
  const receipt = messageStruct('UsageReceipt', message) as unknown as ReceiptEvidence['receipt']
  return { certified, receipt, receiptSignature: signature, pricing: { ...rates, feeBasisPoints, burnBasisPoints } }
}
