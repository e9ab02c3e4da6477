import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { claimFor } from './claims.ts'
import { runKilledAfter } from './testing/killed-life.ts'
import { alice, withdraw } from './testing/settlement-fixture.ts'
import { assertPaidOnce, callsOf, credit, eventsOf, runUntil, withdrawing } from './testing/withdrawing.spec.fixture.ts'

describe('an epoch that the chain cancelled', () => {
  it('is no alarm: its payouts are in the next one, which has the next number and builds on the head', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => callsOf(fixture).includes('postEpoch'))
    fixture.chain.cancel(1)
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 2)
    assert.equal(life.poster.posterAlarm, undefined)
    assert.equal(life.index.epochs.get(2)?.books.parent, 0)
    assert.equal(life.index.epochs.get(1)?.cancelled?.lastEpoch, 1)
    assert.deepEqual(callsOf(fixture), ['registerPayees', 'postEpoch', 'postEpoch', 'finalise'])
    assertPaidOnce(fixture)
    await life.follower.poll()
    assert.equal(life.ledger.books().payables, 0n)
  })

  it('cannot be claimed from, and what is final before it can', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 1)
    await withdraw(life.ledger, alice, credit, 2n)
    await runUntil(fixture, life, () => callsOf(fixture).filter(type => type === 'postEpoch').length === 2)
    fixture.chain.cancel(2)
    await life.follower.poll()
    assert.equal(claimFor(life.index, alice.address)?.unclaimedMicrocredits, 2n * credit)
    assert.equal(claimFor(life.index, alice.address)?.epoch, 1)
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 3)
    assert.deepEqual(
      [claimFor(life.index, alice.address)?.unclaimedMicrocredits, claimFor(life.index, alice.address)?.previousEpoch],
      [3n * credit, 1],
    )
  })

  it('is recorded once, however often and in whatever order the logs are given, and by a later life', async () => {
    const { fixture, life } = await withdrawing()
    fixture.chain.distortLogs = logs => [...logs, ...logs].reverse()
    await runUntil(fixture, life, () => callsOf(fixture).includes('postEpoch'))
    fixture.chain.cancel(1)
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 2)
    const again = await fixture.start()
    await again.follower.poll()
    assert.equal(again.follower.chainAlarm, undefined)
    assert.equal((await eventsOf(again, 'EpochCancelled')).length, 1)
  })

  it('is not seen while a reorg can take the cancellation back', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => callsOf(fixture).includes('postEpoch'))
    fixture.chain.confirmations = 2
    fixture.chain.cancel(1)
    await life.follower.poll()
    assert.deepEqual(await eventsOf(life, 'EpochCancelled'), [])
    fixture.chain.reorg(1)
    fixture.chain.mine()
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 1)
    assert.deepEqual(await eventsOf(life, 'EpochCancelled'), [])
  })

  it('is followed by the same end when the poster is killed before or after any of its effects', async () => {
    let killedCount = 0
    for (let effects = 0; ; effects++) {
      const { fixture, life } = await withdrawing()
      await runUntil(fixture, life, () => callsOf(fixture).includes('postEpoch'))
      fixture.chain.cancel(1)
      const wasKilled = await runKilledAfter(effects, fixture)
      const last = await fixture.start()
      await fixture.run(last, 12)
      assert.equal(last.index.lastFinalEpoch, 2, `killed at ${effects}`)
      assert.equal(last.poster.posterAlarm, undefined)
      assertPaidOnce(fixture)
      if (!wasKilled) break
      killedCount++
    }
    assert.ok(killedCount >= 6, `only ${killedCount} places to die at`)
  })

  it('leaves nothing to record when the exit takes back nothing', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 1)
    fixture.chain.mine(() => [{ type: 'epochCancelled', epoch: 2, lastEpoch: 1, headEpoch: 1, reason: 'exit' }])
    await life.follower.poll()
    assert.equal(life.follower.chainAlarm, undefined)
    assert.deepEqual(await eventsOf(life, 'EpochCancelled'), [])
  })

  it('raises an alarm when the chain goes on from an epoch that the journal does not have', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => callsOf(fixture).includes('postEpoch'))
    fixture.chain.mine(() => [{ type: 'epochCancelled', epoch: 3, lastEpoch: 3, headEpoch: 2, reason: 'guardian' }])
    await life.follower.poll()
    assert.equal(life.follower.chainAlarm?.code, 'REFUSED')
  })
})

