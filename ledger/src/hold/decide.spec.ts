import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Actor, digestOfOrder, testStartMs } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { holdSecondsMax, jobOrderType } from './job-order.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const node = new Actor(3)

function ledgerWithCredits(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 3_000_000n)
  return ledger
}

describe('an order', () => {
  it('is refused under the signature of somebody else', () => {
    const order = bob.sign(jobOrderType, ann.order({ nonce: 1n }).message)
    ledgerWithCredits().refuse({ type: 'OpenHold', order }, 'INVALID_SIGNATURE')
  })

  it('is refused after its deadline', () => {
    const order = ann.order({ nonce: 1n, deadline: BigInt(testStartMs / 1000 - 1) })
    ledgerWithCredits().refuse({ type: 'OpenHold', order }, 'DEADLINE_PASSED')
  })

  it('is refused when its hold would stand for longer than 30 days', () => {
    const order = ann.order({ nonce: 1n, deadline: BigInt(testStartMs / 1000 + holdSecondsMax - 899) })
    ledgerWithCredits().refuse({ type: 'OpenHold', order }, 'DEADLINE_TOO_FAR')
  })

  it('is refused for an engine, a priority or a time limit that does not exist', () => {
    for (const fields of [{ engine: 'native' as 'wasm' }, { priority: 3 }, { priority: 0 }, { wallMsMax: 0n }]) {
      ledgerWithCredits().refuse({ type: 'OpenHold', order: ann.order({ nonce: 1n, ...fields }) }, 'MALFORMED')
    }
  })

  it('is refused when the wallet has too little, naming both amounts', () => {
    const order = ann.order({ nonce: 1n, maxPriceMicrocredits: 3_000_001n })
    const answer = ledgerWithCredits().refuse({ type: 'OpenHold', order }, 'INSUFFICIENT_CREDITS')
    assert.deepEqual(answer.refusal, {
      code: 'INSUFFICIENT_CREDITS',
      requiredMicrocredits: 3_000_001n,
      availableMicrocredits: 3_000_000n,
    })
  })

  it('sets its highest price aside, once', () => {
    const ledger = ledgerWithCredits()
    const order = ann.order({ nonce: 1n })
    ledger.accept({ type: 'OpenHold', order })
    assert.equal(ledger.accept({ type: 'OpenHold', order }).repeated, true)
    assert.equal(ledger.balance(ann.address), 2_000_000n)
    assert.equal(ledger.state.balances.get(`hold:${digestOfOrder(order)}`), 1_000_000n)
  })
})

describe('an assignment', () => {
  it('is refused for a job that is not there, a node that is not there, and twice', () => {
    const ledger = ledgerWithCredits()
    const order = ann.order({ nonce: 1n })
    const orderDigest = digestOfOrder(order)
    const assign = { type: 'AssignHold', orderDigest, node: node.address, attempt: 1 } as const
    ledger.refuse(assign, 'UNKNOWN_JOB')
    ledger.accept({ type: 'OpenHold', order })
    ledger.refuse(assign, 'UNKNOWN_NODE')
    ledger.accept({ type: 'RegisterNode', registration: node.registration() })
    ledger.refuse({ ...assign, attempt: 2 }, 'COMMAND_CONFLICT')
    ledger.accept(assign)
    assert.equal(ledger.accept(assign).repeated, true)
    ledger.refuse({ ...assign, attempt: 2 }, 'HOLD_ASSIGNED')
  })

  it('is a conflict when the same attempt names another node', () => {
    const ledger = ledgerWithCredits()
    const orderDigest = ledger.assigned(ann.order({ nonce: 1n }), node)
    const answer = ledger.refuse({ type: 'AssignHold', orderDigest, node: bob.address, attempt: 1 }, 'COMMAND_CONFLICT')
    assert.deepEqual(answer.refusal, {
      code: 'COMMAND_CONFLICT',
      commandId: `assign:${orderDigest}:1`,
      field: 'node',
    })
  })

  it('is given back only by the node that has it', () => {
    const ledger = ledgerWithCredits()
    const orderDigest = ledger.assigned(ann.order({ nonce: 1n }), node)
    ledger.refuse({ type: 'ReleaseAssignment', release: bob.release(orderDigest) }, 'NOT_ASSIGNED')
    ledger.refuse({ type: 'ReleaseAssignment', release: node.release(orderDigest, 2) }, 'NOT_ASSIGNED')
    ledger.accept({ type: 'ReleaseAssignment', release: node.release(orderDigest) })
    ledger.accept({ type: 'AssignHold', orderDigest, node: node.address, attempt: 2 })
  })
})

