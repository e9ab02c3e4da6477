import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from '../hex.ts'
import { Actor, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { leavesRoot } from './leaves.ts'
import { leavesOf } from './state-leaves.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const node = new Actor(3)
const place = { transactionHash: zeroHash, blockNumber: 9n, logIndex: 0 }

function close(epoch: number) {
  return { type: 'CloseEpoch', epoch } as const
}

function final(epoch: number, burnMicrocredits: bigint) {
  return { type: 'RecordEpochFinal', epoch, burnMicrocredits, place } as const
}

function claim(wallet: Actor, paidMicrocredits: bigint, cumulativeMicrocredits: bigint) {
  return { type: 'RecordClaim', wallet: wallet.address, paidMicrocredits, cumulativeMicrocredits, place } as const
}

function withdraw(ledger: TestLedger, wallet: Actor, amountMicrocredits: bigint, nonce: bigint): void {
  ledger.accept({ type: 'WithdrawCredits', withdrawal: wallet.withdrawal({ amountMicrocredits, nonce }) })
}

/** Both wallets have withdrawn, a job has left a fee of 4 000 µcr to burn. */
function ledgerWithPayouts(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 3_000_000n)
  ledger.deposit(bob.address, 500n)
  const orderDigest = ledger.assigned(ann.order({ nonce: 1n }), node)
  ledger.nowMs = testStartMs + 1_000
  ledger.settle(node.receipt(orderDigest, {}))
  withdraw(ledger, ann, 100n, 2n)
  withdraw(ledger, bob, 500n, 1n)
  return ledger
}

function register(ledger: TestLedger): void {
  ledger.accept({ type: 'RecordPayee', wallet: bob.address, id: 1 })
  ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 2 })
}

/** A wallet that nobody knows withdraws 1 µcr. */
function dust(ledger: TestLedger, stranger: Actor): void {
  ledger.deposit(stranger.address, 1n)
  withdraw(ledger, stranger, 1n, 1n)
}

function leafOf(ledger: TestLedger, wallet: Actor) {
  return leavesOf(ledger.state).find(leaf => leaf.account === wallet.address)
}

/** What waits for a payee id. */
function waitingOf(ledger: TestLedger, wallet: Actor) {
  return leavesOf(ledger.state).find(leaf => leaf.account === `payable:${wallet.address}`)?.availableMicrocredits
}

function lastBooks(ledger: TestLedger) {
  const closed = ledger.events.at(-1)
  assert.ok(closed?.type === 'EpochClosed')
  return closed.data
}

describe('a payee', () => {
  it('keeps the id that it got first', () => {
    const ledger = ledgerWithPayouts()
    register(ledger)
    ledger.refuse({ type: 'RecordPayee', wallet: bob.address, id: 3 }, 'COMMAND_CONFLICT')
    ledger.nowMs = testStartMs + 32 * 86_400_000
    ledger.deposit(ann.address, 1n)
    ledger.refuse({ type: 'RecordPayee', wallet: bob.address, id: 3 }, 'PAYEE_ID_CONFLICT')
  })

  it('does not get the id of another one, which would be paid in its place', () => {
    const ledger = ledgerWithPayouts()
    register(ledger)
    const { refusal } = ledger.refuse({ type: 'RecordPayee', wallet: node.address, id: 2 }, 'COMMAND_CONFLICT')
    assert.deepEqual(refusal, { code: 'COMMAND_CONFLICT', commandId: `payee:${node.address}`, field: 'id' })
  })
})

