import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Hex } from '../hex.ts'
import { Actor } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { settledAtOnceMax } from './decide.ts'

const ann = new Actor(1)
const node = new Actor(11)

/** Jobs with receipts that wait for their settlement. */
function waiting(count: number): { readonly ledger: TestLedger; readonly orders: readonly Hex[] } {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 1_000_000_000n)
  const orders = Array.from({ length: count }, (_, index) => {
    const orderDigest = ledger.assigned(ann.order({ nonce: BigInt(index + 1) }), node)
    ledger.nowMs += 1
    ledger.accept({ type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, { sequence: BigInt(index + 1) }) })
    return orderDigest
  })
  return { ledger, orders }
}

describe('the close of an epoch', () => {
  it('is refused while more receipts wait than one write settles', () => {
    const { ledger } = waiting(settledAtOnceMax + 1)
    const before = ledger.state.position
    const { refusal } = ledger.refuse({ type: 'CloseEpoch', epoch: 1 }, 'RECEIPT_PENDING')
    const [first] = ledger.state.unsettled
    assert.deepEqual(refusal, { code: 'RECEIPT_PENDING', orderDigest: first })
    assert.equal(ledger.state.position, before)
    ledger.accept({ type: 'SettleJob', orderDigest: first as Hex })
    ledger.accept({ type: 'CloseEpoch', epoch: 1 })
    assert.equal(ledger.state.unsettled.size, 0)
  })

  it('settles each receipt that waits first, in the order in which they came, each under its own id', () => {
    const { ledger, orders } = waiting(3)
    const { firstPosition, lastPosition } = ledger.accept({ type: 'CloseEpoch', epoch: 1 })
    assert.equal(firstPosition, lastPosition)
    const done = ledger.events.slice(-4)
    assert.deepEqual(
      done.map(({ type, commandId }) => [type, commandId]),
      [...orders.map(id => ['JobSettled', `settle:${id}`]), ['EpochClosed', 'epoch:1']],
    )
    assert.equal(ledger.balance(node.address), 3n * 95_000n)
    const closed = ledger.state.lastEpoch
    assert.deepEqual([closed?.journalPosition, closed?.burnMicrocredits], [lastPosition - 1, 3n * 4_000n])
  })

  it('pays a forced withdrawal out of what a settlement of the same close brings', () => {
    const { ledger } = waiting(1)
    ledger.record('forcedWithdrawal', node.address, 0n, { askedMicrocredits: 95_000n })
    ledger.accept({ type: 'CloseEpoch', epoch: 1 })
    assert.equal(ledger.balance(node.address), 0n)
  })

  it('is answered as before when it is asked again, and so is each settlement', () => {
    const { ledger } = waiting(1)
    const [orderDigest] = ledger.state.unsettled
    const closed = ledger.accept({ type: 'CloseEpoch', epoch: 1 })
    assert.deepEqual(ledger.accept({ type: 'CloseEpoch', epoch: 1 }).repeated, true)
    const settled = ledger.accept({ type: 'SettleJob', orderDigest: orderDigest as Hex })
    assert.deepEqual([settled.repeated, settled.lastPosition], [true, closed.firstPosition - 1])
  })
})
