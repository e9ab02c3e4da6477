import type { Hex } from '../hex.ts'

/** An event as it lies in a store. Whatever else is known of it (type, time, command) stands in its payload. */
export type StoredEvent = {
  readonly position: number
  /** Canonical JSON on one line, which the hash chain covers. */
  readonly payload: string
  /** Chain hash after this event. */
  readonly hash: Hex
}

/** The end of a shard's journal. Position 0 and the zero hash stand for an empty one. */
export type JournalHead = { readonly position: number; readonly hash: Hex }

export type AppendBatch = {
  readonly shard: string
  /** The writer's lease, from {@link EventStore.acquire}. */
  readonly leaseEpoch: number
  /** The head on which the batch was decided. */
  readonly expectedPosition: number
  /** At least one; positions ascend from `expectedPosition + 1` without gaps. */
  readonly events: readonly StoredEvent[]
}

/**
 * `appended`: the whole batch is durable (it survives the loss of power), by this call or by an earlier one with the same
 * batch. `fenced`: nothing of it is written, because another writer holds the lease or the head moved; the caller must drop its
 * state and acquire again.
 */
export type AppendResult = 'appended' | 'fenced'

/** A writer's right to append to a shard, and the end of its journal when it was taken. */
export type Lease = { readonly leaseEpoch: number; readonly head: JournalHead }

/**
 * The journal of one or more shards. An append is atomic and durable when it answers; position order is commit order, so that
 * `read` with the last position seen is a safe cursor: nothing appears later at or before a position that was read.
 */
export type EventStore = {
  /**
   * Takes the writer's lease of a shard for `leaseMs` (1 ms to a day, else `RangeError`) on the store's clock and fences whoever
   * had it.
   */
  acquire(shard: string, leaseMs: number): Promise<Lease>
  /**
   * Takes the lease only if its time is over because its holder has not renewed it; `undefined` while it is held. Of several
   * standbys that try at once, one gets it.
   */
  acquireExpired(shard: string, leaseMs: number): Promise<Lease | undefined>
  /** Prolongs a lease to `leaseMs` from now; `false` when another writer has taken it. An append needs no fresh lease. */
  renew(shard: string, leaseEpoch: number, leaseMs: number): Promise<boolean>
  /** Ends a lease at once, so that a standby need not wait for its time; without effect when another writer has taken it. */
  release(shard: string, leaseEpoch: number): Promise<void>
  /** Throws {@link UnknownOutcomeError} when it cannot tell whether the batch was written; the caller must read the head. */
  append(batch: AppendBatch): Promise<AppendResult>
  head(shard: string): Promise<JournalHead>
  /** Events after a position in ascending order, at most `limit` (1 to 10 000). */
  read(shard: string, afterPosition: number, limit: number): Promise<readonly StoredEvent[]>
  /**
   * Resolves when the journal is longer than `position`, at once when it is already; also when `signal` aborts. Sees appends of
   * other processes within 50 ms. Rejects when the store cannot be asked or is closed.
   */
  waitBeyond(shard: string, position: number, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Thrown by {@link EventStore.append} when the connection was lost before the store answered. */
export class UnknownOutcomeError extends Error {
  override readonly name = 'UnknownOutcomeError'
  constructor(options: { cause: unknown }) {
    super('the event store did not answer whether the batch was written', options)
  }
}

/** Thrown when stored data cannot be what this code wrote, or was written by a newer version. The message says what to do. */
export class StoreDamagedError extends Error {
  override readonly name = 'StoreDamagedError'
}
