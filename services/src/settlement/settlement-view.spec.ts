import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JournalSettlementView } from './settlement-view.ts'
import { alice, type Life, publicOf, SettlementFixture, withdraw } from './testing/settlement-fixture.ts'

const credit = 1_000_000n

function viewOf(fixture: SettlementFixture, life: Life): JournalSettlementView {
  const { chain, clock } = fixture
  const { index, follower } = life
  const { postedTransactions } = follower
  const followedBlock = () => follower.followed?.number
  return new JournalSettlementView({
    index,
    chain,
    clock,
    postedTransactions,
    followedBlock,
    isChainInDoubt: () => false,
    public: publicOf(life),
  })
}

async function posted() {
  const fixture = new SettlementFixture()
  fixture.chain.arrive({ account: alice.address, amount: 5n * credit })
  const life = await fixture.start()
  await life.follower.poll()
  await withdraw(life.ledger, alice, credit)
  for (let round = 0; round < 10 && fixture.chain.contract.epochs.length === 0; round++) await fixture.run(life, 1)
  return { fixture, life }
}

describe('what settlement shows of an epoch', () => {
  it('is when a posted one can be final and what holds it back, or neither while the chain does not answer', async () => {
    const { fixture, life } = await posted()
    const [away] = await failing(fixture, () => viewOf(fixture, life).epochs(1))
    assert.deepEqual([away?.status, away?.finalAtSeconds, away?.openDemands], ['posted', undefined, undefined])
    const [epoch] = await viewOf(fixture, life).epochs(1)
    const completedAt = fixture.chain.contract.epochs[0]?.completedAtSeconds ?? 0
    assert.deepEqual(
      [epoch?.status, epoch?.finalAtSeconds, epoch?.openDemands, epoch?.cancelReason],
      ['posted', completedAt + 2, 0, undefined],
    )
  })

  it('is asked of the chain once a second at most', async () => {
    const { fixture, life } = await posted()
    const view = viewOf(fixture, life)
    const [first] = await view.epochs(1)
    const [again] = await failing(fixture, () => view.epochs(1))
    assert.deepEqual(again, first)
  })

  it('is why the chain cancelled it, also in a later life, and no reason while the chain does not answer', async () => {
    const { fixture, life } = await posted()
    fixture.chain.cancel(1, 'disputed')
    await life.follower.poll()
    const later = await fixture.start()
    await later.follower.poll()
    const view = viewOf(fixture, later)
    const [away] = await failing(fixture, () => view.epochs(1))
    assert.deepEqual([away?.status, away?.cancelReason], ['cancelled', undefined])
    const [epoch] = await view.epochs(1)
    assert.deepEqual([epoch?.status, epoch?.cancelReason, epoch?.finalAtSeconds], ['cancelled', 'disputed', undefined])
    await fixture.run(later, 10)
    const shown = await view.epochs(5)
    assert.deepEqual(
      shown.map(({ books, status }) => [books.epoch, status]),
      [
        [2, 'final'],
        [1, 'cancelled'],
      ],
    )
  })

  it('is that it lapsed or expired when no transaction of the chain says so', async () => {
    const { fixture, life } = await posted()
    const lastEpoch = 1
    const place = { transactionHash: `0x${'00'.repeat(32)}` as const, blockNumber: 1n, logIndex: 0 }
    const closed = life.index.epochs.get(1)
    assert.ok(closed)
    const cancelled = { epoch: 1, lastEpoch, headEpoch: 0, place }
    life.index.epochs.set(1, { ...closed, cancelled })
    assert.equal((await viewOf(fixture, life).epochs(1))[0]?.cancelReason, 'lapsed')
    life.index.epochs.set(1, { ...closed, cancelled: { ...cancelled, lastEpoch: 0, journalPosition: 7 } })
    assert.equal((await viewOf(fixture, life).epochs(1))[0]?.cancelReason, 'expired')
  })
})

/** Asks while the chain does not answer. */
async function failing<T>(fixture: SettlementFixture, ask: () => Promise<T>): Promise<T> {
  fixture.chain.failuresLeft = 100
  try {
    return await ask()
  } finally {
    fixture.chain.failuresLeft = 0
  }
}
