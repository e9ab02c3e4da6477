import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BusFencedError, BusUnavailableError, type DeliveredEvent } from '../../relay/event-bus.port.ts'
import { describeEventBus } from '../../relay/event-bus.spec.behaviour.ts'
import { collect, sampleCloudEvents } from '../../relay/sample-chain.spec.fixture.ts'
import { InProcessBroker, InProcessEventBus } from './in-process-event-bus.ts'

describeEventBus('the event bus in one process', async () => {
  const broker = new InProcessBroker()
  return { connect: async () => new InProcessEventBus(broker), remove: async () => {} }
})

describe('the memory of the event bus in one process', () => {
  const events = sampleCloudEvents('a', 100)

  it('refuses to keep no events', () => {
    for (const count of [0, -1, 1.5, Number.NaN]) assert.throws(() => new InProcessBroker(count), RangeError)
  })

  it('refuses a follower that comes when the first events are gone', async () => {
    const bus = new InProcessEventBus(new InProcessBroker(10))
    const publisher = await bus.open('a')
    for (let from = 0; from < 50; from += 5) await publisher.publish(events.slice(from, from + 5))
    const follow = (cursor?: string) => bus.follow('a', cursor, AbortSignal.timeout(5_000)).next()
    await assert.rejects(follow(), { name: 'RecordsGoneError' })
    await assert.rejects(follow('39'), { name: 'RecordsGoneError' })
    assert.equal((await collect(bus, 'a', 10, '40'))[0]?.position, 41)
  })

  it('lets publishing wait for a follower that is too far behind, and go on when it has taken what it lacked', async () => {
    const bus = new InProcessEventBus(new InProcessBroker(10))
    const publisher = await bus.open('a')
    const following = bus.follow('a', undefined, AbortSignal.timeout(5_000))
    const taken: DeliveredEvent[] = []
    const first = following.next()
    await publisher.publish(events.slice(0, 10))
    taken.push(...((await first).value ?? []))
    let isPublished = false
    const publishing = publisher.publish(events.slice(10, 15)).then(() => {
      isPublished = true
    })
    await new Promise<void>(resolve => setImmediate(resolve))
    assert.equal(isPublished, false)
    taken.push(...((await following.next()).value ?? []))
    await publishing
    assert.deepEqual(
      taken.map(event => event.position),
      Array.from({ length: 15 }, (_, index) => index + 1),
    )
  })

  for (const [what, end] of [
    ['leaves', (_bus: InProcessEventBus, following: AsyncGenerator) => following.return(undefined)],
    ['is fenced meanwhile', (bus: InProcessEventBus) => bus.open('a')],
    ['outlives the bus', (bus: InProcessEventBus) => bus.close()],
  ] as const) {
    it(`ends the wait of a publisher when the follower or publisher ${what}`, async () => {
      const bus = new InProcessEventBus(new InProcessBroker(10))
      const publisher = await bus.open('a')
      await publisher.publish(events.slice(0, 10))
      const following = bus.follow('a', undefined, AbortSignal.timeout(5_000))
      await following.next()
      const publishing = publisher.publish(events.slice(10, 15))
      await end(bus, following)
      if (what === 'leaves') await publishing
      else await assert.rejects(publishing, what === 'outlives the bus' ? BusUnavailableError : BusFencedError)
    })
  }

  it('takes a batch that is larger than what it keeps', async () => {
    const bus = new InProcessEventBus(new InProcessBroker(10))
    const following = collect(bus, 'a', 60)
    const publisher = await bus.open('a')
    await publisher.publish(events.slice(0, 30))
    await publisher.publish(events.slice(30, 60))
    assert.equal((await following).length, 60)
  })
})
