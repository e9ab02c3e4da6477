import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Hex, LedgerEvent } from '@deparrow/ledger'
import { digestOfOrder } from '@deparrow/ledger/testing'
import { agents, delegate, Replay, randomJournal } from './random-economy.spec.fixture.ts'
import type { ReadBench } from './read-bench.spec.fixture.ts'
import type { ReadModel } from './read-model.port.ts'
import { ReadModelBehindError } from './read-queries.port.ts'
import type { AsOf, HoldRecord } from './read-records.ts'
import { cancelledOrder, node, openOrder, payer, settledOrder, stranger } from './sample-journal.spec.fixture.ts'

const nothing = { availableMicrocredits: 0n, heldMicrocredits: 0n, payableMicrocredits: 0n }

/** Balances and holds at any moment. */
export function describeMoments(bench: ReadBench): void {
  describeReplays(bench)
  describeKnownMoments(bench)
  describeRefusals(bench)
}

function describeReplays(bench: ReadBench): void {
  it('answers for every position as a replay up to it does, also about holds that ended later', async () => {
    const { events } = randomJournal(20_261, 220)
    await applyInParts(bench.model, events)
    let openCount = 0
    let endedLaterCount = 0
    for (let position = 0; position <= events.length; position++) {
      const replay = new Replay(events.slice(0, position))
      for (const { address } of agents) {
        const { places, ...balance } = await bench.model.balanceAsOf(address, { position })
        assert.deepEqual(places, [{ shard: 0, position }])
        assert.deepEqual(balance, replay.wallet(address), `at ${position}`)
        const holds = await allHolds(bench.model, address, { position }, 3)
        assert.deepEqual(holds.map(idAndAmount), replay.openHolds(address), `at ${position}`)
        openCount += holds.length
        endedLaterCount += holds.filter(hold => hold.end !== undefined).length
      }
    }
    assert.ok(openCount > 200 && endedLaterCount > 100, `only ${openCount} open, ${endedLaterCount} ended later`)
  })

  it('answers for every time as a replay of all events up to it does, and says which position that is', async () => {
    const { events } = randomJournal(7_771, 160)
    await applyInParts(bench.model, events)
    const times = new Set(events.flatMap(({ atMs }) => [atMs - 1, atMs, atMs + 1]))
    for (const atMs of times) {
      const past = events.filter(event => event.atMs <= atMs)
      const replay = new Replay(past)
      for (const { address } of agents) {
        const { places, ...balance } = await bench.model.balanceAsOf(address, { atMs })
        assert.deepEqual(places, [{ shard: 0, position: past.length }])
        assert.deepEqual(balance, replay.wallet(address))
        const holds = await allHolds(bench.model, address, { atMs }, 1_000)
        assert.deepEqual(holds.map(idAndAmount), replay.openHolds(address))
      }
    }
  })

  it('carries on every entry of a statement what the wallet had then', async () => {
    const { events } = randomJournal(99, 150)
    await bench.model.apply(events)
    for (const { address } of [...agents, delegate]) {
      const { entries } = await bench.model.statement(address, { first: 1_000 })
      for (const [index, entry] of entries.entries()) {
        if (entries[index - 1]?.position === entry.position) continue
        assert.deepEqual(entry.walletAfter, new Replay(events.slice(0, entry.position)).wallet(address))
      }
    }
  })
}

