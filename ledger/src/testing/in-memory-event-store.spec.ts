import { describeEventStore } from './event-store.behaviour.ts'
import { InMemoryEventStore, InMemoryJournal } from './in-memory-event-store.ts'

describeEventStore('the in-memory event store', async () => {
  let nowMs = 0
  const journal = new InMemoryJournal(() => nowMs)
  return {
    open: async () => new InMemoryEventStore(journal),
    leaseMs: 600_000,
    passTime: async ms => {
      nowMs += ms
    },
    remove: async () => journal.shards.clear(),
  }
})
