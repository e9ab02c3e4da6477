import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { StoreDamagedError, type StoredEvent } from '@deparrow/ledger'
import { InMemoryEventStore } from '@deparrow/ledger/testing'
import { InProcessBroker, InProcessEventBus } from '../adapters/bus/in-process-event-bus.ts'
import type { Wait } from '../poll-loop.ts'
import { BusFencedError, BusUnavailableError, type EventBus, type ShardPublisher } from './event-bus.port.ts'
import { JournalRelay } from './journal-relay.ts'
import { cloudEventSourceDefault, toCloudEvent } from './ledger-cloud-event.ts'
import {
  appendAll,
  collect,
  sampleChain,
  sampleCloudEvents,
  until,
  withoutCursor,
} from './sample-chain.spec.fixture.ts'

type Scene = {
  readonly store: InMemoryEventStore
  readonly bus: InProcessEventBus
  readonly pausesMs: number[]
  relay(bus?: Pick<EventBus, 'open'>): JournalRelay
}

/** A journal, a bus and relays between them whose pauses are recorded, not waited. */
async function createScene(t: TestContext, events: readonly StoredEvent[]): Promise<Scene> {
  const store = new InMemoryEventStore()
  await appendAll(store, 'a', events)
  const bus = new InProcessEventBus(new InProcessBroker())
  const pausesMs: number[] = []
  const relays: JournalRelay[] = []
  const wait: Wait = async ms => {
    pausesMs.push(ms)
    await new Promise<void>(resolve => setImmediate(resolve))
  }
  t.after(async () => {
    for (const relay of relays) await relay.stop()
    await bus.close()
    await store.close()
  })
  const relay = (onto: Pick<EventBus, 'open'> = bus): JournalRelay => {
    const created = new JournalRelay({ store, bus: onto, shard: 'a', wait })
    relays.push(created)
    return created
  }
  return { store, bus, pausesMs, relay }
}

const sampleEvents = sampleChain(1_200)
const cloudEvents = sampleEvents.map(stored => toCloudEvent('a', cloudEventSourceDefault, stored))

/** A bus whose publishers do `fault` before, or after, each batch is published. */
function faulty(bus: EventBus, when: 'before' | 'after', fault: () => void): Pick<EventBus, 'open'> {
  const open = async (shard: string): Promise<ShardPublisher> => {
    const publisher = await bus.open(shard)
    return {
      last: publisher.last,
      async publish(batch) {
        if (when === 'before') fault()
        await publisher.publish(batch)
        if (when === 'after') fault()
      },
      close: () => publisher.close(),
    }
  }
  return { open }
}

describe('a relay that must not publish', () => {
  for (const [what, journal] of [
    ['another event at that position', sampleChain(1_200, 'two')],
    ['no event at that position', sampleEvents.slice(0, 400)],
    ['no event at all', []],
  ] as const) {
    it(`refuses a topic up to a position where its journal has ${what}, until it is started again`, async t => {
      const { bus, relay } = await createScene(t, journal)
      await (await bus.open('a')).publish(cloudEvents.slice(0, 500))
      const refusing = relay()
      refusing.start()
      await until('the relay refuses', () => refusing.state === 'refused')
      assert.equal(refusing.lastErrorName, 'ForeignTopicError')
      assert.equal((await bus.open('a')).last?.position, 500)
      refusing.start()
      await until('it looks again', () => refusing.state === 'refused' && refusing.failuresInARow === 2)
    })
  }

  it('publishes nothing and keeps trying when a payload lacks what a CloudEvent says', async t => {
    const broken = sampleEvents
      .slice(0, 3)
      .map(event => ({ ...event, payload: event.payload.replace('"type"', '"kind"') }))
    const { bus, relay } = await createScene(t, broken)
    const failing = relay()
    failing.start()
    await until('it fails', () => failing.failuresInARow > 2)
    assert.ok(failing.lastError instanceof StoreDamagedError)
    assert.equal((await bus.open('a')).last, undefined)
  })
})

