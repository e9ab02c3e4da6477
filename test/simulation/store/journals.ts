import type { AppendBatch, AppendResult, EventStore, StoredEvent } from '@deparrow/ledger'
import { InMemoryEventStore, InMemoryJournal } from '@deparrow/ledger/testing'

/** Hears of every batch that has become durable, at once. */
export type AppendListener = (shard: string, events: readonly StoredEvent[]) => void

/**
 * What the simulated event store has on its disk, which no crash touches: the ledger's in-memory store, which the behaviour suite of the port
 * holds to its promises, with leases on the store's own clock.
 */
export class Journals {
  readonly store: EventStore
  private readonly journal: InMemoryJournal
  private readonly wakers = new Map<string, Set<() => void>>()

  constructor(
    nowMs: () => number,
    private readonly onAppended: AppendListener,
  ) {
    this.journal = new InMemoryJournal(nowMs)
    this.store = new InMemoryEventStore(this.journal)
  }

  /** What is appended is durable, and known to whoever listens, when this returns; the answer comes as a promise. */
  append(batch: AppendBatch): Promise<AppendResult> {
    const { events } = this.journal.shard(batch.shard)
    const before = events.length
    const answer = this.store.append(batch)
    if (events.length > before) {
      this.onAppended(batch.shard, events.slice(before))
      for (const wake of [...this.wakersOf(batch.shard)]) wake()
    }
    return answer
  }

  /** Calls back once, at the next append; the function that it returns takes that back. */
  onNextAppend(shard: string, wake: () => void): () => void {
    const wakers = this.wakersOf(shard)
    const once = (): void => {
      wakers.delete(once)
      wake()
    }
    wakers.add(once)
    return () => wakers.delete(once)
  }

  private wakersOf(shard: string): Set<() => void> {
    const known = this.wakers.get(shard)
    if (known !== undefined) return known
    const created = new Set<() => void>()
    this.wakers.set(shard, created)
    return created
  }
}
