import {
  AccessDeniedError,
  AppendRecordSizeExceededError,
  BACKWARDS,
  END,
  type EventData,
  InvalidArgumentError,
  KurrentDBClient,
  MaxAppendSizeExceededError,
  type NO_STREAM,
  type ReadStreamOptions,
  type ResolvedEvent,
  StreamDeletedError,
  StreamNotFoundError,
  StreamTombstonedError,
  TransactionMaxSizeExceededError,
  UnavailableError,
  WrongExpectedVersionError,
} from '@kurrent/kurrentdb-client'

/** A read of a page that has not ended after so long has lost its server. */
const readTimeoutMs = 30_000

/** A read whose connection is lost is made again on a new one, so often at most. */
const readAttemptsMax = 3

/**
 * The streams of a KurrentDB server as this package uses them: every read is answered by the leader and every call ends in a
 * bounded time, in an error if need be.
 */
export class KurrentStreams {
  private readonly client: KurrentDBClient
  private readonly bounded = new Set<string>()
  private closed = false

  /** @param appendTimeoutMs after which an append without an answer fails */
  constructor(
    url: string,
    private readonly appendTimeoutMs: number,
  ) {
    this.client = KurrentDBClient.connectionString(url)
  }

  /**
   * Appends all or nothing if the stream ends at the expected revision; answers `false` when it does not. A batch that stands
   * there already, by its ids, is not written again. Throws {@link AppendTooLargeError}, an error that {@link isRefusal} knows,
   * or one that leaves open whether the batch was written.
   */
  async append(stream: string, expected: number | typeof NO_STREAM | 'any', events: EventData[]): Promise<boolean> {
    this.assertOpen()
    const streamState = typeof expected === 'number' ? BigInt(expected) : expected
    try {
      await within(
        this.appendTimeoutMs,
        this.client.appendToStream(stream, events, { streamState, requiresLeader: true }),
      )
      return true
    } catch (error) {
      if (error instanceof WrongExpectedVersionError) return false
      throw isTooLarge(error) ? new AppendTooLargeError({ cause: error }) : error
    }
  }

  /** Appends to a stream of which only the last `recordsMax` records count; older ones the server forgets. */
  async appendBounded(stream: string, recordsMax: number, event: EventData): Promise<void> {
    this.assertOpen()
    if (!this.bounded.has(stream)) {
      await within(this.appendTimeoutMs, this.client.setStreamMetadata(stream, { maxCount: recordsMax }))
      this.bounded.add(stream)
    }
    await this.append(stream, 'any', [event])
  }

  /** At most `limit` records from a revision on; none when the stream does not exist. */
  async readFrom(stream: string, revision: number, limit: number): Promise<readonly ResolvedEvent[]> {
    return this.read(stream, { fromRevision: BigInt(revision), maxCount: limit })
  }

  /** The last records of a stream, the last one first; none when the stream does not exist. */
  async readLast(stream: string, limit: number): Promise<readonly ResolvedEvent[]> {
    return this.read(stream, { fromRevision: END, direction: BACKWARDS, maxCount: limit })
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await this.client.dispose()
  }

  private async read(stream: string, options: ReadStreamOptions): Promise<readonly ResolvedEvent[]> {
    for (let attempt = 1; ; attempt++) {
      this.assertOpen()
      try {
        return await within(
          readTimeoutMs,
          collect(this.client.readStream(stream, { ...options, requiresLeader: true })),
        )
      } catch (error) {
        if (!(error instanceof UnavailableError) || attempt === readAttemptsMax) throw error
      }
    }
  }

  private assertOpen(): void {
    if (this.closed) throw new StreamsClosedError()
  }
}

/** Whether the server said that it did not and will not write an append. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof AppendTooLargeError ||
    error instanceof AccessDeniedError ||
    error instanceof InvalidArgumentError ||
    error instanceof StreamDeletedError ||
    error instanceof StreamTombstonedError ||
    error instanceof StreamsClosedError
  )
}

function isTooLarge(error: unknown): boolean {
  return (
    error instanceof MaxAppendSizeExceededError ||
    error instanceof AppendRecordSizeExceededError ||
    error instanceof TransactionMaxSizeExceededError
  )
}

async function collect(records: AsyncIterable<ResolvedEvent>): Promise<readonly ResolvedEvent[]> {
  const collected: ResolvedEvent[] = []
  try {
    for await (const record of records) collected.push(record)
  } catch (error) {
    if (!(error instanceof StreamNotFoundError)) throw error
  }
  return collected
}

async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new KurrentTimeoutError(timeoutMs)), timeoutMs)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Thrown when a batch is larger than the server takes at once. Nothing of it was written. */
export class AppendTooLargeError extends Error {
  override readonly name = 'AppendTooLargeError'
  constructor(options: { cause: unknown }) {
    super('the batch is larger than KurrentDB takes at once; raise its option MaxAppendSize, up to 16 MiB', options)
  }
}

/** Thrown when the server did not answer in time. */
export class KurrentTimeoutError extends Error {
  override readonly name = 'KurrentTimeoutError'
  constructor(timeoutMs: number) {
    super(`KurrentDB did not answer within ${timeoutMs} ms`)
  }
}

/** Thrown to those who use the streams after they were closed. */
export class StreamsClosedError extends Error {
  override readonly name = 'StreamsClosedError'
  constructor() {
    super('the event store was closed')
  }
}
