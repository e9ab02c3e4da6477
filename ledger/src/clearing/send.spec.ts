import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, zeroHash } from '../hex.ts'
import { booksOf, isBalanced } from '../journal/books.ts'
import type { LedgerCommand } from '../journal/command.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { Actor, testConfig } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { actorAt, TestShards } from '../testing/test-shards.ts'

const shardCount = 3
/** At home in shard 0, 1 and 2, and a second one in shard 1. */
const [zoe, ann, far] = [0, 1, 2].map(shard => actorAt(shard, shardCount)) as [Actor, Actor, Actor]
const bob = actorAt(1, shardCount, 1)
const place = { transactionHash: `0x${'11'.repeat(32)}` as Hex, blockNumber: 9n, logIndex: 0 }

/** Ann has 1 000 000 µcr in shard 1. */
function shardsWithCredits(): TestShards {
  const shards = new TestShards(shardCount)
  shards.at(0).deposit(ann.address, 1_000_000n)
  shards.clear()
  return shards
}

function pay(from: Actor, to: Actor, amountMicrocredits: bigint, nonce: bigint): LedgerCommand {
  return { type: 'TransferCredits', transfer: from.transfer({ to: to.address, amountMicrocredits, nonce }) }
}

function last({ events }: TestLedger): LedgerEvent {
  const event = events.at(-1)
  assert.ok(event)
  return event
}

describe('credits for an account of another shard', () => {
  it('leave by the clearing account, and the event names who is to get them', () => {
    const shards = shardsWithCredits()
    shards.at(1).accept(pay(ann, far, 300n, 1n))
    const { entries, clearing } = last(shards.at(1))
    assert.deepEqual(entries, [
      { account: `wallet:${ann.address}`, amountMicrocredits: -300n },
      { account: 'clearing:2', amountMicrocredits: 300n },
    ])
    const credits = [{ account: `wallet:${far.address}`, amountMicrocredits: 300n }]
    assert.deepEqual(clearing, [{ toShard: 2, sequence: 1, credits }])
    assert.deepEqual([shards.at(1).balance(far.address), shards.cut().inFlightMicrocredits], [0n, 300n])
  })

  it('cannot be spent before they are taken, and can be afterwards', () => {
    const shards = shardsWithCredits()
    shards.at(1).accept(pay(ann, far, 300n, 1n))
    shards.at(2).refuse(pay(far, ann, 1n, 1n), 'INSUFFICIENT_CREDITS')
    shards.clear()
    shards.at(2).accept(pay(far, ann, 300n, 2n))
    shards.clear()
    assert.deepEqual([shards.home(ann).balance(ann.address), shards.cut().inFlightMicrocredits], [1_000_000n, 0n])
  })

  it('count from 1 for each shard to which they go, without gaps', () => {
    const shards = shardsWithCredits()
    for (const [index, to] of [far, zoe, far].entries()) shards.at(1).accept(pay(ann, to, 1n, BigInt(index + 1)))
    const sequences = (toShard: number) => shards.sendings(1, toShard).map(({ sequence }) => sequence)
    assert.deepEqual([sequences(2), sequences(0)], [[1, 2], [1]])
  })

  it('count on within a link, of which nothing leaves when it fails', () => {
    const shards = shardsWithCredits()
    const ledger = shards.at(1)
    ledger.refuse({ type: 'Link', commands: [pay(ann, far, 5n, 1n), pay(bob, far, 1n, 1n)] }, 'LINK_FAILED')
    assert.deepEqual(shards.sendings(1, 2), [])
    ledger.accept({ type: 'Link', commands: [pay(ann, far, 5n, 1n), pay(ann, far, 6n, 2n), pay(ann, bob, 7n, 3n)] })
    assert.deepEqual(
      shards.sendings(1, 2).map(({ sequence }) => sequence),
      [1, 2],
    )
    shards.clear()
    assert.deepEqual([shards.at(2).balance(far.address), ledger.balance(bob.address)], [11n, 7n])
  })

  it('stay within the shard that keeps both wallets', () => {
    const shards = shardsWithCredits()
    shards.at(1).accept(pay(ann, bob, 300n, 1n))
    assert.equal('clearing' in last(shards.at(1)), false)
    assert.equal(shards.at(1).balance(bob.address), 300n)
  })

  it('do not exist in a ledger of one shard: its events have no such member', () => {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 10n)
    ledger.accept(pay(ann, far, 3n, 1n))
    ledger.accept({ type: 'WithdrawCredits', withdrawal: ann.withdrawal({ amountMicrocredits: 2n, nonce: 2n }) })
    for (const { payload } of ledger.stored) assert.doesNotMatch(payload, /clearing/)
  })
})