describe('a relay', () => {
  it('publishes the journal from its beginning, then each append, in order and unchanged', async t => {
    const { store, bus, relay } = await createScene(t, sampleEvents.slice(0, 700))
    const following = collect(bus, 'a', 1_200)
    relay().start()
    await appendAll(store, 'a', sampleEvents)
    assert.deepEqual((await following).map(withoutCursor), cloudEvents)
  })

  it('goes on after what is published', async t => {
    const { bus, relay } = await createScene(t, sampleEvents)
    await (await bus.open('a')).publish(cloudEvents.slice(0, 1_100))
    relay().start()
    assert.deepEqual((await collect(bus, 'a', 1_200)).map(withoutCursor), cloudEvents)
  })

  it('says how far it is, and by how much the journal is ahead', async t => {
    const { store, relay } = await createScene(t, sampleEvents.slice(0, 50))
    const watched = relay()
    assert.equal(watched.publishedPosition, undefined)
    assert.equal(await watched.lagEvents(), 50)
    watched.start()
    await until('it has caught up', () => watched.publishedPosition === 50)
    assert.equal(await watched.lagEvents(), 0)
    assert.equal(watched.state, 'publishing')
    await watched.stop()
    assert.equal(watched.state, 'stopped')
    await appendAll(store, 'a', sampleEvents.slice(0, 90))
    assert.equal(await watched.lagEvents(), 40)
  })

  for (const when of ['before', 'after'] as const) {
    it(`loses, repeats and reorders nothing when the bus fails ${when} a batch commits`, async t => {
      const { store, bus, relay } = await createScene(t, [])
      let calls = 0
      const unreliable = faulty(bus, when, () => {
        if (calls++ % 3 !== 1) throw new BusUnavailableError({ reason: 'ECONNRESET' })
      })
      const following = collect(bus, 'a', 1_200)
      const failing = relay(unreliable)
      failing.start()
      for (let to = 100; to <= 1_200; to += 100) {
        await appendAll(store, 'a', sampleEvents.slice(0, to))
        await until(`it has published ${to}`, () => failing.publishedPosition === to)
      }
      assert.deepEqual((await following).map(withoutCursor), cloudEvents)
      assert.ok(calls > 3)
    })
  }

  it('pauses longer and longer while the bus is away, keeps the error, and forgets it when it has caught up', async t => {
    const { bus, relay, pausesMs } = await createScene(t, sampleEvents)
    let isAway = true
    const away: Pick<EventBus, 'open'> = {
      open: shard => (isAway ? Promise.reject(new BusUnavailableError({ reason: 'ECONNREFUSED' })) : bus.open(shard)),
    }
    const waiting = relay(away)
    waiting.start()
    await until('it has tried ten times', () => waiting.failuresInARow >= 10)
    assert.equal(waiting.lastErrorName, 'BusUnavailableError')
    assert.deepEqual(pausesMs.slice(0, 8), [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
    isAway = false
    await until('it has caught up', () => waiting.publishedPosition === 1_200)
    assert.equal(waiting.lastErrorName, undefined)
    assert.equal(waiting.failuresInARow, 0)
  })

  it('pauses longer and longer while the bus opens but takes nothing', async t => {
    const { bus, relay, pausesMs } = await createScene(t, sampleEvents)
    const full = faulty(bus, 'before', () => {
      throw new BusUnavailableError({ reason: 'MESSAGE_TOO_LARGE' })
    })
    const waiting = relay(full)
    waiting.start()
    await until('it has tried four times', () => waiting.failuresInARow >= 4)
    assert.deepEqual(pausesMs.slice(0, 3), [100, 200, 400])
  })

  it('that is fenced by another one waits a while before it takes the shard back', async t => {
    const { store, bus, relay, pausesMs } = await createScene(t, sampleEvents.slice(0, 10))
    const former = relay()
    former.start()
    await until('the former has caught up', () => former.publishedPosition === 10)
    const errors: unknown[] = []
    const fenced = new Promise<void>(resolve => {
      const stop = () => {
        errors.push(former.lastError)
        resolve()
      }
      const check = () => (pausesMs.length > 0 ? stop() : setImmediate(check))
      check()
    })
    await bus.open('a')
    await appendAll(store, 'a', sampleEvents.slice(0, 20))
    await fenced
    assert.ok(errors[0] instanceof BusFencedError)
    assert.equal(pausesMs[0], 5_000)
    await until('it has caught up', () => former.publishedPosition === 20)
  })

  it('publishes everything once when two of them fence each other again and again', async t => {
    const { store, bus, relay } = await createScene(t, [])
    const following = collect(bus, 'a', 1_200)
    const [one, two] = [relay(), relay()]
    one.start()
    two.start()
    for (let to = 20; to <= 1_200; to += 20) {
      await appendAll(store, 'a', sampleEvents.slice(0, to))
      await new Promise<void>(resolve => setImmediate(resolve))
    }
    assert.deepEqual((await following).map(withoutCursor), cloudEvents)
  })

  it('ends at once while it waits for events, for the bus, or for its pause to pass', async t => {
    const { relay } = await createScene(t, [])
    const idle = relay()
    idle.start()
    await until('it is idle', () => idle.state === 'publishing')
    await idle.stop()
    await idle.stop()
    assert.equal(idle.state, 'stopped')
    const failing = relay({ open: () => Promise.reject(new BusUnavailableError({ reason: 'ECONNREFUSED' })) })
    failing.start()
    await until('it pauses', () => failing.state === 'backingOff')
    await failing.stop()
    assert.equal(failing.state, 'stopped')
  })

  it('leaves a batch to its successor when the bus does not answer while it stops', async t => {
    const { bus, relay } = await createScene(t, sampleEvents.slice(0, 10))
    let giveUp = () => {}
    const silent: Pick<EventBus, 'open'> = {
      open: async () => ({
        last: undefined,
        publish: () =>
          new Promise((_, reject) => {
            giveUp = () => reject(new BusUnavailableError({ reason: 'CLOSED' }))
          }),
        close: async () => giveUp(),
      }),
    }
    const stuck = relay(silent)
    stuck.start()
    await until('it publishes', () => stuck.state === 'publishing')
    await stuck.stop()
    assert.equal(stuck.state, 'stopped')
    assert.equal((await bus.open('a')).last, undefined)
  })

  it('can be started again after it was stopped', async t => {
    const { store, bus, relay } = await createScene(t, sampleEvents.slice(0, 10))
    const restarted = relay()
    restarted.start()
    await until('it has caught up', () => restarted.publishedPosition === 10)
    await restarted.stop()
    await appendAll(store, 'a', sampleEvents.slice(0, 30))
    restarted.start()
    assert.equal((await collect(bus, 'a', 30)).at(-1)?.position, 30)
  })
})

describe('the CloudEvent of a stored event', () => {
  const [first] = sampleEvents

  it('tells its id, source, type, time and command, and carries the payload as it is', () => {
    assert.deepEqual(sampleCloudEvents('a', 1)[0], {
      position: 1,
      hash: first?.hash,
      id: 'a/1',
      source: 'urn:deparrow:ledger',
      type: 'com.deparrow.ledger.CreditsTransferred.v1',
      time: '2023-11-14T22:13:20.001Z',
      subject: `0x${'1'.padStart(64, '0')}`,
      payload: first?.payload,
    })
  })

  for (const payload of [
    '',
    'null',
    '[]',
    '{"type":1}',
    '{"type":"A","atMs":"1","commandId":"c"}',
    '{"type":"A","atMs":1e300,"commandId":"c"}',
  ]) {
    it(`cannot be made of the payload ${payload || 'without a character'}`, () => {
      assert.throws(() => toCloudEvent('a', 's', { position: 1, payload, hash: '0x00' }), StoreDamagedError)
    })
  }
})
