import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  BusFencedError,
  BusUnavailableError,
  type DeliveredEvent,
  type EventBus,
  type ShardPublisher,
} from './event-bus.port.ts'
import { collect, sampleCloudEvents, withoutCursor } from './sample-chain.spec.fixture.ts'

/** A broker to which buses connect, at the same time, as two processes would, or one after another. It carries `a` and `b`. */
export type BusStorage = {
  connect(): Promise<EventBus>
  /** Called when a test has closed all its buses. */
  remove(): Promise<void>
}

/** What every {@link EventBus} must do. `createStorage` gives each test an empty broker, or an empty topic, of its own. */
export function describeEventBus(name: string, createStorage: () => Promise<BusStorage>): void {
  describe(name, () => {
    const bench = new Bench(createStorage)
    beforeEach(() => bench.setUp())
    afterEach(() => bench.tearDown())
    describeRefusals(bench)
    describeFencing(bench)
    describePublishing(bench)
    describeFollowing(bench)
  })
}

class Bench {
  bus!: EventBus
  private storage!: BusStorage
  private connected: EventBus[] = []

  constructor(private readonly createStorage: () => Promise<BusStorage>) {}

  async setUp(): Promise<void> {
    this.storage = await this.createStorage()
    this.bus = await this.connectAnother()
  }

  async connectAnother(): Promise<EventBus> {
    const bus = await this.storage.connect()
    this.connected.push(bus)
    return bus
  }

  async tearDown(): Promise<void> {
    for (const bus of this.connected.splice(0)) await bus.close()
    await this.storage.remove()
  }
}

async function publish(publisher: ShardPublisher, shard: string, to: number): Promise<void> {
  await publisher.publish(sampleCloudEvents(shard, to).slice(publisher.last?.position ?? 0))
}

function describeRefusals(bench: Bench): void {
  for (const [what, positions] of [
    ['without events', []],
    ['that does not begin at 1 where nothing was published', [2, 3]],
    ['with a gap', [1, 3]],
    ['that has a position twice', [1, 1]],
    ['that descends', [2, 1]],
  ] as const) {
    it(`refuses a batch ${what}`, async () => {
      const events = sampleCloudEvents('a', 3)
      const batch = events.filter(event => (positions as readonly number[]).includes(event.position))
      const wrong = positions.map(position => batch.find(event => event.position === position) ?? assert.fail())
      const publisher = await bench.bus.open('a')
      await assert.rejects(publisher.publish(wrong), TypeError)
      assert.equal((await bench.bus.open('a')).last, undefined)
    })
  }

  it('refuses a batch that repeats or leaves out what comes next', async () => {
    const events = sampleCloudEvents('a', 6)
    await publish(await bench.bus.open('a'), 'a', 3)
    for (const wrong of [events.slice(2, 4), events.slice(4), events]) {
      await assert.rejects((await bench.bus.open('a')).publish(wrong), TypeError)
    }
    assert.equal((await bench.bus.open('a')).last?.position, 3)
  })

  it('refuses a cursor that is none', async () => {
    await publish(await bench.bus.open('a'), 'a', 3)
    for (const cursor of ['', '-1', '1.5', 'x', ' ', '1e3', '9'.repeat(40)])
      await assert.rejects(bench.bus.follow('a', cursor, AbortSignal.timeout(5_000)).next(), RangeError)
  })

  it('refuses a cursor beyond what was ever published', async () => {
    await publish(await bench.bus.open('a'), 'a', 3)
    await assert.rejects(bench.bus.follow('a', '1000', AbortSignal.timeout(5_000)).next(), { name: 'RecordsGoneError' })
  })

  it('does nothing after it was closed', async () => {
    const publisher = await bench.bus.open('a')
    await bench.bus.close()
    await assert.rejects(publisher.publish(sampleCloudEvents('a', 1)), BusUnavailableError)
    await assert.rejects(bench.bus.open('a'), BusUnavailableError)
    await assert.rejects(bench.bus.follow('a', undefined, AbortSignal.timeout(5_000)).next(), BusUnavailableError)
  })

  it('takes nothing from a publisher that was closed', async () => {
    const publisher = await bench.bus.open('a')
    await publisher.close()
    await publisher.close()
    await assert.rejects(publisher.publish(sampleCloudEvents('a', 1)), BusUnavailableError)
    assert.equal((await bench.bus.open('a')).last, undefined)
  })
}

