import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Actor } from '@deparrow/ledger/testing'
import { claimFor } from './claims.ts'
import { runKilledAfter } from './testing/killed-life.ts'
import { accept, alice, bob, jobOf, type Life, SettlementFixture, withdraw } from './testing/settlement-fixture.ts'

const credit = 1_000_000n

const strangers = Array.from({ length: 10 }, (_, index) => new Actor(5_000 + index))

/** Bob is a payee already; everybody has credits. */
async function bobKnown(options: { readonly gatherMs: number; readonly payeesPerCallMax: number }) {
  const fixture = new SettlementFixture()
  const rich = [alice, bob].map(({ address }) => ({ account: address, amount: 5n * credit }))
  fixture.chain.arrive(...rich, ...strangers.map(({ address }) => ({ account: address, amount: 2n })))
  registerOnChain(fixture, bob)
  Object.assign(fixture, options)
  const life = await fixture.start()
  await life.follower.poll()
  assert.equal(life.index.payees.get(bob.address), 1)
  return { fixture, life }
}

/** Somebody else than the poster registers a payee, as the contract lets everybody do. */
function registerOnChain(fixture: SettlementFixture, { address }: Actor): void {
  fixture.chain.mine(state => [{ type: 'payee', id: state.payees.push(address), account: address }])
}

async function dust(life: Life, wallets: readonly Actor[], nonce = 1n): Promise<void> {
  for (const wallet of wallets) await withdraw(life.ledger, wallet, 1n, nonce)
}

const registrationsBeforeEpoch = (fixture: SettlementFixture) =>
  fixture.chain.mined.findIndex(({ call }) => call.type === 'postEpoch')

const rowsOf = (life: Life, epoch: number) => life.index.epochs.get(epoch)?.books.rows.map(row => row.wallet)

const unclaimed = (life: Life, { address }: Actor) => claimFor(life.index, address)?.unclaimedMicrocredits

describe('an epoch that is due', () => {
  it('is not delayed by dust that a new wallet withdraws in every block', async () => {
    const { fixture, life } = await bobKnown({ gatherMs: 2_000, payeesPerCallMax: 1 })
    for (const [block, stranger] of strangers.entries()) {
      await dust(life, [stranger])
      if (block === 1) await withdraw(life.ledger, bob, credit)
      await fixture.run(life, 1)
    }
    assert.equal(unclaimed(life, bob), credit)
  })

  it('is not delayed by more new wallets at once than can be registered while payouts gather', async () => {
    const { fixture, life } = await bobKnown({ gatherMs: 2_000, payeesPerCallMax: 2 })
    await dust(life, strangers)
    await withdraw(life.ledger, bob, credit)
    await fixture.run(life, 3)
    assert.equal(registrationsBeforeEpoch(fixture), 2)
    assert.deepEqual(rowsOf(life, 1), [bob.address, ...strangers.slice(0, 4).map(({ address }) => address)])
    assert.equal(life.index.unposted.size, 6)
    await fixture.run(life, 25)
    assert.equal(life.index.unposted.size, 0)
    for (const stranger of strangers) assert.equal(unclaimed(life, stranger), 1n)
    assert.ok(fixture.chain.mined.every(({ call }) => call.type !== 'registerPayees' || call.accounts.length <= 2))
  })

  it('lets those who waited longest be registered first, so that new dust delays its own kind alone', async () => {
    const { fixture, life } = await bobKnown({ gatherMs: 0, payeesPerCallMax: 1 })
    await withdraw(life.ledger, alice, credit)
    for (const stranger of strangers) {
      await dust(life, [stranger])
      await fixture.run(life, 1)
    }
    assert.equal(unclaimed(life, alice), credit)
  })

  it('burns what is to be burnt before any of the wallets that withdrew is registered', async () => {
    const { fixture, life } = await bobKnown({ gatherMs: 0, payeesPerCallMax: 1 })
    await dust(life, strangers)
    const { registration, order, orderDigest } = jobOf(alice, bob)
    await accept(life.ledger, { type: 'RegisterNode', registration })
    await accept(life.ledger, { type: 'OpenHold', order })
    await accept(life.ledger, { type: 'AssignHold', orderDigest, node: bob.address, attempt: 1 })
    fixture.clock.ms += 1_000
    await accept(life.ledger, { type: 'ReceiveReceipt', receipt: bob.receipt(orderDigest, {}) })
    await accept(life.ledger, { type: 'SettleJob', orderDigest })
    await fixture.run(life, 1)
    const books = life.index.epochs.get(1)?.books
    assert.deepEqual(books?.rows, [])
    assert.ok(books !== undefined && books.burnMicrocredits > 0n)
    await fixture.run(life, 4)
    assert.ok(life.index.lastFinalEpoch >= 1)
  })
})

