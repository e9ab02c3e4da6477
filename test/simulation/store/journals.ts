import type { AppendBatch, AppendResult, JournalHead, Lease, StoredEvent } from '@deparrow/ledger'
import { zeroHash } from '@deparrow/ledger'

type Shard = {
  leaseEpoch: number
  leaseEndsAtMs: number
  readonly events: StoredEvent[]
  readonly wakers: Set<() => void>
}

/** Hears of every batch that has become durable, at once. */
export type AppendListener = (shard: string, events: readonly StoredEvent[]) => void

/**
 * What the simulated event store has on its disk: the journals themselves, which no crash touches, and the leases on the store's own
 * clock. Every function does what it does in one moment.
 */
export class Journals {
  private readonly shards = new Map<string, Shard>()
  private readonly listeners: AppendListener[] = []

  constructor(private readonly nowMs: () => number) {}

  listen(listener: AppendListener): void {
    this.listeners.push(listener)
  }

  events(shard: string): readonly StoredEvent[] {
    return this.shard(shard).events
  }

  acquire(name: string, leaseMs: number): Lease {
    const shard = this.shard(name)
    shard.leaseEpoch += 1
    shard.leaseEndsAtMs = this.nowMs() + leaseMs
    return { leaseEpoch: shard.leaseEpoch, head: headOf(shard) }
  }

  acquireExpired(name: string, leaseMs: number): Lease | undefined {
    return this.nowMs() < this.shard(name).leaseEndsAtMs ? undefined : this.acquire(name, leaseMs)
  }

  renew(name: string, leaseEpoch: number, leaseMs: number): boolean {
    const shard = this.shard(name)
    if (shard.leaseEpoch !== leaseEpoch) return false
    shard.leaseEndsAtMs = this.nowMs() + leaseMs
    return true
  }

  release(name: string, leaseEpoch: number): void {
    const shard = this.shard(name)
    if (shard.leaseEpoch === leaseEpoch) shard.leaseEndsAtMs = this.nowMs()
  }

  append({ shard: name, leaseEpoch, expectedPosition, events }: AppendBatch): AppendResult {
    const shard = this.shard(name)
    const end = events.at(-1)
    if (end === undefined) throw new TypeError('a batch holds at least one event')
    if (shard.events[expectedPosition + events.length - 1]?.hash === end.hash) return 'appended'
    if (shard.leaseEpoch !== leaseEpoch || shard.events.length !== expectedPosition) return 'fenced'
    shard.events.push(...events)
    for (const listener of this.listeners) listener(name, events)
    for (const wake of [...shard.wakers]) wake()
    return 'appended'
  }

  head(name: string): JournalHead {
    return headOf(this.shard(name))
  }

  read(name: string, afterPosition: number, limit: number): readonly StoredEvent[] {
    return this.shard(name).events.slice(afterPosition, afterPosition + limit)
  }

  /** Calls back once, at the next append; the function that it returns takes that back. */
  onNextAppend(name: string, wake: () => void): () => void {
    const { wakers } = this.shard(name)
    const once = (): void => {
      wakers.delete(once)
      wake()
    }
    wakers.add(once)
    return () => wakers.delete(once)
  }

  private shard(name: string): Shard {
    const known = this.shards.get(name)
    if (known !== undefined) return known
    const created: Shard = { leaseEpoch: 0, leaseEndsAtMs: 0, events: [], wakers: new Set() }
    this.shards.set(name, created)
    return created
  }
}

function headOf({ events }: Shard): JournalHead {
  return { position: events.length, hash: events.at(-1)?.hash ?? zeroHash }
}