describe('closing an epoch', () => {
  it('is refused out of order', () => {
    const ledger = new TestLedger()
    for (const epoch of [0, -1, 2, 1.5]) ledger.refuse(close(epoch), 'EPOCH_OUT_OF_ORDER')
  })

  it('is refused while the epoch before it is not final', () => {
    const ledger = new TestLedger()
    ledger.accept(close(1))
    ledger.refuse(close(2), 'EPOCH_PENDING')
    ledger.accept(final(1, 0n))
    ledger.accept(close(2))
  })

  it('is not held up by dust that wallets without a payee id withdraw: they wait in their own leaves', () => {
    const ledger = ledgerWithPayouts()
    ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 1 })
    for (let stranger = 100; stranger < 110; stranger++) dust(ledger, new Actor(stranger))
    ledger.accept(close(1))
    const books = lastBooks(ledger)
    assert.deepEqual(
      books.rows.map(row => row.wallet),
      [ann.address],
    )
    assert.deepEqual([waitingOf(ledger, bob), waitingOf(ledger, new Actor(100))], [500n, 1n])
    assert.equal(books.leavesTotalMicrocredits + 100n + 4_000n, 3_000_500n + 10n)
  })

  it('pays a wallet that had no id in the first epoch after it got one, once, and out of its leaf', () => {
    const ledger = ledgerWithPayouts()
    ledger.accept(close(1))
    assert.deepEqual(lastBooks(ledger).rows, [])
    ledger.refuse(claim(bob, 500n, 500n), 'CLAIM_NOT_OWED')
    ledger.accept(final(1, 4_000n))
    ledger.accept({ type: 'RecordPayee', wallet: bob.address, id: 1 })
    ledger.accept(close(2))
    assert.deepEqual(lastBooks(ledger).rows, [
      { id: 1, wallet: bob.address, incrementMicrocredits: 500n, cumulativeMicrocredits: 500n, previousEpoch: 0 },
    ])
    assert.deepEqual([waitingOf(ledger, bob), waitingOf(ledger, ann)], [undefined, 100n])
    ledger.accept(final(2, 0n))
    ledger.accept(close(3))
    assert.deepEqual(lastBooks(ledger).rows, [])
    ledger.accept(claim(bob, 500n, 500n))
  })

  it('counts payouts without an id apart from open holds, also of a wallet that has nothing else', () => {
    const ledger = ledgerWithPayouts()
    ledger.accept({ type: 'OpenHold', order: ann.order({ nonce: 9n, maxPriceMicrocredits: 30n }) })
    assert.deepEqual([leafOf(ledger, ann)?.heldMicrocredits, waitingOf(ledger, ann)], [30n, 100n])
    const saver = new Actor(77)
    ledger.deposit(saver.address, 20n)
    ledger.accept({ type: 'InstructPayouts', instruction: saver.instruction({ minimumMicrocredits: 1n }) })
    ledger.accept({ type: 'PayByInstruction', wallet: saver.address })
    assert.deepEqual([leafOf(ledger, saver), waitingOf(ledger, saver)], [undefined, 20n])
    ledger.accept(close(1))
    assert.equal(lastBooks(ledger).leavesTotalMicrocredits + 4_000n, 3_000_520n)
  })

  it('gives no leaf to strangers who were only registered as payees', () => {
    const ledger = new TestLedger()
    ledger.accept({ type: 'RecordPayee', wallet: bob.address, id: 1 })
    assert.equal(leafOf(ledger, bob), undefined)
  })

  it('happens once: a repetition gets the same books though more has happened', () => {
    const ledger = ledgerWithPayouts()
    register(ledger)
    const first = ledger.accept(close(1))
    ledger.deposit(bob.address, 1n)
    assert.deepEqual(ledger.accept(close(1)), { ...first, repeated: true })
  })

  it('writes books that close: deposits = leaves + payouts + burn', () => {
    const ledger = ledgerWithPayouts()
    register(ledger)
    const before = ledger.state.hash
    ledger.accept(close(1))
    const books = lastBooks(ledger)
    assert.deepEqual(books.rows, [
      { id: 1, wallet: bob.address, incrementMicrocredits: 500n, cumulativeMicrocredits: 500n, previousEpoch: 0 },
      { id: 2, wallet: ann.address, incrementMicrocredits: 100n, cumulativeMicrocredits: 100n, previousEpoch: 0 },
    ])
    assert.deepEqual([books.inboxCut, books.burnMicrocredits, books.parent], [2, 4_000n, 0])
    assert.deepEqual([books.journalHash, books.journalPosition], [before, ledger.state.position - 1])
    assert.equal(books.leavesTotalMicrocredits + 600n + 4_000n, 3_000_500n)
  })

  it('counts a wallet with its holds in one leaf, whatever the order in which it came to them', () => {
    const orders = [1n, 2n].map(nonce => ann.order({ nonce, lane: Number(nonce), maxPriceMicrocredits: 10n * nonce }))
    const roots = [orders, orders.toReversed()].map(sequence => {
      const ledger = new TestLedger()
      ledger.deposit(ann.address, 100n)
      for (const order of sequence) ledger.accept({ type: 'OpenHold', order })
      const leaf = leavesOf(ledger.state).find(each => each.account === ann.address)
      assert.deepEqual([leaf?.availableMicrocredits, leaf?.heldMicrocredits], [70n, 30n])
      assert.deepEqual(leaf?.nonces, [
        { lane: 1, nonce: 1n },
        { lane: 2, nonce: 2n },
      ])
      return leavesRoot(ethersCrypto, leavesOf(ledger.state))
    })
    assert.deepEqual(roots[0], roots[1])
  })

  it('pays in the next epoch only what came since, and says which epoch has the row before', () => {
    const ledger = ledgerWithPayouts()
    register(ledger)
    ledger.accept(close(1))
    withdraw(ledger, ann, 50n, 3n)
    ledger.accept(final(1, 4_000n))
    ledger.accept(close(2))
    const books = lastBooks(ledger)
    assert.deepEqual(books.rows, [
      { id: 2, wallet: ann.address, incrementMicrocredits: 50n, cumulativeMicrocredits: 150n, previousEpoch: 1 },
    ])
    assert.deepEqual([books.burnMicrocredits, books.parent], [0n, 1])
    assert.equal(books.leavesTotalMicrocredits + 650n + 4_000n, 3_000_500n)
  })
})

