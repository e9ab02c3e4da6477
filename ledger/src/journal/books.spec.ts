import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { weiPerMicrocredit } from '../credits.ts'
import { zeroHash } from '../hex.ts'
import type { Books } from '../ports/ledger.ts'
import { Actor, testConfig } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { actorAt, TestShards } from '../testing/test-shards.ts'
import type { AccountName } from './account-name.ts'
import { booksOf, isBalanced, isCovered } from './books.ts'
import { initialState } from './state.ts'

const ann = new Actor(1)
const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }

const nothing: Books = {
  reserve: 0n,
  wallets: 0n,
  holds: 0n,
  payables: 0n,
  burn: 0n,
  treasury: 0n,
  rewards: 0n,
  clearing: 0n,
  unposted: 0n,
}

const liabilities = ['wallets', 'holds', 'payables', 'burn', 'treasury', 'rewards', 'clearing'] as const

describe('the books', () => {
  it('of a ledger without accounts are nothing', () => {
    assert.deepEqual(booksOf(initialState()), nothing)
  })

  it('have every kind of account in a line of its own', () => {
    const state = initialState()
    state.config = { ...testConfig, shardCount: 3 }
    const balances: readonly (readonly [AccountName, bigint])[] = [
      ['reserve', 1_000_000n],
      [`wallet:${ann.address}`, 1n],
      [`wallet:${new Actor(2).address}`, 2n],
      [`hold:${zeroHash}`, 10n],
      [`hold:0x${'ab'.repeat(32)}`, 20n],
      [`payable:${ann.address}`, 100n],
      ['burn', 1_000n],
      ['treasury', 10_000n],
      ['rewards', 100_000n],
      ['clearing:1', -5n],
      ['clearing:2', 7n],
    ]
    for (const [account, balance] of balances) state.balances.set(account, balance)
    assert.deepEqual(booksOf(state), {
      reserve: 1_000_000n,
      wallets: 3n,
      holds: 30n,
      payables: 100n,
      burn: 1_000n,
      treasury: 10_000n,
      rewards: 100_000n,
      clearing: 2n,
      unposted: 0n,
    })
  })

  it('name what no epoch has paid out yet, also of a wallet of which epochs have paid a part', () => {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 1_000n)
    const withdraw = (nonce: bigint, amountMicrocredits: bigint) =>
      ledger.accept({ type: 'WithdrawCredits', withdrawal: ann.withdrawal({ nonce, amountMicrocredits }) })
    withdraw(1n, 300n)
    assert.deepEqual([booksOf(ledger.state).unposted, booksOf(ledger.state).payables], [300n, 300n])
    ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 1 })
    ledger.accept({ type: 'CloseEpoch', epoch: 1 })
    ledger.accept({ type: 'RecordEpochFinal', epoch: 1, burnMicrocredits: 0n, place })
    assert.deepEqual([booksOf(ledger.state).unposted, booksOf(ledger.state).payables], [0n, 300n])
    withdraw(2n, 50n)
    assert.deepEqual([booksOf(ledger.state).unposted, booksOf(ledger.state).payables], [50n, 350n])
  })

  it('name what is not paid out in the reserve’s shard alone', () => {
    const shards = new TestShards(3)
    const wallet = actorAt(1, 3)
    shards.at(0).deposit(wallet.address, 1_000n)
    shards.clear()
    shards.home(wallet).accept({
      type: 'WithdrawCredits',
      withdrawal: wallet.withdrawal({ amountMicrocredits: 400n, nonce: 1n }),
    })
    shards.clear()
    assert.deepEqual(
      shards.shards.map(({ state }) => booksOf(state).unposted),
      [400n, 0n, 0n],
    )
    const { state } = shards.at(1)
    const scheduledMicrocredits = 9n
    state.payouts.set(wallet.address, {
      payeeId: undefined,
      scheduledMicrocredits,
      postedMicrocredits: 0n,
      claimedMicrocredits: 0n,
      lastEpoch: 0,
    })
    assert.equal(booksOf(state).unposted, 0n)
    state.config = undefined
    assert.equal(booksOf(state).unposted, scheduledMicrocredits)
  })
})

describe('the reserve', () => {
  it('is balanced when it is the sum of everything owed', () => {
    assert.ok(isBalanced(nothing))
    for (const name of liabilities) {
      for (const amount of [5n, -5n]) {
        assert.ok(isBalanced({ ...nothing, [name]: amount, reserve: amount }), name)
        assert.ok(!isBalanced({ ...nothing, [name]: amount }), name)
        assert.ok(!isBalanced({ ...nothing, [name]: amount, reserve: amount + 1n }), name)
        assert.ok(!isBalanced({ ...nothing, [name]: amount, reserve: -amount }), name)
      }
    }
    const all = Object.fromEntries(liabilities.map((name, index) => [name, 10n ** BigInt(index)]))
    assert.ok(isBalanced({ ...nothing, ...all, reserve: 1_111_111n }))
  })

  it('does not count what is not paid out yet, which is among the payables', () => {
    assert.ok(isBalanced({ ...nothing, unposted: 9n }))
  })
})

describe('the DPC that the contract holds', () => {
  it('covers the wallets, the holds and what is between shards, to the last wei', () => {
    const books = { ...nothing, wallets: 500n, holds: 30n, clearing: 4n }
    const needed = 534n * weiPerMicrocredit
    assert.deepEqual(
      [needed - 1n, needed, needed + 1n].map(wei => isCovered(books, wei)),
      [false, true, true],
    )
    assert.ok(isCovered({ ...books, clearing: -4n }, 526n * weiPerMicrocredit))
    assert.ok(!isCovered({ ...books, clearing: -4n }, 526n * weiPerMicrocredit - 1n))
  })

  it('need not cover what waits to be paid out or burnt, nor the budgets', () => {
    const others = { reserve: 9n, payables: 9n, burn: 9n, treasury: 9n, rewards: 9n, unposted: 9n }
    assert.ok(isCovered({ ...nothing, ...others }, 0n))
  })
})
