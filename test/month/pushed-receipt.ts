import assert from 'node:assert/strict'
import { disputedReceiptsAbi } from '@deparrow/contracts'
import { type Hex, type LedgerEvent, lowerHex } from '@deparrow/ledger'
import { dueOf, pushMarginSeconds } from '@deparrow/sdk/watcher'
import { dpcWei, periods } from './contracts.ts'
import type { Month } from './month.ts'
import type { Look } from './watchman.ts'

/** What the contract wants between a push and the end of the hold, in seconds. */
const neededSeconds = Number(periods.inboxAgeSeconds) + pushMarginSeconds

/** A receipt that the operator's gateway did not take. */
export type PushedReceipt = {
  readonly orderDigest: Hex
  readonly receiptDigest: Hex
  /** By the contract's rule, in µcr. */
  readonly dueMicrocredits: bigint
  /** What the watcher sent while the ledger had time to take the receipt for nothing, and when that time was over. */
  readonly sentEarly: readonly string[]
  readonly sentInTime: readonly string[]
}

/** What came of it. */
export type PushedPay = PushedReceipt & {
  /** Digests of all receipts that were ever pushed into the contract's inbox. */
  readonly inInbox: readonly Hex[]
  /** What brought the receipt into the journal: the event before. */
  readonly receivedAfter: LedgerEvent | undefined
  readonly earnedMicrocredits: bigint
  /** The payout wallet's share of emission, for the fee of this job. */
  readonly emissionMicrocredits: bigint
  /** What the payout wallet, which has no other job, has on chain when everybody has left. */
  readonly paidWei: bigint
}

/** A node does a job for an operator that ignores its receipt, and has the watcher see to its pay. */
export async function pushPastGateway({ market, watchman, operator, chain, people }: Month): Promise<PushedReceipt> {
  const [job] = await market.order([people.ignored])
  assert.ok(job)
  chain.pass(600)
  const papers = await market.keepReceipt(job)
  const { receipt } = watchman.entrust(papers)
  const { certificate, receipt: signed } = papers.paper
  assert.ok(receipt !== undefined && signed !== undefined)
  const sentEarly = sentBy(await watchman.look())
  const latest = Number(certificate.message.expires) - neededSeconds
  chain.pass(latest - neededSeconds / 2 - Number(chain.nowSeconds))
  const sentInTime = sentBy(await watchman.look())
  await operator.follow()
  return {
    orderDigest: job.orderDigest,
    receiptDigest: receipt.digest,
    dueMicrocredits: dueOf(papers.paper, signed.message, signed.message.endedAtMs),
    sentEarly,
    sentInTime,
  }
}

/** After everybody has left. `events` are the whole journal. */
export async function pushedPay(
  { contracts, people }: Month,
  pushed: PushedReceipt,
  events: readonly LedgerEvent[],
): Promise<PushedPay> {
  const { client, addresses } = contracts
  const pushes = await client.getContractEvents({
    address: addresses.disputedReceipts,
    abi: disputedReceiptsAbi,
    eventName: 'ReceiptPushed',
    fromBlock: 0n,
    toBlock: 'latest',
  })
  const { address } = people.ignored.payout
  const received = events.findIndex(
    ({ type, data }) => type === 'ReceiptReceived' && data.receipt.message.orderDigest === pushed.orderDigest,
  )
  const settled = events.find(({ type, data }) => type === 'JobSettled' && data.orderDigest === pushed.orderDigest)
  const emitted = events.filter(({ type, data }) => type === 'InboxItemRecorded' && data.kind === 'emission')
  return {
    ...pushed,
    inInbox: pushes.map(({ args }) => lowerHex(args.receiptDigest as Hex)),
    receivedAfter: events[received - 1],
    earnedMicrocredits: creditedBy(settled === undefined ? [] : [settled], `wallet:${address}`),
    emissionMicrocredits: creditedBy(emitted, `wallet:${address}`),
    paidWei: await dpcWei(contracts, address),
  }
}

function sentBy({ said }: Look): readonly string[] {
  return said.flatMap(({ code, message }) => (code === 'SENT' ? [message.split(':')[0] as string] : []))
}

function creditedBy(events: readonly LedgerEvent[], wallet: string): bigint {
  const entries = events.flatMap(event => event.entries.filter(({ account }) => account === wallet))
  return entries.reduce((sum, { amountMicrocredits }) => sum + amountMicrocredits, 0n)
}
