import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { zeroHash } from '../hex.ts'
import { type EventStore, type StoredEvent, UnknownOutcomeError } from '../ports/event-store.ts'
import { readToEnd, sampleBatch, sampleEvents } from './sample-events.ts'

/** Stored data on which stores are opened: at the same time, as two processes would, or one after another. */
export type EventStorage = {
  open(): Promise<EventStore>
  /** Called when a test has closed all its stores. */
  remove(): Promise<void>
}

/** What every {@link EventStore} must do. `createStorage` gives each test empty data of its own. */
export function describeEventStore(name: string, createStorage: () => Promise<EventStorage>): void {
  describe(name, () => {
    const bench = new Bench(createStorage)
    beforeEach(() => bench.setUp())
    afterEach(() => bench.tearDown())
    describeAppending(bench)
    describeRefusals(bench)
    describeFencing(bench)
    describeReading(bench)
    describeReopening(bench)
  })
}

class Bench {
  store!: EventStore
  private storage!: EventStorage
  private opened: EventStore[] = []

  constructor(private readonly createStorage: () => Promise<EventStorage>) {}

  async setUp(): Promise<void> {
    this.storage = await this.createStorage()
    this.store = await this.openAnother()
  }

  async openAnother(): Promise<EventStore> {
    const store = await this.storage.open()
    this.opened.push(store)
    return store
  }

  async reopen(): Promise<EventStore> {
    await this.closeAll()
    return this.openAnother()
  }

  async tearDown(): Promise<void> {
    await this.closeAll()
    await this.storage.remove()
  }

  private async closeAll(): Promise<void> {
    for (const store of this.opened.splice(0)) await store.close()
  }
}

async function acquireAndAppend(store: EventStore, shard: string, count: number): Promise<readonly StoredEvent[]> {
  const { leaseEpoch } = await store.acquire(shard, 1_000)
  const events = sampleEvents(0, count)
  assert.equal(await store.append({ shard, leaseEpoch, expectedPosition: 0, events }), 'appended')
  return events
}

function describeAppending(bench: Bench): void {
  it('begins with an empty journal at position 0 and the zero hash', async () => {
    assert.deepEqual(await bench.store.head('a'), { position: 0, hash: zeroHash })
    assert.deepEqual(await bench.store.read('a', 0, 100), [])
    const { head, leaseEpoch } = await bench.store.acquire('a', 1_000)
    assert.deepEqual(head, { position: 0, hash: zeroHash })
    assert.ok(leaseEpoch >= 1)
  })

  it('gives back what was appended, in order and unchanged, whatever characters it holds', async () => {
    const { leaseEpoch } = await bench.store.acquire('a', 1_000)
    const texts = ['{"k":"ä€😀"}', `{"q":"'\\"{},\\\\\\u0000"}`, '{}', 'NULL', '']
    const events = sampleEvents(0, texts.length).map((event, index) => ({
      ...event,
      payload: texts[index] ?? '',
    }))
    await bench.store.append({ shard: 'a', leaseEpoch, expectedPosition: 0, events })
    assert.deepEqual(await bench.store.read('a', 0, 100), events)
  })

  it('moves the head to the last event of each batch', async () => {
    const { leaseEpoch } = await bench.store.acquire('a', 1_000)
    for (const [after, count] of [
      [0, 1],
      [1, 3],
      [4, 2],
    ] as const) {
      const events = sampleEvents(after, count)
      assert.equal(await bench.store.append({ shard: 'a', leaseEpoch, expectedPosition: after, events }), 'appended')
      assert.deepEqual(await bench.store.head('a'), { position: after + count, hash: events.at(-1)?.hash })
    }
    assert.deepEqual(await bench.store.read('a', 0, 100), sampleEvents(0, 6))
  })

  it('takes a batch of 5 000 events at once', async () => {
    const events = await acquireAndAppend(bench.store, 'a', 5_000)
    assert.deepEqual(await readToEnd(bench.store, 'a', 1_700), events)
  })

  it('keeps shards apart', async () => {
    const ofA = await acquireAndAppend(bench.store, 'a', 3)
    const ofB = await acquireAndAppend(bench.store, 'b', 5)
    assert.deepEqual(await bench.store.read('a', 0, 100), ofA)
    assert.deepEqual(await bench.store.read('b', 0, 100), ofB)
    assert.equal((await bench.store.head('a')).position, 3)
    const { leaseEpoch } = await bench.store.acquire('a', 1_000)
    await bench.store.acquire('b', 1_000)
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, 3, 1)), 'appended')
  })
}