describe('an epoch that is final', () => {
  it('is refused before it was closed, out of order, and with another burn than its books', () => {
    const ledger = ledgerWithPayouts()
    ledger.refuse(final(1, 0n), 'EPOCH_OUT_OF_ORDER')
    register(ledger)
    ledger.accept(close(1))
    ledger.refuse(final(2, 4_000n), 'EPOCH_OUT_OF_ORDER')
    for (const burn of [3_999n, 4_001n, 0n, -4_000n]) ledger.refuse(final(1, burn), 'COMMAND_CONFLICT')
  })

  it('burns what its books say, once', () => {
    const ledger = ledgerWithPayouts()
    register(ledger)
    ledger.accept(close(1))
    ledger.accept(final(1, 4_000n))
    assert.equal(ledger.accept(final(1, 4_000n)).repeated, true)
    assert.equal(ledger.state.balances.get('burn'), undefined)
    assert.equal(ledger.state.balances.get('reserve'), 2_996_500n)
  })
})

describe('a claim', () => {
  it('is refused before an epoch holds it', () => {
    const ledger = ledgerWithPayouts()
    register(ledger)
    const { refusal } = ledger.refuse(claim(bob, 500n, 500n), 'CLAIM_NOT_OWED')
    assert.deepEqual(refusal, { code: 'CLAIM_NOT_OWED', wallet: bob.address, owedMicrocredits: 0n })
  })

  it('is refused for more than is owed, for nothing, and when it does not continue the running total', () => {
    const ledger = ledgerWithPayouts()
    register(ledger)
    ledger.accept(close(1))
    for (const [paid, cumulative] of [
      [501n, 501n],
      [0n, 0n],
      [-1n, -1n],
      [500n, 499n],
      [400n, 500n],
    ] as const) {
      ledger.refuse(claim(bob, paid, cumulative), 'CLAIM_NOT_OWED')
    }
    ledger.refuse(claim(node, 1n, 1n), 'CLAIM_NOT_OWED')
  })

  it('takes the credits out of the books, once', () => {
    const ledger = ledgerWithPayouts()
    register(ledger)
    ledger.accept(close(1))
    ledger.accept(claim(bob, 500n, 500n))
    assert.equal(ledger.accept(claim(bob, 500n, 500n)).repeated, true)
    ledger.refuse(claim(bob, 500n, 1_000n), 'CLAIM_NOT_OWED')
    assert.equal(ledger.state.balances.get(`payable:${bob.address}`), undefined)
    assert.equal(ledger.state.balances.get('reserve'), 3_000_000n)
  })

  it('by the newest row collects all earlier ones', () => {
    const ledger = ledgerWithPayouts()
    register(ledger)
    ledger.accept(close(1))
    withdraw(ledger, ann, 50n, 3n)
    ledger.accept(final(1, 4_000n))
    ledger.accept(close(2))
    ledger.accept(claim(ann, 150n, 150n))
    assert.equal(ledger.state.balances.get(`payable:${ann.address}`), undefined)
  })
})
