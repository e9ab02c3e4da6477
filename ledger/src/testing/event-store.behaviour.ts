import { afterEach, beforeEach, describe } from 'node:test'
import { describeAppending, describeRefusals } from './event-store.behaviour.append.ts'
import { Bench, type EventStorage } from './event-store.behaviour.bench.ts'
import { describeFollowing, describeWaiting } from './event-store.behaviour.follow.ts'
import { describeFencing, describeLeases } from './event-store.behaviour.lease.ts'
import { describeReading, describeReopening } from './event-store.behaviour.read.ts'

/** What every `EventStore` must do. `createStorage` gives each test empty data of its own. */
export function describeEventStore(name: string, createStorage: () => Promise<EventStorage>): void {
  describe(name, () => {
    const bench = new Bench(createStorage)
    beforeEach(() => bench.setUp())
    afterEach(() => bench.tearDown())
    describeAppending(bench)
    describeRefusals(bench)
    describeFencing(bench)
    describeLeases(bench)
    describeReading(bench)
    describeWaiting(bench)
    describeFollowing(bench)
    describeReopening(bench)
  })
}