describe('an epoch that lapsed', () => {
  /** Rows of the second part are missing, and no longer taken. */
  async function halfPosted() {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => callsOf(fixture).includes('registerPayees'))
    await runUntil(fixture, life, () => life.index.payees.size === 2)
    fixture.chain.nextSend = 'lost'
    await runUntil(fixture, life, () => life.index.lastEpoch === 1)
    const books = life.index.epochs.get(1)?.books
    assert.ok(books)
    const { rows: _, epoch: __, ...figures } = books
    const closedAt = Math.floor((life.index.epochs.get(1)?.closedAtMs ?? 0) / 1_000)
    fixture.chain.mine(state => {
      const header = { ...figures, closedAt, rowCount: 2 }
      const openedAtSeconds = Number(fixture.chain.latest.timeSeconds) + 1
      const progress = { rowsPosted: 0, payoutsMicrocredits: 0n, completedAtSeconds: undefined, isCancelled: false }
      state.epochs.push({ header, openedAtSeconds, ...progress })
      return []
    })
    return { fixture, life }
  }

  it('by time, of which there is no log, is closed again, and the log that comes with the next one is no second record', async () => {
    const { fixture, life } = await halfPosted()
    fixture.chain.pauseSeconds = 4_000n
    fixture.chain.mine()
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 2)
    assert.equal((await eventsOf(life, 'EpochCancelled')).length, 1)
    assert.equal(life.follower.chainAlarm, undefined)
    const again = await fixture.start()
    await again.follower.poll()
    assert.equal(again.follower.chainAlarm, undefined)
    assertPaidOnce(fixture)
  })

  it('by the guardian is closed again', async () => {
    const { fixture, life } = await halfPosted()
    fixture.chain.cancel(1)
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 2)
    assert.equal((await eventsOf(life, 'EpochCancelled')).length, 1)
    assertPaidOnce(fixture)
  })
})

describe('an epoch that never came on chain', () => {
  it('is closed again under its number once it is too old, and its first transaction can do nothing any more', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => life.index.payees.size === 2)
    fixture.chain.nextSend = 'lost'
    await runUntil(fixture, life, () => life.index.lastEpoch === 1)
    const first = life.index.epochs.get(1)?.books
    const nowSeconds = BigInt(Math.floor(fixture.clock.ms / 1_000))
    fixture.chain.pauseSeconds = nowSeconds + 86_500n - fixture.chain.latest.timeSeconds
    fixture.clock.ms += 86_500_000
    fixture.chain.mine()
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 1)
    assert.notEqual(life.index.epochs.get(1)?.books.journalPosition, first?.journalPosition)
    const [given] = await eventsOf(life, 'EpochCancelled')
    assert.ok(given?.type === 'EpochCancelled')
    assert.equal(given.data.journalPosition, first?.journalPosition)
    assert.deepEqual(callsOf(fixture), ['registerPayees', 'postEpoch', 'finalise'])
    assertPaidOnce(fixture)
  })

  it('is followed by the same end when the poster is killed before or after any of its effects', async () => {
    let killedCount = 0
    for (let effects = 0; ; effects++) {
      const { fixture, life } = await withdrawing()
      await runUntil(fixture, life, () => life.index.payees.size === 2)
      fixture.chain.nextSend = 'lost'
      await runUntil(fixture, life, () => life.index.lastEpoch === 1)
      const nowSeconds = BigInt(Math.floor(fixture.clock.ms / 1_000))
      fixture.chain.pauseSeconds = nowSeconds + 86_500n - fixture.chain.latest.timeSeconds
      fixture.clock.ms += 86_500_000
      fixture.chain.mine()
      const wasKilled = await runKilledAfter(effects, fixture)
      const last = await fixture.start()
      await fixture.run(last, 12)
      assert.equal(last.index.lastFinalEpoch, 1, `killed at ${effects}`)
      assert.equal((await eventsOf(last, 'EpochCancelled')).length, 1)
      assert.deepEqual(callsOf(fixture), ['registerPayees', 'postEpoch', 'finalise'], `killed at ${effects}`)
      assertPaidOnce(fixture)
      if (!wasKilled) break
      killedCount++
    }
    assert.ok(killedCount >= 8, `only ${killedCount} places to die at`)
  })

  it('is closed again when the contract says that it leaves out an item, and not before the journal has the item', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => life.index.payees.size === 2)
    fixture.chain.nextSend = 'lost'
    await runUntil(fixture, life, () => life.index.lastEpoch === 1)
    life.poster.problem = { call: 'postEpoch', outcome: { status: 'reverted', code: 'InboxItemLeftOut' } }
    fixture.chain.nextSend = 'lost'
    await life.poster.tick()
    assert.deepEqual(await eventsOf(life, 'EpochCancelled'), [])
    fixture.chain.arrive({ account: alice.address, amount: credit })
    await life.follower.poll()
    life.poster.problem = { call: 'postEpoch', outcome: { status: 'reverted', code: 'InboxItemLeftOut' } }
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 1)
    assert.equal(life.index.epochs.get(1)?.books.inboxCut, 3)
    assertPaidOnce(fixture)
  })
})