function describeRefusals(bench: Bench): void {
  async function refuses(change: (events: StoredEvent[]) => StoredEvent[]): Promise<void> {
    const { leaseEpoch } = await bench.store.acquire('a', 1_000)
    await bench.store.append(sampleBatch('a', leaseEpoch, 0, 2))
    const events = change([...sampleEvents(2, 4)])
    await assert.rejects(
      bench.store.append({ shard: 'a', leaseEpoch, expectedPosition: 2, events }),
      (error: unknown) => error instanceof Error && !(error instanceof UnknownOutcomeError),
    )
    assert.deepEqual(await bench.store.head('a'), { position: 2, hash: sampleEvents(1, 1)[0]?.hash })
    assert.equal((await bench.store.read('a', 0, 100)).length, 2)
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, 2, 1)), 'appended', 'the store goes on working')
  }

  it('refuses a batch without events', () => refuses(() => []))
  it('refuses a batch that does not begin after the head', () => refuses(events => events.slice(1)))
  it('refuses a batch with a gap', () => refuses(events => events.filter(event => event.position !== 4)))
  it('refuses a batch that has a position twice', () => refuses(events => [...events.slice(0, 2), ...events.slice(1)]))
  it('refuses a batch that descends', () => refuses(events => events.reverse()))
  it('writes nothing of a batch in which one event cannot be stored', () =>
    refuses(events => events.map(event => (event.position === 5 ? { ...event, hash: '0x00' } : event))))

  it('answers fenced to an expected position behind or ahead of the head, and writes nothing', async () => {
    const { leaseEpoch } = await bench.store.acquire('a', 1_000)
    await bench.store.append(sampleBatch('a', leaseEpoch, 0, 2))
    for (const expectedPosition of [0, 1, 3, 100]) {
      assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, expectedPosition, 2, 1)), 'fenced')
    }
    assert.deepEqual(await bench.store.read('a', 0, 100), sampleEvents(0, 2))
  })

  it('answers fenced to a lease that was never given', async () => {
    assert.equal(await bench.store.append(sampleBatch('nobody', 0, 0, 1)), 'fenced')
    assert.equal(await bench.store.append(sampleBatch('nobody', 1, 0, 1)), 'fenced')
    const { leaseEpoch } = await bench.store.acquire('a', 1_000)
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch + 1, 0, 1)), 'fenced')
    assert.equal((await bench.store.head('a')).position, 0)
  })
}

function describeFencing(bench: Bench): void {
  it('gives each writer a higher lease than the one before', async () => {
    const other = await bench.openAnother()
    const leases: number[] = []
    for (const store of [bench.store, other, bench.store]) leases.push((await store.acquire('a', 1_000)).leaseEpoch)
    assert.ok(leases.every((lease, index) => index === 0 || lease > (leases[index - 1] ?? 0)))
  })

  it('lets a former writer commit nothing once another has acquired the shard', async () => {
    const other = await bench.openAnother()
    const former = await bench.store.acquire('a', 1_000)
    assert.equal(await bench.store.append(sampleBatch('a', former.leaseEpoch, 0, 1)), 'appended')
    const present = await other.acquire('a', 1_000)
    assert.deepEqual(present.head, { position: 1, hash: sampleEvents(0, 1)[0]?.hash })
    assert.equal(await bench.store.append(sampleBatch('a', former.leaseEpoch, 1, 1)), 'fenced')
    assert.equal(await other.append(sampleBatch('a', present.leaseEpoch, 1, 2)), 'appended')
    assert.equal(await bench.store.append(sampleBatch('a', former.leaseEpoch, 3, 1)), 'fenced')
    assert.deepEqual(await bench.store.read('a', 0, 100), sampleEvents(0, 3))
  })

  it('lets one of two batches at the same head through', async () => {
    const other = await bench.openAnother()
    const { leaseEpoch } = await bench.store.acquire('a', 1_000)
    const results = await Promise.all([
      bench.store.append(sampleBatch('a', leaseEpoch, 0, 50, 1)),
      other.append(sampleBatch('a', leaseEpoch, 0, 3, 2)),
      bench.store.append(sampleBatch('a', leaseEpoch, 0, 7, 3)),
    ])
    assert.deepEqual([...results].sort(), ['appended', 'fenced', 'fenced'])
    const written = [50, 3, 7][results.indexOf('appended')]
    assert.equal((await other.read('a', 0, 100)).length, written)
  })
}

