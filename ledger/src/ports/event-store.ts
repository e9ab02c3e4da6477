import type { Hex } from '../hex.ts'

/** An event as it lies in a store: the payload is the canonical JSON that the hash chain covers. */
export type StoredEvent = {
  readonly position: number
  readonly type: string
  readonly atMs: number
  readonly commandId: string
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
 * `appended`: the whole batch is durable (it survives the loss of power). `fenced`: nothing was written, because another
 * writer holds the lease or the head moved; the caller must drop its state and acquire again.
 */
export type AppendResult = 'appended' | 'fenced'

/**
 * The journal of one or more shards. An append is atomic and durable when it answers; position order is commit order, so that
 * `read` with the last position seen is a safe cursor: nothing appears later at or before a position that was read.
 */
export type EventStore = {
  /** Takes the writer's lease of a shard, fences whoever had it, and returns the new lease with the head. */
  acquire(shard: string): Promise<{ readonly leaseEpoch: number; readonly head: JournalHead }>
  /** Throws {@link UnknownOutcomeError} when it cannot tell whether the batch was written; the caller must read the head. */
  append(batch: AppendBatch): Promise<AppendResult>
  head(shard: string): Promise<JournalHead>
  /** Events after a position in ascending order, at most `limit` (1 to 10 000). */
  read(shard: string, afterPosition: number, limit: number): Promise<readonly StoredEvent[]>
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