function describeFencing(bench: Bench): void {
  it('commits nothing of a publisher once another has opened the shard', async () => {
    const other = await bench.connectAnother()
    const former = await bench.bus.open('a')
    await former.publish(sampleCloudEvents('a', 2))
    const present = await other.open('a')
    assert.equal(present.last?.position, 2)
    await assert.rejects(former.publish(sampleCloudEvents('a', 9).slice(2)), BusFencedError)
    await publish(present, 'a', 5)
    assert.deepEqual((await collect(bench.bus, 'a', 5)).map(withoutCursor), sampleCloudEvents('a', 5))
  })

  it('does not fence the publisher of another shard', async () => {
    const ofA = await bench.bus.open('a')
    const ofB = await bench.bus.open('b')
    await publish(ofA, 'a', 2)
    await publish(ofB, 'b', 3)
    assert.equal((await bench.bus.open('a')).last?.id, 'a/2')
    assert.equal((await bench.bus.open('b')).last?.id, 'b/3')
  })

  it('lets one of two publishers through that publish at the same time, the later one', async () => {
    const other = await bench.connectAnother()
    const former = await bench.bus.open('a')
    const [published, opened] = await Promise.allSettled([former.publish(sampleCloudEvents('a', 40)), other.open('a')])
    assert.equal(opened.status, 'fulfilled')
    assert.equal(opened.value.last?.position, published.status === 'fulfilled' ? 40 : undefined)
    await publish(opened.value, 'a', 60)
    assert.deepEqual((await collect(bench.bus, 'a', 60)).map(withoutCursor), sampleCloudEvents('a', 60))
  })
}

function describePublishing(bench: Bench): void {
  it('begins with no last event', async () => {
    assert.equal((await bench.bus.open('a')).last, undefined)
  })

  it('finds the last event again, whole, whoever opens the shard', async () => {
    const other = await bench.connectAnother()
    for (const [bus, to] of [
      [bench.bus, 1],
      [other, 7],
      [bench.bus, 300],
    ] as const) {
      const publisher = await bus.open('a')
      await publish(publisher, 'a', to)
      await publisher.close()
      assert.deepEqual((await other.open('a')).last, sampleCloudEvents('a', to).at(-1))
    }
  })

  it('takes batch after batch from one publisher', async () => {
    const events = sampleCloudEvents('a', 30)
    const publisher = await bench.bus.open('a')
    for (let from = 0; from < 30; from += 3) await publisher.publish(events.slice(from, from + 3))
    assert.deepEqual((await collect(bench.bus, 'a', 30)).map(withoutCursor), events)
  })

  it('takes a batch of 5 000 events, and an event of 2 MB', async () => {
    const events = sampleCloudEvents('a', 5_000)
    const large = { ...(sampleCloudEvents('a', 5_001).at(-1) ?? assert.fail()), payload: 'ä'.repeat(1_000_000) }
    const publisher = await bench.bus.open('a')
    await publisher.publish(events)
    await publisher.publish([large])
    assert.equal((await bench.bus.open('a')).last?.payload, large.payload)
    assert.deepEqual((await collect(bench.bus, 'a', 5_001)).map(withoutCursor), [...events, large])
  })
}

function describeFollowing(bench: Bench): void {
  it('gives a follower what was published before it came and what comes after', async () => {
    const publisher = await bench.bus.open('a')
    const events = sampleCloudEvents('a', 20)
    await publisher.publish(events.slice(0, 5))
    const following = collect(await bench.connectAnother(), 'a', 20)
    await publisher.publish(events.slice(5, 11))
    await publisher.publish(events.slice(11))
    assert.deepEqual((await following).map(withoutCursor), events)
  })

  it('goes on from any cursor, without gap and without repetition', async () => {
    const publisher = await bench.bus.open('a')
    const events = sampleCloudEvents('a', 12)
    for (const [from, to] of [
      [0, 5],
      [5, 6],
      [6, 12],
    ] as const)
      await publisher.publish(events.slice(from, to))
    const all = await collect(bench.bus, 'a', 12)
    for (const { cursor, position } of all.slice(0, -1)) {
      assert.deepEqual(await collect(bench.bus, 'a', 12 - position, cursor), all.slice(position))
    }
  })

  it('keeps shards apart', async () => {
    await publish(await bench.bus.open('a'), 'a', 4)
    await publish(await bench.bus.open('b'), 'b', 6)
    assert.deepEqual((await collect(bench.bus, 'a', 4)).map(withoutCursor), sampleCloudEvents('a', 4))
    assert.deepEqual((await collect(bench.bus, 'b', 6)).map(withoutCursor), sampleCloudEvents('b', 6))
  })

  it('gives every follower everything, also one that is slow', async () => {
    const publisher = await bench.bus.open('a')
    const events = sampleCloudEvents('a', 200)
    const slow: DeliveredEvent[] = []
    const followSlowly = async () => {
      for await (const page of bench.bus.follow('a', undefined, AbortSignal.timeout(20_000))) {
        slow.push(...page)
        await new Promise<void>(resolve => setImmediate(resolve))
        if (slow.length >= 200) return
      }
    }
    const following = Promise.all([collect(bench.bus, 'a', 200), followSlowly()])
    for (let from = 0; from < 200; from += 20) await publisher.publish(events.slice(from, from + 20))
    assert.deepEqual((await following)[0].map(withoutCursor), events)
    assert.deepEqual(slow.map(withoutCursor), events)
  })

  it('ends following when the signal aborts, whether events come or not', async () => {
    const stop = new AbortController()
    const following = bench.bus.follow('a', undefined, stop.signal).next()
    await publish(await bench.bus.open('a'), 'a', 1)
    assert.equal((await following).done, false)
    const waiting = bench.bus.follow('b', undefined, stop.signal).next()
    stop.abort()
    assert.equal((await waiting).done, true)
    assert.equal((await bench.bus.follow('a', undefined, stop.signal).next()).done, true)
  })
}
