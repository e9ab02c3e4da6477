/** Certificates and claims of receipts as the ledger and nodes sign them. */
import {
  holdCertificateType,
  type JobOrder,
  jobOrderType,
  type Pricing,
  pricingDigest,
  type UsageReceipt,
  usageReceiptType,
} from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import type { Address } from 'viem'
import { type Acceptance, acceptanceBatch } from '../support/acceptances.ts'
import { own } from '../support/authority.ts'
import { laneKey } from '../support/cases.ts'
import type { Actor } from '../support/messages.ts'
import { ledger } from './disputed-chain.ts'
import { type Domain, node, order, payout, receiptOf, signed, wallet } from './scenario.ts'

const rates = {
  cpuCoreHourMicrocredits: 1n,
  gpuHourMicrocredits: 1n,
  memoryGibHourMicrocredits: 1n,
  storageGibHourMicrocredits: 1n,
  egressGibMicrocredits: 1n,
  fuelCoreHourMicrocredits: 3_600_000_000_000n,
}

/** A unit of fuel costs a microcredit. */
const ledgerPricing: Pricing = { rates, feeBasisPoints: 500, burnBasisPoints: 8_000 }

export const pricing = { ...rates, feeBasisPoints: 500, burnBasisPoints: 8_000 }

/** What the bid of 400 less the fee of 5 % leaves. */
export const DUE = 380n
export const CERTIFICATE_EXPIRES = 4_000_000_000n

/** An order of the wallet that no hold and no statement knows. */
export const unknownOrder: JobOrder = { ...order, nonce: 50n }

type Case = {
  order?: JobOrder
  orderSigner?: Actor
  receipt?: Partial<UsageReceipt>
  receiptSigner?: Actor
  certificate?: Record<string, unknown> & { node?: Address; payoutWallet?: Address }
  certificateSigner?: Actor
  pricing?: Partial<typeof pricing>
}

/** Everything that shows what a node is due; what is changed is signed as changed. */
export async function evidenceOf(domain: Domain, changed: Case = {}) {
  const signedOrder = await signed(jobOrderType, changed.order ?? order, changed.orderSigner ?? wallet, domain)
  const receiptMessage = receiptOf(signedOrder.digest, changed.receipt)
  const receipt = await signed(usageReceiptType, receiptMessage, changed.receiptSigner ?? node, domain)
  const certificateMessage = {
    hold: signedOrder.digest,
    orderDigest: signedOrder.digest,
    node: node.address,
    payoutWallet: payout.address,
    attempt: 1,
    amountMicrocredits: 500n,
    position: 5n as bigint,
    expires: CERTIFICATE_EXPIRES,
    assignedAtMs: 1n as bigint,
    pricingDigest: pricingDigest(ethersCrypto, ledgerPricing),
    ...changed.certificate,
  }
  const certificate = await signed(holdCertificateType, certificateMessage, changed.certificateSigner ?? ledger, domain)
  const orderClaim = {
    orderDigest: signedOrder.digest,
    payer: wallet.address,
    node: certificateMessage.node,
    attempt: 1,
    position: certificateMessage.position as bigint,
    assignedAtMs: certificateMessage.assignedAtMs as bigint,
    laneKey: laneKey((changed.orderSigner ?? wallet).address, 0),
    nonce: (changed.order ?? order).nonce,
  }
  const claim = {
    order: orderClaim,
    receiptDigest: receipt.digest,
    payoutWallet: certificateMessage.payoutWallet,
    dueMicrocredits: DUE,
    isPushed: false,
  }
  const certified = {
    order: signedOrder.struct,
    authority: own(signedOrder.signature) as never,
    certificate: certificate.struct,
    certificateSignature: certificate.signature,
  }
  const evidence = {
    certified,
    receipt: receipt.struct,
    receiptSignature: receipt.signature,
    pricing: { ...pricing, ...changed.pricing },
  }
  return { evidence, claim, orderDigest: signedOrder.digest, receipt }
}

/** The ledger's signature over what became of a message. */
export async function acceptanceOf(domain: Domain, fields: Acceptance, signer: Actor = ledger) {
  const [shown] = await acceptanceBatch([fields], signer, domain)
  if (shown === undefined) throw new Error('a batch of one has one')
  return shown
}
