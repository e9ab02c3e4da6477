import { describeEventStore } from './event-store.behaviour.ts'
import { InMemoryEventStore, InMemoryJournal } from './in-memory-event-store.ts'

describeEventStore('the in-memory event store', async () => {
  const journal = new InMemoryJournal()
  return { open: async () => new InMemoryEventStore(journal), remove: async () => journal.shards.clear() }
})
