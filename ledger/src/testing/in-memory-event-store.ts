import { isHexOf, zeroHash } from '../hex.ts'
import type { AppendBatch, AppendResult, EventStore, JournalHead, StoredEvent } from '../ports/event-store.ts'

type Shard = { leaseEpoch: number; readonly events: StoredEvent[] }

/** What several in-memory stores can share, so that a store that is opened again finds what the former one wrote. */
export class InMemoryJournal {
  readonly shards = new Map<string, Shard>()

  shard(name: string): Shard {
    const known = this.shards.get(name)
    if (known !== undefined) return known
    const created: Shard = { leaseEpoch: 0, events: [] }
    this.shards.set(name, created)
    return created
  }
}

/** An event store for tests. It keeps the promises of the port but for durability: its journal is gone with the process. */
export class InMemoryEventStore implements EventStore {
  private closed = false

  constructor(private readonly journal: InMemoryJournal = new InMemoryJournal()) {}

  async acquire(name: string): Promise<{ readonly leaseEpoch: number; readonly head: JournalHead }> {
    const shard = this.open(name)
    shard.leaseEpoch += 1
    return { leaseEpoch: shard.leaseEpoch, head: headOf(shard) }
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    const shard = this.open(batch.shard)
    checkBatch(batch)
    const hasLease = batch.leaseEpoch >= 1 && batch.leaseEpoch === shard.leaseEpoch
    if (!hasLease || shard.events.length !== batch.expectedPosition) return 'fenced'
    shard.events.push(...batch.events)
    return 'appended'
  }

  async head(name: string): Promise<JournalHead> {
    return headOf(this.open(name))
  }

  async read(name: string, afterPosition: number, limit: number): Promise<readonly StoredEvent[]> {
    const shard = this.open(name)
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 10_000))
      throw new RangeError(`limit ${limit} is not between 1 and 10000`)
    if (!(Number.isInteger(afterPosition) && afterPosition >= 0))
      throw new RangeError(`position ${afterPosition} is not a whole number from 0`)
    return shard.events.slice(afterPosition, afterPosition + limit)
  }

  async close(): Promise<void> {
    this.closed = true
  }

  private open(name: string): Shard {
    if (this.closed) throw new Error('the event store was closed')
    return this.journal.shard(name)
  }
}

function headOf(shard: Shard): JournalHead {
  return { position: shard.events.length, hash: shard.events.at(-1)?.hash ?? zeroHash }
}

function checkBatch(batch: AppendBatch): void {
  if (batch.events.length === 0) throw new TypeError('a batch holds at least one event')
  batch.events.forEach((event, index) => {
    const expected = batch.expectedPosition + index + 1
    if (event.position !== expected) throw new TypeError(`expected position ${expected}, found ${event.position}`)
    if (!isHexOf(event.hash, 32)) throw new TypeError(`the hash at position ${expected} is not 32 bytes`)
  })
}
