import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { receiptTypeOf, usageReceiptType, usageReceiptType010 } from '../receipt/usage-receipt.ts'
import { Actor, digestOfOrder, testConfig, testConfig020 } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { type JobOrder010, jobOrderType, jobOrderType010, orderTypeOf } from './job-order.ts'

const payer = new Actor(1)
const node = new Actor(2)

function order010(fields: Partial<JobOrder010> = {}): JobOrder010 {
  const { gpuCountMax: _, storageBytesMax: __, egressBytesMax: ___, ...message } = payer.order({ nonce: 1n }).message
  return { ...message, ...fields }
}

function fundedLedger(config = testConfig020): TestLedger {
  const ledger = new TestLedger(config)
  ledger.deposit(payer.address, 10_000_000n)
  return ledger
}

describe('an order', () => {
  it('is refused with limits that its signature of 0.1.0 does not cover', () => {
    const signed = payer.sign(jobOrderType010, order010())
    const message = { ...signed.message, gpuCountMax: 1, storageBytesMax: 0n, egressBytesMax: 0n }
    fundedLedger().refuse({ type: 'OpenHold', order: { ...signed, message } }, 'INVALID_SIGNATURE')
  })

  it('is refused when limits that were signed were taken away', () => {
    const signed = payer.order({ nonce: 1n, gpuCountMax: 1 })
    fundedLedger().refuse({ type: 'OpenHold', order: { ...signed, message: order010() } }, 'INVALID_SIGNATURE')
  })

  it('with some of the later limits has no form that could be decided', () => {
    const signed = payer.sign(jobOrderType010, order010())
    const message = { ...signed.message, egressBytesMax: 1n }
    assert.throws(() => fundedLedger().submit({ type: 'OpenHold', order: { ...signed, message } }), {
      name: 'TypedDataFieldError',
    })
  })

  it('is told by its limits: all of the later ones missing is 0.1.0, anything else is today’s', () => {
    assert.equal(orderTypeOf(order010()), jobOrderType010)
    for (const later of ['gpuCountMax', 'storageBytesMax', 'egressBytesMax']) {
      assert.equal(orderTypeOf({ ...order010(), [later]: 0 }), jobOrderType)
    }
    for (const nothing of [undefined, null, 'order', 7]) assert.equal(orderTypeOf(nothing), jobOrderType)
  })

  it('of 0.1.0 is refused where the contract judges, which cannot read it', () => {
    const order = payer.sign(jobOrderType010, order010())
    const { refusal } = fundedLedger(testConfig).refuse({ type: 'OpenHold', order }, 'MALFORMED')
    assert.deepEqual(refusal, {
      code: 'MALFORMED',
      field: 'gpuCountMax',
      problem: 'expected, the type of 0.1.0 is not taken',
    })
  })

  it('of 0.1.0 is held, run and settled as it was signed, by a receipt of either version', () => {
    const ledger = fundedLedger()
    for (const [nonce, type] of [
      [1n, usageReceiptType010],
      [2n, usageReceiptType],
    ] as const) {
      const signed = payer.sign(jobOrderType010, order010({ nonce }))
      const digest = ledger.assigned(signed, node)
      assert.equal(digest, digestOfOrder(signed))
      const today = node.receipt(digest, { sequence: nonce, gpuMs: 5n, egressBytes: 5n }).message
      const { gpuMs: _, storageByteSeconds: __, egressBytes: ___, ...old } = today
      const before = ledger.balance(node.address)
      ledger.settle(node.sign(type, type === usageReceiptType010 ? old : today))
      // 36 × 10^9 fuel cost 100 000 µcr, of which 5 % are the fee; nothing that 0.1.0 did not know is paid.
      assert.equal(ledger.balance(node.address) - before, 95_000n)
    }
  })
})

describe('a receipt', () => {
  it('is told by its usage: all of the later ones missing is 0.1.0, anything else is today’s', () => {
    const { message } = node.receipt(`0x${'00'.repeat(32)}`, {})
    const { gpuMs: _, storageByteSeconds: __, egressBytes: ___, ...old } = message
    assert.equal(receiptTypeOf(message), usageReceiptType)
    assert.equal(receiptTypeOf(old), usageReceiptType010)
    for (const later of ['gpuMs', 'storageByteSeconds', 'egressBytes']) {
      assert.equal(receiptTypeOf({ ...old, [later]: 0n }), usageReceiptType)
    }
  })

  it('of 0.1.0 is refused where the contract judges, which cannot read it', () => {
    const ledger = fundedLedger(testConfig)
    const digest = ledger.assigned(payer.order({ nonce: 1n }), node)
    const { gpuMs: _, storageByteSeconds: __, egressBytes: ___, ...old } = node.receipt(digest, {}).message
    ledger.refuse({ type: 'ReceiveReceipt', receipt: node.sign(usageReceiptType010, old) }, 'MALFORMED')
  })

  it('is refused when its usage is not what the node signed', () => {
    const ledger = fundedLedger()
    const digest = ledger.assigned(payer.order({ nonce: 1n, gpuCountMax: 1 }), node)
    const signed = node.receipt(digest, { gpuMs: 1n })
    const message = { ...signed.message, gpuMs: 1_000n }
    ledger.refuse({ type: 'ReceiveReceipt', receipt: { ...signed, message } }, 'INVALID_SIGNATURE')
  })
})
