import { isHexOf, zeroHash } from '../hex.ts'
import type { AppendBatch, AppendResult, EventStore, JournalHead, Lease, StoredEvent } from '../ports/event-store.ts'

type Shard = {
  leaseEpoch: number
  leaseEndsAtMs: number
  readonly events: StoredEvent[]
  readonly waiters: Set<() => void>
}

/**
 * What several in-memory stores can share, so that a store that is opened again finds what the former one wrote. `nowMs` is
 * the clock of the leases; without one, time stands still and a lease ends only when it is released or taken.
 */
export class InMemoryJournal {
  readonly shards = new Map<string, Shard>()

  constructor(readonly nowMs: () => number = () => 0) {}

  shard(name: string): Shard {
    const known = this.shards.get(name)
    if (known !== undefined) return known
    const created: Shard = { leaseEpoch: 0, leaseEndsAtMs: 0, events: [], waiters: new Set() }
    this.shards.set(name, created)
    return created
  }
}

/** An event store for tests. It keeps the promises of the port but for durability: its journal is gone with the process. */
export class InMemoryEventStore implements EventStore {
  private closed = false
  private readonly pending = new Set<() => void>()

  constructor(private readonly journal: InMemoryJournal = new InMemoryJournal()) {}

  async acquire(name: string, leaseMs: number): Promise<Lease> {
    const shard = this.open(name)
    assertLeaseMs(leaseMs)
    shard.leaseEpoch += 1
    shard.leaseEndsAtMs = this.journal.nowMs() + leaseMs
    return { leaseEpoch: shard.leaseEpoch, head: headOf(shard) }
  }

  async acquireExpired(name: string, leaseMs: number): Promise<Lease | undefined> {
    const shard = this.open(name)
    assertLeaseMs(leaseMs)
    return this.journal.nowMs() < shard.leaseEndsAtMs ? undefined : this.acquire(name, leaseMs)
  }

  async renew(name: string, leaseEpoch: number, leaseMs: number): Promise<boolean> {
    const shard = this.open(name)
    assertLeaseMs(leaseMs)
    if (!holdsLease(shard, leaseEpoch)) return false
    shard.leaseEndsAtMs = this.journal.nowMs() + leaseMs
    return true
  }

  async release(name: string, leaseEpoch: number): Promise<void> {
    const shard = this.open(name)
    if (holdsLease(shard, leaseEpoch)) shard.leaseEndsAtMs = this.journal.nowMs()
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    const shard = this.open(batch.shard)
    checkBatch(batch)
    if (isWritten(shard, batch)) return 'appended'
    if (!holdsLease(shard, batch.leaseEpoch) || shard.events.length !== batch.expectedPosition) return 'fenced'
    shard.events.push(...batch.events)
    for (const wake of [...shard.waiters]) wake()
    return 'appended'
  }

  async head(name: string): Promise<JournalHead> {
    return headOf(this.open(name))
  }

  async read(name: string, afterPosition: number, limit: number): Promise<readonly StoredEvent[]> {
    const shard = this.open(name)
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 10_000))
      throw new RangeError(`limit ${limit} is not between 1 and 10000`)
    assertPosition(afterPosition)
    return shard.events.slice(afterPosition, afterPosition + limit)
  }

  async waitBeyond(name: string, position: number, signal: AbortSignal): Promise<void> {
    const { waiters } = this.open(name)
    assertPosition(position)
    const isOver = () => this.closed || signal.aborted || this.journal.shard(name).events.length > position
    while (!isOver()) {
      await new Promise<void>(resolve => {
        const wake = () => {
          waiters.delete(wake)
          this.pending.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        waiters.add(wake)
        this.pending.add(wake)
        signal.addEventListener('abort', wake)
      })
    }
    if (this.closed && !signal.aborted) this.open(name)
  }

  async close(): Promise<void> {
    this.closed = true
    for (const wake of [...this.pending]) wake()
  }

  private open(name: string): Shard {
    if (this.closed) throw new Error('the event store was closed')
    return this.journal.shard(name)
  }
}

function headOf(shard: Shard): JournalHead {
  return { position: shard.events.length, hash: shard.events.at(-1)?.hash ?? zeroHash }
}

function holdsLease(shard: Shard, leaseEpoch: number): boolean {
  return leaseEpoch >= 1 && leaseEpoch === shard.leaseEpoch
}

/** Whether an earlier call wrote the batch. The hash of its last event stands for it and all that came before. */
function isWritten(shard: Shard, { expectedPosition, events }: AppendBatch): boolean {
  return shard.events[expectedPosition + events.length - 1]?.hash === events.at(-1)?.hash
}

function assertLeaseMs(leaseMs: number): void {
  if (!(Number.isSafeInteger(leaseMs) && leaseMs >= 1 && leaseMs <= 86_400_000))
    throw new RangeError(`${leaseMs} ms is no time of a lease`)
}

function assertPosition(position: number): void {
  if (!(Number.isSafeInteger(position) && position >= 0))
    throw new RangeError(`position ${position} is not a whole number from 0`)
}

function checkBatch(batch: AppendBatch): void {
  if (batch.events.length === 0) throw new TypeError('a batch holds at least one event')
  batch.events.forEach((event, index) => {
    const expected = batch.expectedPosition + index + 1
    if (event.position !== expected) throw new TypeError(`expected position ${expected}, found ${event.position}`)
    if (!isHexOf(event.hash, 32) || event.hash !== event.hash.toLowerCase())
      throw new TypeError(`the hash at position ${expected} is not 32 bytes in lower case`)
    if (event.payload.includes('\n') || !event.payload.isWellFormed())
      throw new TypeError(`the payload at position ${expected} is not one line of well-formed text`)
  })
}