function describeKnownMoments(bench: ReadBench): void {
  it('has nothing before the first event, for a stranger, and at a time before the journal', async () => {
    await bench.model.apply(bench.events)
    for (const at of [{ position: 0 }, { atMs: 0 }, { atMs: (bench.events[0]?.atMs ?? 0) - 1 }]) {
      const { places: _, ...balance } = await bench.model.balanceAsOf(payer.address, at)
      assert.deepEqual(balance, nothing)
      assert.deepEqual(await bench.model.holdsAsOf(payer.address, at, { first: 5 }), noHolds)
    }
    const { places: _, ...balance } = await bench.model.balanceAsOf(stranger.address, { position: 5 })
    assert.deepEqual(balance, nothing)
  })

  it('is now what it is at the last position and at any later time', async () => {
    await bench.model.apply(bench.events)
    for (const { address } of [payer, node]) {
      const now = await bench.model.balance(address)
      const { places, ...last } = await bench.model.balanceAsOf(address, { position: bench.events.length })
      const { places: later, ...future } = await bench.model.balanceAsOf(address, { atMs: Number.MAX_SAFE_INTEGER })
      assert.deepEqual([last, future, later], [now, now, places])
      assert.deepEqual(now, new Replay(bench.events).wallet(address))
    }
  })

  it('knows of each hold who opened it, how it ended and what came back', async () => {
    await bench.model.apply(bench.events)
    const ends = new Map(
      bench.events
        .filter(event => event.type === 'JobSettled' || event.type === 'HoldReleased')
        .map(event => [event.data.orderDigest, event]),
    )
    for (const order of [settledOrder, cancelledOrder, openOrder]) {
      const id = digestOfOrder(order)
      const hold = await bench.model.hold(id)
      const end = ends.get(id)
      assert.deepEqual([hold?.id, hold?.kind, hold?.payer, hold?.seller], [id, 'job', payer.address, undefined])
      assert.equal(hold?.amountMicrocredits, order.message.maxPriceMicrocredits)
      assert.deepEqual(
        hold?.end && [hold.end.position, hold.end.event, hold.end.atMs],
        end && [end.position, end.type, end.atMs],
      )
    }
    assert.equal((await bench.model.hold(digestOfOrder(cancelledOrder)))?.end?.releasedMicrocredits, 300_000n)
    assert.equal(await bench.model.hold(`0x${'12'.repeat(32)}`), undefined)
  })
}

function describeRefusals(bench: ReadBench): void {
  it('refuses a position that it has not reached, and says how far it is', async () => {
    await bench.model.apply(bench.events.slice(0, 6))
    const isBehind = (error: unknown): boolean => {
      assert.ok(error instanceof ReadModelBehindError)
      assert.deepEqual([error.shard, error.position, error.reachedPosition], [0, 7, 6])
      return true
    }
    await assert.rejects(bench.model.balanceAsOf(payer.address, { position: 7 }), isBehind)
    await assert.rejects(bench.model.holdsAsOf(payer.address, { position: 7 }, { first: 1 }), isBehind)
    await assert.rejects(bench.model.balanceAsOf(payer.address, { position: 1, shard: 3 }), ReadModelBehindError)
  })

  it('refuses what is no moment and no page of holds', async () => {
    await bench.model.apply(bench.events)
    for (const at of [
      { position: -1 },
      { position: 0.5 },
      { atMs: -1 },
      { atMs: Number.NaN },
      { position: 1, shard: -1 },
    ]) {
      await assert.rejects(bench.model.balanceAsOf(payer.address, at), RangeError)
    }
    for (const page of [{ first: 0 }, { first: 1_001 }, { first: 1, cursor: 'x' }, { first: 1, cursor: '1.2' }]) {
      await assert.rejects(bench.model.holdsAsOf(payer.address, { position: 1 }, page), RangeError)
    }
  })
}

const noHolds = { items: [], nextCursor: undefined }

/** In parts of changing size, so that a fold begins at every kind of event. */
async function applyInParts(model: ReadModel, events: readonly LedgerEvent[]): Promise<void> {
  for (let start = 0, size = 1; start < events.length; start += size, size = (size % 7) + 1) {
    await model.apply(events.slice(start, start + size))
  }
}

async function allHolds(model: ReadModel, wallet: Hex, at: AsOf, first: number): Promise<readonly HoldRecord[]> {
  const holds: HoldRecord[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page = await model.holdsAsOf(wallet, at, { first, ...(cursor !== '' && { cursor }) })
    assert.ok(page.items.length <= first && (page.items.length > 0 || cursor === ''))
    holds.push(...page.items)
    cursor = page.nextCursor
  }
  return holds
}

function idAndAmount({ id, amountMicrocredits }: HoldRecord) {
  return { id, amountMicrocredits }
}