describe('the shard that keeps the reserve', () => {
  it('counts a deposit of a wallet elsewhere, and sends the credits home', () => {
    const shards = new TestShards(shardCount)
    shards.at(0).deposit(ann.address, 70n)
    assert.deepEqual(last(shards.at(0)).entries, [
      { account: 'reserve', amountMicrocredits: 70n },
      { account: 'clearing:1', amountMicrocredits: 70n },
    ])
    shards.clear()
    assert.equal(shards.at(1).balance(ann.address), 70n)
    assert.deepEqual(shards.cut(), {
      positions: [2, 2, 1],
      reserveMicrocredits: 70n,
      owedMicrocredits: 70n,
      inFlightMicrocredits: 0n,
    })
  })

  it('gets burn and treasury of a job that another shard settles, and the node’s home its earning', () => {
    const shards = shardsWithCredits()
    const ledger = shards.at(1)
    const node = actorAt(2, shardCount, 1)
    const orderDigest = ledger.assigned(
      ann.order({ nonce: 1n, maxPriceMicrocredits: 1_000n, bidMicrocredits: 1_000n }),
      node,
    )
    ledger.settle(node.receipt(orderDigest, {}))
    assert.deepEqual(
      last(ledger).clearing?.map(({ toShard, credits }) => [toShard, credits.map(credit => credit.account)]),
      [
        [0, ['burn', 'treasury']],
        [2, [`wallet:${node.address}`]],
      ],
    )
    shards.clear()
    const { burn, treasury } = booksOf(shards.at(0).state)
    assert.deepEqual([burn, treasury, shards.at(2).balance(node.address)], [40n, 10n, 950n])
  })

  it('pays out what a wallet elsewhere withdraws, from its books to its claim', () => {
    const shards = shardsWithCredits()
    const ledger = shards.at(0)
    const withdrawal = ann.withdrawal({ amountMicrocredits: 400n, nonce: 1n })
    shards.at(1).accept({ type: 'WithdrawCredits', withdrawal })
    assert.deepEqual(booksOf(shards.at(1).state).unposted, 0n)
    shards.clear()
    assert.deepEqual(booksOf(ledger.state).unposted, 400n)
    ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 3 })
    ledger.accept({ type: 'CloseEpoch', epoch: 1 })
    const closed = last(ledger)
    assert.ok(closed.type === 'EpochClosed')
    assert.deepEqual(closed.data.rows, [
      { id: 3, wallet: ann.address, incrementMicrocredits: 400n, cumulativeMicrocredits: 400n, previousEpoch: 0 },
    ])
    ledger.accept({ type: 'RecordEpochFinal', epoch: 1, burnMicrocredits: 0n, place })
    const claim = { wallet: ann.address, paidMicrocredits: 400n, cumulativeMicrocredits: 400n, place }
    ledger.accept({ type: 'RecordClaim', ...claim })
    assert.equal(shards.cut().reserveMicrocredits, 999_600n)
  })

  it('pays out by a standing instruction, twice under two ids', () => {
    const shards = shardsWithCredits()
    shards.at(1).accept({ type: 'InstructPayouts', instruction: ann.instruction() })
    const paid = shards.at(1).accept({ type: 'PayByInstruction', wallet: ann.address })
    shards.at(0).deposit(ann.address, 5n)
    shards.clear()
    const again = shards.at(1).accept({ type: 'PayByInstruction', wallet: ann.address })
    assert.notEqual(again.commandId, paid.commandId)
    shards.clear()
    assert.equal(booksOf(shards.at(0).state).payables, 1_000_005n)
  })

  it('closes its books over all that is elsewhere in one leaf, on its way or there', () => {
    const shards = shardsWithCredits()
    shards.at(0).deposit(zoe.address, 50n)
    shards.at(0).deposit(far.address, 7n)
    shards.at(1).accept(pay(ann, far, 300n, 1n))
    shards.clear()
    shards.at(2).accept(pay(far, zoe, 306n, 1n))
    shards.clear()
    assert.ok((shards.at(0).state.balances.get('clearing:2') ?? 0n) < 0n, 'shard 2 sent more than it got from here')
    shards.at(0).accept({ type: 'CloseEpoch', epoch: 1 })
    const closed = last(shards.at(0))
    assert.ok(closed.type === 'EpochClosed')
    assert.equal(closed.data.leavesTotalMicrocredits, 1_000_057n)
  })

  it('is balanced in each shard alone', () => {
    const shards = shardsWithCredits()
    shards.at(1).accept(pay(ann, far, 300n, 1n))
    for (const { state } of shards.shards) assert.ok(isBalanced(booksOf(state)))
  })
})

describe('a job that is settled without a fee', () => {
  it('sends its node’s earning to another shard without a fee that would count for bonuses', () => {
    const [payout, payer] = [actorAt(0, shardCount), actorAt(1, shardCount)]
    for (const [feeBasisPoints, isCounted] of [
      [0, false],
      [1, true],
    ] as const) {
      const ledger = new TestLedger({ ...testConfig, shard: 1, shardCount, feeBasisPoints })
      const credits = [{ account: `wallet:${payer.address}`, amountMicrocredits: 5_000_000n }] as const
      const from = { fromShard: 0, toShard: 1, fromPosition: 2, fromHash: zeroHash, sequence: 1 }
      ledger.accept({ type: 'ReceiveClearing', ...from, credits })
      const node = new Actor(9)
      const registration = node.registration({ payoutWallet: payout.address })
      ledger.accept({ type: 'RegisterNode', registration })
      const digest = ledger.assigned(payer.order({ nonce: 1n, bidMicrocredits: 1_000n }), node)
      ledger.settle(node.receipt(digest, {}))
      const [sent] = ledger.events.at(-1)?.clearing ?? []
      assert.deepEqual([sent?.toShard, sent?.sequence, sent?.caused !== undefined], [0, 1, isCounted])
    }
  })
})
