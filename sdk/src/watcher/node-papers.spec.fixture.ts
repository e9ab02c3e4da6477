import {
  type Address,
  type Hex,
  type LedgerEvent,
  type Pricing,
  pricingDigest,
  type Signed,
  type SignedJobOrder,
  type SignedUsageReceipt,
  type SpendPermission,
  zeroHash,
} from '@deparrow/ledger'
import { testDomain } from '@deparrow/ledger/testing'
import { ledgerCrypto } from '../crypto/ledger-crypto.ts'
import { OpenOrders } from '../disputes/open-orders.ts'
import { type NodeJob, nodeJobOf } from './node-job.ts'
import type { AcceptanceStruct } from './view.ts'

type Opened = {
  readonly order: SignedJobOrder
  readonly permission?: Signed<SpendPermission>
  readonly pricing: Pricing
  readonly expiresAtMs: number
}

/** The papers that the nodes of a journal would have of all their jobs, and the acceptances of their receipts, which nobody has signed. */
export function papersIn(events: readonly LedgerEvent[]): {
  readonly jobs: readonly NodeJob[]
  readonly acceptances: readonly AcceptanceStruct[]
} {
  const open = new Map<Hex, Opened>()
  const assigned: (LedgerEvent & { type: 'HoldAssigned' })[] = []
  const receipts = new Map<Hex, SignedUsageReceipt>()
  const payout = new Map<Address, Address>()
  const payoutOf = new Map<LedgerEvent, Address>()
  const settled = new Map<Hex, LedgerEvent>()
  const orders = new OpenOrders(ledgerCrypto)
  let pricing: Pricing | undefined
  for (const event of events) {
    orders.apply(event)
    if (event.type === 'LedgerOpened') pricing = event.data.config
    if (event.type === 'ConfigChanged') pricing = event.data.pricing
    if (event.type === 'NodeRegistered') {
      const { node, payoutWallet } = event.data.registration.message
      payout.set(node, payoutWallet)
    }
    if (event.type === 'HoldOpened' && pricing !== undefined) {
      const { orderDigest, order, expiresAtMs } = event.data
      const permission = orders.find(orderDigest)?.permission
      open.set(orderDigest, { order, pricing, expiresAtMs, ...(permission && { permission }) })
    }
    if (event.type === 'HoldAssigned') {
      assigned.push(event)
      payoutOf.set(event, payout.get(event.data.node) ?? event.data.node)
    }
    if (event.type === 'ReceiptReceived') receipts.set(event.data.receipt.message.orderDigest, event.data.receipt)
    if (event.type === 'JobSettled') settled.set(event.data.orderDigest, event)
  }
  const jobs = assigned.flatMap(event => {
    const { orderDigest, node, attempt } = event.data
    const opened = open.get(orderDigest)
    if (opened === undefined) return []
    const { order, permission, expiresAtMs } = opened
    const { rates, feeBasisPoints, burnBasisPoints } = opened.pricing
    const certificate = {
      hold: orderDigest,
      orderDigest,
      node,
      payoutWallet: payoutOf.get(event) as Address,
      attempt,
      amountMicrocredits: order.message.maxPriceMicrocredits,
      position: BigInt(event.position),
      expires: BigInt(expiresAtMs / 1_000),
      assignedAtMs: BigInt(event.atMs),
      pricingDigest: pricingDigest(ledgerCrypto, opened.pricing),
    }
    const given = receipts.get(orderDigest)
    const receipt = given?.message.node === node && given.message.attempt === attempt ? given : undefined
    const job = nodeJobOf(ledgerCrypto, testDomain, {
      order,
      permission,
      certificate: { message: certificate, signature: '0x' },
      pricing: { rates, feeBasisPoints, burnBasisPoints },
      receipt,
    })
    if ('fault' in job) throw new RangeError(`a job of the journal has papers of no use: ${job.fault}`)
    return [job]
  })
  const acceptances = jobs.flatMap(({ order, receipt }) => {
    const event = settled.get(order.orderDigest)
    if (event === undefined || receipt === undefined) return []
    const acceptance = {
      digest: receipt.digest,
      position: BigInt(event.position),
      isAccepted: true,
      atMs: BigInt(event.atMs),
    }
    const root = { shard: 0, root: zeroHash, position: BigInt(event.position), journalHash: zeroHash }
    return [{ acceptance, index: 0, count: 1, siblings: [], root, signature: '0x' } as const]
  })
  return { jobs, acceptances }
}