describe('an end of a hold', () => {
  it('is refused to the payer while a node has the job', () => {
    const ledger = ledgerWithCredits()
    const orderDigest = ledger.assigned(ann.order({ nonce: 1n }), node)
    ledger.refuse({ type: 'CancelOrder', cancellation: ann.cancellation(orderDigest) }, 'HOLD_ASSIGNED')
    ledger.refuse({ type: 'ReleaseHold', orderDigest }, 'HOLD_ASSIGNED')
  })

  it('is refused to anybody but the payer', () => {
    const ledger = ledgerWithCredits()
    const order = ann.order({ nonce: 1n })
    const orderDigest = digestOfOrder(order)
    ledger.accept({ type: 'OpenHold', order })
    ledger.refuse({ type: 'CancelOrder', cancellation: bob.cancellation(orderDigest) }, 'INVALID_SIGNATURE')
    const forged = { ...bob.cancellation(orderDigest), message: ann.cancellation(orderDigest).message }
    ledger.refuse({ type: 'CancelOrder', cancellation: forged }, 'INVALID_SIGNATURE')
  })

  it('gives everything back and happens once', () => {
    const ledger = ledgerWithCredits()
    const order = ann.order({ nonce: 1n })
    const orderDigest = digestOfOrder(order)
    ledger.accept({ type: 'OpenHold', order })
    ledger.accept({ type: 'CancelOrder', cancellation: ann.cancellation(orderDigest) })
    assert.equal(ledger.balance(ann.address), 3_000_000n)
    ledger.refuse({ type: 'ReleaseHold', orderDigest }, 'JOB_ENDED')
  })

  it('comes by itself at the exact time, in the order of time and id, before any command of that batch', () => {
    const ledger = ledgerWithCredits()
    const orders = [1n, 2n].map(nonce => ann.order({ nonce, graceSeconds: nonce === 1n ? 100 : 50 }))
    for (const order of orders) ledger.accept({ type: 'OpenHold', order })
    const count = ledger.events.length
    ledger.nowMs = testStartMs + 10_000_000
    const deadline = BigInt(ledger.nowMs / 1000 + 60)
    ledger.accept({
      type: 'TransferCredits',
      transfer: ann.transfer({ to: bob.address, amountMicrocredits: 3_000_000n, nonce: 3n, deadline }),
    })
    const ended = ledger.events.slice(count).map(event => [event.type, event.atMs - testStartMs])
    assert.deepEqual(ended, [
      ['HoldExpired', 650_000],
      ['HoldExpired', 700_000],
      ['CreditsTransferred', 10_000_000],
    ])
  })

  it('comes even while a node has the job, and its receipt is then too late', () => {
    const ledger = ledgerWithCredits()
    const orderDigest = ledger.assigned(ann.order({ nonce: 1n, graceSeconds: 0 }), node)
    ledger.nowMs = testStartMs + 600_000
    ledger.refuse({ type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, {}) }, 'JOB_ENDED')
    assert.equal(ledger.balance(ann.address), 3_000_000n)
  })

  it('does not come a millisecond early', () => {
    const ledger = ledgerWithCredits()
    const orderDigest = ledger.assigned(ann.order({ nonce: 1n, graceSeconds: 0 }), node)
    ledger.nowMs = testStartMs + 599_999
    ledger.settle(node.receipt(orderDigest, {}))
  })
})
