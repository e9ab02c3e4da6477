import type { Hex } from '@deparrow/ledger'

/** An event of a shard's journal as others get it: the attributes of a CloudEvent 1.0, and as its data the payload as it is stored. */
export type LedgerCloudEvent = {
  /** Position in the shard's journal, from 1 without gaps. */
  readonly position: number
  /** The journal's chain hash after this event: `keccak256(hash before ‖ UTF-8 of the payload)`. */
  readonly hash: Hex
  /** `<shard>/<position>`; unique together with `source`. */
  readonly id: string
  readonly source: string
  /** `com.deparrow.ledger.<EventType>.v1`. */
  readonly type: string
  /** RFC 3339, UTC: the event's own time, not that of its publication. */
  readonly time: string
  /** The command that caused the event. */
  readonly subject: string
  /** Canonical JSON on one line, byte for byte what the chain hash covers. */
  readonly payload: string
}

/** An event with its place on the bus: follow again from its `cursor` to get what comes after it. */
export type DeliveredEvent = LedgerCloudEvent & { readonly cursor: string }

/** The only one who may publish a shard, until another opens it. */
export type ShardPublisher = {
  /** The last committed event of the shard when it was opened, `undefined` for none: publishing goes on after it. */
  readonly last: LedgerCloudEvent | undefined
  /**
   * Appends a batch: when it resolves, the whole batch is committed and followers get it; when it throws, all of it is
   * committed or nothing is, and the publisher is of no more use: open the shard again to learn which. Positions must continue
   * those of the events before. One call at a time. Throws {@link BusFencedError}, {@link BusUnavailableError}, and
   * `TypeError` for a batch that is empty or does not continue.
   */
  publish(batch: readonly LedgerCloudEvent[]): Promise<void>
  close(): Promise<void>
}

/**
 * Carries the events of journals to others, each shard in its own order. What is committed stays, in the order of its
 * commit; of a batch, followers see all or nothing.
 */
export type EventBus = {
  /**
   * Takes the right to publish a shard. From then on no batch of an earlier publisher commits, so that `last` stays the last
   * event until the new publisher has published. Throws {@link BusUnavailableError}, {@link MalformedRecordError} when the
   * shard's last record is nothing that a publisher wrote, and `RangeError` for a shard that this bus does not carry.
   */
  open(shard: string): Promise<ShardPublisher>
  /**
   * Committed events of a shard in order, from the first that is kept or from a cursor on, then each batch as it commits, until
   * `signal` aborts. Throws {@link BusUnavailableError}, {@link RecordsGoneError}, {@link MalformedRecordError}; follow again
   * from the last cursor.
   */
  follow(
    shard: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly DeliveredEvent[], void>
  close(): Promise<void>
}

/** Throws `TypeError` unless a batch holds events and continues `last` without a gap; what follows nothing begins at 1. */
export function assertContinues(last: LedgerCloudEvent | undefined, batch: readonly LedgerCloudEvent[]): void {
  if (batch.length === 0) throw new TypeError('a batch holds at least one event')
  batch.forEach((event, index) => {
    const expected = (last?.position ?? 0) + index + 1
    if (event.position !== expected) throw new TypeError(`expected position ${expected}, found ${event.position}`)
  })
}

/** Thrown to a publisher when another one has opened the shard since. Nothing of the batch is committed. */
export class BusFencedError extends Error {
  override readonly name = 'BusFencedError'
  constructor({ shard, cause }: { shard: string; cause?: unknown }) {
    super(`another publisher has opened shard ${shard}`, { cause })
  }
}

/** Thrown when the bus cannot be reached, answers too late or refuses. `reason` is its own code, such as `ECONNREFUSED`. */
export class BusUnavailableError extends Error {
  override readonly name = 'BusUnavailableError'
  readonly reason: string
  constructor({ reason, cause }: { reason: string; cause?: unknown }) {
    super(`the event bus did not do what was asked: ${reason}`, { cause })
    this.reason = reason
  }
}

/** Thrown when a cursor points to records that the bus no longer keeps, or never had. Fold the journal itself instead. */
export class RecordsGoneError extends Error {
  override readonly name = 'RecordsGoneError'
  constructor({ shard, cursor, cause }: { shard: string; cursor: string; cause?: unknown }) {
    super(`the event bus does not have the records of shard ${shard} after cursor ${cursor}`, { cause })
  }
}

/** Thrown for a record that no publisher of this code wrote. */
export class MalformedRecordError extends Error {
  override readonly name = 'MalformedRecordError'
  constructor({ shard, cursor, problem }: { shard: string; cursor: string; problem: string }) {
    super(`the record of shard ${shard} before cursor ${cursor} is no event of a ledger: ${problem}`)
  }
}
