import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Auditor } from '../audit/auditor.ts'
import { zeroHash } from '../hex.ts'
import { sealEvent } from '../journal/codec.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { type UsageReceipt, usageReceiptType } from '../receipt/usage-receipt.ts'
import { Actor, testDomain, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { Signed } from '../typed-data/types.ts'

const ann = new Actor(1)
const [node, other] = [11, 12].map(number => new Actor(number)) as [Actor, Actor]
const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }

/** A job that the node has, and whose order the payer signed. */
function running() {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 5_000_000n)
  const orderDigest = ledger.assigned(ann.order({ nonce: 1n }), node)
  ledger.nowMs = testStartMs + 1_000
  return { ledger, orderDigest }
}

function pushOf(receipt: Signed<UsageReceipt>, index: number, of = receipt) {
  const digest = typedDataDigest(ethersCrypto, testDomain, usageReceiptType, of.message)
  const item = { kind: 'receipt', account: of.message.node, amountMicrocredits: 0n, digest, receipt } as const
  return { type: 'RecordInboxItem', index, place, ...item } as const
}

/** What the auditor says of a journal with this event put in the place of its last one. */
function findingOn(ledger: TestLedger, count: number, forge: (last: LedgerEvent) => LedgerEvent) {
  const auditor = new Auditor(ethersCrypto)
  const kept = ledger.events.slice(0, count)
  const journal = kept.map((event, index) => (index === count - 1 ? forge(event) : event))
  for (const event of journal) {
    const { payload, hash } = sealEvent(ethersCrypto, auditor.head().hash, event)
    const finding = auditor.follow(event, payload, hash)
    if (finding !== undefined) return finding.problem
  }
  return undefined
}

describe('a receipt that its node pushed', () => {
  it('is refused as another receipt than the one of its digest, and with a signature that is not its node’s', () => {
    const { ledger, orderDigest } = running()
    const receipt = node.receipt(orderDigest, {})
    ledger.refuse(pushOf(node.receipt(orderDigest, { fuel: 1n }), 1, receipt), 'MALFORMED')
    const forged = other.sign(usageReceiptType, receipt.message)
    ledger.refuse(pushOf(forged, 1), 'INVALID_SIGNATURE')
    ledger.accept(pushOf(receipt, 1))
  })

  it('does nothing for a job that is unknown, over, another node’s, of another attempt, or has a receipt', () => {
    const { ledger, orderDigest } = running()
    const idle = [node.receipt(zeroHash, {}), other.receipt(orderDigest, {}), node.receipt(orderDigest, { attempt: 2 })]
    for (const receipt of idle) ledger.push(receipt)
    ledger.accept({ type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, {}) })
    ledger.push(node.receipt(orderDigest, { sequence: 7n }))
    ledger.accept({ type: 'SettleJob', orderDigest })
    ledger.push(node.receipt(orderDigest, { sequence: 8n }))
    assert.equal(ledger.events.filter(({ type }) => type === 'ReceiptReceived').length, 1)
    assert.equal(ledger.state.inboxCount, 6)
  })

  it('is taken whatever its sequence, also one that was used, and whatever its times', () => {
    const { ledger, orderDigest } = running()
    ledger.settle(node.receipt(orderDigest, { sequence: 5n }))
    for (const [index, sequence] of [5n, 0n].entries()) {
      const next = ledger.assigned(ann.order({ nonce: BigInt(index + 2) }), node)
      const { events } = ledger
      ledger.push(node.receipt(next, { sequence, endedAtMs: BigInt(ledger.nowMs + 1_000_000) }))
      assert.deepEqual(
        events.slice(-2).map(({ type }) => type),
        ['InboxItemRecorded', 'ReceiptReceived'],
      )
      ledger.accept({ type: 'SettleJob', orderDigest: next })
    }
    assert.equal(ledger.state.nodes.get(node.address)?.lastSequence, 5n)
  })

  it('counts time up to its own end by the chain’s clock, when the journal’s is behind', () => {
    const paid = (aheadMs: number) => {
      const { ledger, orderDigest } = running()
      const endedAtMs = BigInt(ledger.nowMs + aheadMs)
      ledger.push(node.receipt(orderDigest, { fuel: 0n, memoryBytesPeak: 1n << 28n, endedAtMs }))
      ledger.accept({ type: 'SettleJob', orderDigest })
      return ledger.balance(node.address)
    }
    assert.equal(paid(0) < paid(9_000), true)
  })

  it('is answered as received when its node hands it in afterwards, and keeps another one out', () => {
    const { ledger, orderDigest } = running()
    const receipt = node.receipt(orderDigest, {})
    ledger.push(receipt)
    assert.equal(ledger.accept({ type: 'ReceiveReceipt', receipt }).repeated, true)
    ledger.refuse({ type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, { fuel: 9n }) }, 'RECEIPT_PENDING')
  })

  it('keeps its hold from expiring, and is paid at that time when nobody settles it before', () => {
    const { ledger, orderDigest } = running()
    ledger.push(node.receipt(orderDigest, {}))
    ledger.nowMs = (ledger.state.holds.get(orderDigest)?.expiresAtMs ?? 0) + 1
    ledger.submit()
    assert.equal(ledger.events.at(-1)?.type, 'JobSettled')
    assert.equal(ledger.balance(node.address), 95_000n)
  })
})

describe('the auditor, about a pushed receipt', () => {
  const { ledger, orderDigest } = running()
  ledger.push(node.receipt(orderDigest, {}))
  const count = ledger.events.length

  it('takes the item and its receipt', () =>
    assert.equal(
      findingOn(ledger, count, event => event),
      undefined,
    ))

  it('finds an item without its receipt, and with another one', () => {
    const showing = (receipt: Signed<UsageReceipt> | undefined) =>
      findingOn(ledger, count - 1, event => {
        assert.ok(event.type === 'InboxItemRecorded')
        const { receipt: _, ...data } = event.data
        return { ...event, data: receipt === undefined ? data : { ...data, receipt } }
      })
    assert.equal(showing(undefined), 'does not show the receipt that was pushed')
    assert.equal(showing(node.receipt(orderDigest, { fuel: 1n })), 'shows another receipt than was pushed')
    assert.equal(showing(node.receipt(orderDigest, {})), undefined)
  })

  it('finds something else in its place', () => {
    const passed = (forge: (event: LedgerEvent) => LedgerEvent) => findingOn(ledger, count, forge)?.split(' 0x')[0]
    const release = node.release(orderDigest)
    assert.equal(
      passed(({ position, atMs }) => ({
        type: 'HoldUnassigned',
        data: { release },
        position,
        atMs,
        commandId: '',
        entries: [],
      })),
      'passes over receipt',
    )
    const second = node.receipt(orderDigest, { sequence: 2n })
    const commandId = typedDataDigest(ethersCrypto, testDomain, usageReceiptType, second.message)
    assert.equal(
      passed(event => ({ ...event, data: { receipt: second }, commandId }) as LedgerEvent),
      'passes over receipt',
    )
  })
})