describe('an epoch with nothing but payouts to unregistered wallets', () => {
  it('is closed only when leaves are due, and pays them once they are registered', async () => {
    const { fixture, life } = await bobKnown({ gatherMs: 0, payeesPerCallMax: 200 })
    await dust(life, strangers)
    for (let round = 0; round < 4; round++) {
      fixture.chain.nextSend = 'lost'
      await fixture.run(life, 1)
    }
    assert.equal(life.index.lastEpoch, 0)
    assert.equal(life.poster.problem?.call, 'registerPayees')
    fixture.clock.ms += fixture.epochIntervalMs
    fixture.chain.nextSend = 'lost'
    await fixture.run(life, 1)
    assert.deepEqual(rowsOf(life, 1), [])
    await fixture.run(life, 10)
    assert.equal(life.index.lastFinalEpoch, 2)
    assert.deepEqual(
      rowsOf(life, 2),
      strangers.map(({ address }) => address),
    )
  })
})

describe('the journal’s index', () => {
  it('keeps wallets that got no row waiting since they began to, also in a new life', async () => {
    const { fixture, life } = await bobKnown({ gatherMs: 0, payeesPerCallMax: 200 })
    const startMs = fixture.clock.ms
    for (const wallet of [alice, bob, alice]) {
      await withdraw(life.ledger, wallet, credit, BigInt(fixture.clock.ms))
      fixture.clock.ms += 10
    }
    assert.equal(life.index.hasRowOrBurn, true)
    await accept(life.ledger, { type: 'CloseEpoch', epoch: 1 })
    const waitingAfterClose = [[alice.address, startMs]]
    assert.deepEqual([...life.index.unposted], waitingAfterClose)
    assert.equal(life.index.hasRowOrBurn, false)
    await withdraw(life.ledger, bob, credit, BigInt(fixture.clock.ms))
    for (const { index } of [life, await fixture.start()]) {
      assert.deepEqual([...index.unposted], [...waitingAfterClose, [bob.address, startMs + 30]])
      assert.equal(index.unpostedSinceMs, startMs)
    }
  })

  it('has nothing waiting when all got their rows', async () => {
    const { life } = await bobKnown({ gatherMs: 0, payeesPerCallMax: 200 })
    await withdraw(life.ledger, bob, credit)
    await accept(life.ledger, { type: 'CloseEpoch', epoch: 1 })
    assert.deepEqual([life.index.unposted.size, life.index.unpostedSinceMs], [0, undefined])
  })
})

describe('a poster that is killed while new wallets wait', () => {
  it('pays each of them once, wherever it was killed', async () => {
    let wasKilled = true
    let effects = 0
    for (; wasKilled && effects < 100; effects++) {
      const { fixture } = await bobKnown({ gatherMs: 1_000, payeesPerCallMax: 1 })
      const before = await fixture.start()
      await withdraw(before.ledger, bob, credit)
      await dust(before, strangers.slice(0, 3))
      wasKilled = await runKilledAfter(effects, fixture)
      const last = await fixture.start()
      await fixture.run(last, 20)
      for (const stranger of strangers.slice(0, 3)) assert.equal(unclaimed(last, stranger), 1n, `killed at ${effects}`)
      assert.equal(unclaimed(last, bob), credit)
      const registered = fixture.chain.mined.filter(({ call }) => call.type === 'registerPayees')
      assert.equal(registered.length, 3, `killed at ${effects}`)
    }
    assert.ok(!wasKilled && effects > 20, `${effects} places to die at`)
  })
})
