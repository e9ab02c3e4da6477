import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from '../hex.ts'
import { Actor, digestOfOrder, testConfig, testConfig020, testStartMs } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { usageReceiptType } from './usage-receipt.ts'

const ann = new Actor(1)
const node = new Actor(3)
const other = new Actor(4)

function funded(config = testConfig): TestLedger {
  const ledger = new TestLedger(config)
  ledger.deposit(ann.address, 5_000_000n)
  return ledger
}

function running(fields: Parameters<Actor['order']>[0] = { nonce: 1n }, config = testConfig) {
  const ledger = funded(config)
  const orderDigest = ledger.assigned(ann.order(fields), node)
  ledger.nowMs = testStartMs + 1_000
  return { ledger, orderDigest }
}

describe('a receipt', () => {
  it('is refused when a field was changed after signing', () => {
    const { ledger, orderDigest } = running()
    const receipt = node.receipt(orderDigest, {})
    const altered = { ...receipt, message: { ...receipt.message, fuel: receipt.message.fuel + 1n } }
    ledger.refuse({ type: 'ReceiveReceipt', receipt: altered }, 'INVALID_SIGNATURE')
  })

  it('is refused from another node', () => {
    const { ledger, orderDigest } = running()
    ledger.accept({ type: 'RegisterNode', registration: other.registration() })
    ledger.refuse({ type: 'ReceiveReceipt', receipt: other.receipt(orderDigest, {}) }, 'NOT_ASSIGNED')
  })

  it('is refused when another node signed it in the name of the right one', () => {
    const { ledger, orderDigest } = running()
    const receipt = other.sign(usageReceiptType, node.receipt(orderDigest, {}).message)
    ledger.refuse({ type: 'ReceiveReceipt', receipt }, 'INVALID_SIGNATURE')
  })

  it('is refused for a job that does not exist and for one that the node does not have', () => {
    const { ledger } = running()
    const free = ann.order({ nonce: 2n })
    ledger.refuse({ type: 'ReceiveReceipt', receipt: node.receipt(digestOfOrder(free), {}) }, 'UNKNOWN_JOB')
    ledger.accept({ type: 'OpenHold', order: free })
    ledger.refuse({ type: 'ReceiveReceipt', receipt: node.receipt(digestOfOrder(free), {}) }, 'NOT_ASSIGNED')
  })

  it('is refused for another attempt and for an outcome that does not exist', () => {
    const { ledger, orderDigest } = running()
    ledger.refuse({ type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, { attempt: 2 }) }, 'NOT_ASSIGNED')
    const { message } = node.receipt(orderDigest, {})
    const receipt = node.sign(usageReceiptType, { ...message, outcome: 6 })
    ledger.refuse({ type: 'ReceiveReceipt', receipt }, 'MALFORMED')
  })

  it('is refused while its job ends later than now, and taken when that time has come', () => {
    const { ledger, orderDigest } = running()
    const endedAtMs = BigInt(ledger.nowMs + 1)
    const command = { type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, { endedAtMs }) } as const
    const { refusal } = ledger.refuse(command, 'RECEIPT_FROM_FUTURE')
    assert.deepEqual(refusal, { code: 'RECEIPT_FROM_FUTURE', endedAtMs: ledger.nowMs + 1, nowMs: ledger.nowMs })
    ledger.nowMs += 1
    ledger.accept(command)
  })

  it('is refused with a sequence that the node has used, in a journal of 0.2.0', () => {
    const { ledger, orderDigest } = running({ nonce: 1n }, testConfig020)
    ledger.settle(node.receipt(orderDigest, { sequence: 5n, endedAtMs: BigInt(ledger.nowMs + 60_000) }))
    const next = ledger.assigned(ann.order({ nonce: 2n }), node)
    ledger.refuse({ type: 'ReceiveReceipt', receipt: node.receipt(next, { sequence: 5n }) }, 'SEQUENCE_USED')
  })

  it('is taken whatever its sequence, and the highest stays in the node’s leaf', () => {
    const { ledger, orderDigest } = running()
    ledger.settle(node.receipt(orderDigest, { sequence: 5n }))
    for (const [nonce, sequence] of [5n, 4n, 0n].entries()) {
      ledger.settle(node.receipt(ledger.assigned(ann.order({ nonce: BigInt(nonce + 2) }), node), { sequence }))
    }
    assert.equal(ledger.state.nodes.get(node.address)?.lastSequence, 5n)
    assert.equal(ledger.balance(node.address), 4n * 95_000n)
  })

  it('settles its job once: the same again is answered as before, another one finds the job ended', () => {
    const { ledger, orderDigest } = running()
    const command = { type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, {}) } as const
    const first = ledger.accept(command)
    assert.deepEqual(ledger.accept(command), { ...first, repeated: true })
    const other = { type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, { sequence: 2n }) } as const
    ledger.refuse(other, 'RECEIPT_PENDING')
    const settled = ledger.accept({ type: 'SettleJob', orderDigest })
    assert.deepEqual(ledger.accept({ type: 'SettleJob', orderDigest }), { ...settled, repeated: true })
    assert.deepEqual(ledger.accept(command), { ...first, repeated: true })
    ledger.refuse(other, 'JOB_ENDED')
  })

  it('that is not there settles nothing', () => {
    const { ledger, orderDigest } = running()
    ledger.refuse({ type: 'SettleJob', orderDigest }, 'NO_RECEIPT')
    ledger.refuse({ type: 'SettleJob', orderDigest: zeroHash }, 'UNKNOWN_JOB')
  })

  it('keeps its job from being released, and settles it at the hold’s expiry when nobody does before', () => {
    const { ledger, orderDigest } = running()
    ledger.accept({ type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, {}) })
    ledger.refuse({ type: 'ReleaseAssignment', release: node.release(orderDigest) }, 'RECEIPT_PENDING')
    const expiresAtMs = ledger.state.holds.get(orderDigest)?.expiresAtMs ?? 0
    ledger.nowMs = expiresAtMs + 5_000
    ledger.submit()
    const settled = ledger.events.at(-1)
    assert.ok(settled?.type === 'JobSettled')
    assert.deepEqual([settled.atMs, settled.commandId], [expiresAtMs, `expiry:${orderDigest}`])
    assert.ok(settled.data.earnedMicrocredits > 0n)
  })

  it('is priced by the time until it was received, however late its settlement comes', () => {
    const early = running()
    early.ledger.settle(node.receipt(early.orderDigest, {}))
    const late = running()
    late.ledger.accept({ type: 'ReceiveReceipt', receipt: node.receipt(late.orderDigest, {}) })
    late.ledger.nowMs += 60_000
    late.ledger.accept({ type: 'SettleJob', orderDigest: late.orderDigest })
    assert.deepEqual(late.ledger.events.at(-1)?.data, early.ledger.events.at(-1)?.data)
  })

  it('splits the price: earning, burnt fee, treasury, and the rest back to the payer', () => {
    const { ledger, orderDigest } = running()
    ledger.settle(node.receipt(orderDigest, { fuel: 36_000_000_000n }))
    const settled = ledger.events.at(-1)
    assert.ok(settled?.type === 'JobSettled')
    assert.equal(settled.data.capturedMicrocredits, 100_000n)
    assert.equal(settled.data.feeMicrocredits, 5_000n)
    assert.equal(ledger.balance(node.address), 95_000n)
    assert.equal(ledger.balance(ann.address), 4_900_000n)
    assert.equal(ledger.state.balances.get('burn'), 4_000n)
    assert.equal(ledger.state.balances.get('treasury'), 1_000n)
  })

  it('is cut to the hold when its usage costs more', () => {
    const { ledger, orderDigest } = running()
    ledger.settle(node.receipt(orderDigest, { fuel: 10n ** 15n }))
    assert.equal(ledger.balance(node.address), 950_000n)
    assert.equal(ledger.balance(ann.address), 4_000_000n)
  })

  it('pays the registered payout wallet, which the node’s key alone cannot change', () => {
    const ledger = funded()
    ledger.accept({ type: 'RegisterNode', registration: node.registration({ payoutWallet: other.address }) })
    const stolen = node.registration({ payoutWallet: ann.address, nonce: 3n })
    ledger.refuse({ type: 'RegisterNode', registration: stolen }, 'INVALID_SIGNATURE')
    const orderDigest = ledger.assigned(ann.order({ nonce: 1n }), node)
    ledger.nowMs += 2_000
    ledger.settle(node.receipt(orderDigest, {}))
    assert.equal(ledger.balance(other.address), 95_000n)
    assert.equal(ledger.balance(node.address), 0n)
  })

  it('pays the wallet that was registered when the job was assigned, whatever was registered since', () => {
    const { ledger, orderDigest } = running()
    ledger.accept({ type: 'RegisterNode', registration: node.registration({ payoutWallet: other.address, nonce: 2n }) })
    ledger.settle(node.receipt(orderDigest, {}))
    assert.deepEqual([ledger.balance(node.address), ledger.balance(other.address)], [95_000n, 0n])
  })

  it('pays the wallet that is registered at the settlement, in a journal of 0.2.0', () => {
    const { ledger, orderDigest } = running({ nonce: 1n }, testConfig020)
    ledger.accept({ type: 'RegisterNode', registration: node.registration({ payoutWallet: other.address, nonce: 2n }) })
    ledger.settle(node.receipt(orderDigest, {}))
    assert.deepEqual([ledger.balance(node.address), ledger.balance(other.address)], [0n, 95_000n])
  })

  it('pays nothing when the node failed', () => {
    const { ledger, orderDigest } = running()
    ledger.settle(node.receipt(orderDigest, { outcome: 'failedByNode' }))
    assert.equal(ledger.balance(ann.address), 5_000_000n)
    assert.equal(ledger.balance(node.address), 0n)
  })
})