function describeReading(bench: Bench): void {
  it('reads pages after a position', async () => {
    await acquireAndAppend(bench.store, 'a', 10)
    assert.deepEqual(await bench.store.read('a', 0, 4), sampleEvents(0, 4))
    assert.deepEqual(await bench.store.read('a', 4, 4), sampleEvents(4, 4))
    assert.deepEqual(await bench.store.read('a', 8, 4), sampleEvents(8, 2))
    assert.deepEqual(await bench.store.read('a', 10, 4), [])
    assert.deepEqual(await bench.store.read('a', 11, 4), [])
  })

  it('refuses page sizes outside 1 to 10 000 and positions below 0', async () => {
    for (const limit of [0, -1, 10_001, 1.5, Number.NaN])
      await assert.rejects(bench.store.read('a', 0, limit), RangeError)
    for (const after of [-1, 0.5, Number.NaN]) await assert.rejects(bench.store.read('a', after, 1), RangeError)
  })

  it('shows readers a prefix without gaps while batches are appended', async () => {
    const reader = await bench.openAnother()
    const { leaseEpoch } = await bench.store.acquire('a', 1_000)
    let isWriting = true
    const seen: StoredEvent[] = []
    const follow = async () => {
      for (;;) {
        const isLastRound = !isWriting
        const page = await reader.read('a', seen.length, 7)
        seen.push(...page)
        if (isLastRound && page.length === 0) return
        await new Promise<void>(resolve => setImmediate(resolve))
      }
    }
    const write = async () => {
      for (let after = 0; after < 200; after += 5) await bench.store.append(sampleBatch('a', leaseEpoch, after, 5))
      isWriting = false
    }
    await Promise.all([follow(), write()])
    assert.deepEqual(seen, sampleEvents(0, 200))
  })
}

function describeReopening(bench: Bench): void {
  it('keeps events, head and fence when it is closed and opened again', async () => {
    const former = await bench.store.acquire('a', 1_000)
    await bench.store.append(sampleBatch('a', former.leaseEpoch, 0, 40))
    const reopened = await bench.reopen()
    assert.deepEqual(await reopened.head('a'), { position: 40, hash: sampleEvents(39, 1)[0]?.hash })
    assert.deepEqual(await reopened.read('a', 0, 100), sampleEvents(0, 40))
    const present = await reopened.acquire('a', 1_000)
    assert.equal(present.head.position, 40)
    assert.ok(present.leaseEpoch > former.leaseEpoch)
    assert.equal(await reopened.append(sampleBatch('a', present.leaseEpoch, 40, 1)), 'appended')
  })

  it('answers nothing after it was closed', async () => {
    const { leaseEpoch } = await bench.store.acquire('a', 1_000)
    const { store } = bench
    await bench.reopen()
    await assert.rejects(store.acquire('a', 1_000))
    await assert.rejects(store.head('a'))
    await assert.rejects(store.read('a', 0, 1))
    await assert.rejects(store.append(sampleBatch('a', leaseEpoch, 0, 1)))
  })
}
