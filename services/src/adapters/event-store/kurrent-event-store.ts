import { randomUUID } from 'node:crypto'
import {
  type AppendBatch,
  type AppendResult,
  type EventStore,
  type JournalHead,
  type Lease,
  StoreDamagedError,
  type StoredEvent,
  UnknownOutcomeError,
  zeroHash,
} from '@deparrow/ledger'
import { NO_STREAM } from '@kurrent/kurrentdb-client'
import { AppendWatch } from './append-watch.ts'
import { assertBatch, assertLeaseMs, assertPage, assertPosition } from './call-checks.ts'
import { KurrentLeases } from './kurrent-leases.ts'
import { type JournalRecord, revisionOf, toEventData, toJournalRecord, toMarkerData } from './kurrent-records.ts'
import { isRefusal, KurrentStreams } from './kurrent-streams.ts'

export type KurrentOptions = {
  /** What the names of all streams begin with; networks that share a server need different ones. Default `deparrow`. */
  readonly streamPrefix?: string
  /** After which an append without an answer counts as of unknown outcome, in milliseconds. Default 10 000. */
  readonly appendTimeoutMs?: number
}

/** Another writer's append between reading the end and taking the shard is answered by trying again, so often at most. */
const takeAttemptsMax = 1_000

/** A read takes up to 15 ms through the client. */
const pollMs = 10

/** What this store knows of the end of a shard's stream while it is the one that writes there. */
type KnownEnd = { readonly leaseEpoch: number; readonly leaseRevision: number; readonly position: number }

/**
 * The event store on KurrentDB: one stream a shard, `<prefix>-journal-<shard>`. A writer takes the shard by a `WriterLeased`
 * marker in that stream, so that the expected revision of an append is its fence, and the ids of its events make a repeated append
 * harmless. An append is one call and at most as large as the server's `MaxAppendSize` (by default 1 MiB, 16 MiB at most).
 */
export class KurrentEventStore implements EventStore {
  private readonly watch = new AppendWatch(async shard => (await this.head(shard)).position, pollMs)
  private readonly ends = new Map<string, KnownEnd>()
  /** The last event that was read, because the next page usually begins behind it. */
  private readonly lastRead = new Map<string, { readonly position: number; readonly revision: number }>()

  private constructor(
    private readonly streams: KurrentStreams,
    private readonly leases: KurrentLeases,
    private readonly prefix: string,
  ) {}

  /** Connects. Throws the client's error when the server cannot be reached or refuses the user. */
  static async open(url: string, options: KurrentOptions = {}): Promise<KurrentEventStore> {
    const prefix = checkedPrefix(options.streamPrefix ?? 'deparrow')
    const streams = new KurrentStreams(url, options.appendTimeoutMs ?? 10_000)
    try {
      await streams.readLast(`${prefix}-clock`, 1)
      return new KurrentEventStore(streams, new KurrentLeases(streams, prefix), prefix)
    } catch (error) {
      await streams.close()
      throw error
    }
  }

  async acquire(shard: string, leaseMs: number): Promise<Lease> {
    const lease = await this.take(shard, leaseMs, async () => true)
    if (lease === undefined) throw new Error(`shard ${shard} was not taken`)
    return lease
  }

  async acquireExpired(shard: string, leaseMs: number): Promise<Lease | undefined> {
    return this.take(shard, leaseMs, async last => {
      const marker = last.event === undefined ? last : await this.record(shard, last.leaseRevision)
      return marker === undefined || this.leases.hasEnded(shard, marker)
    })
  }

  async renew(shard: string, leaseEpoch: number, leaseMs: number): Promise<boolean> {
    assertLeaseMs(leaseMs)
    if ((await this.last(shard))?.leaseEpoch !== leaseEpoch) return false
    await this.leases.renewed(shard, leaseEpoch, leaseMs)
    return true
  }

  async release(shard: string, leaseEpoch: number): Promise<void> {
    if ((await this.last(shard))?.leaseEpoch === leaseEpoch) await this.leases.released(shard, leaseEpoch)
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    assertBatch(batch)
    try {
      const isDurable = (await this.write(batch)) || (await this.isWritten(batch))
      if (!isDurable) return 'fenced'
    } catch (error) {
      throw isRefusal(error) || error instanceof StoreDamagedError ? error : new UnknownOutcomeError({ cause: error })
    }
    this.watch.reached(batch.shard, batch.expectedPosition + batch.events.length)
    return 'appended'
  }

  async head(shard: string): Promise<JournalHead> {
    return headOf(await this.last(shard))
  }

  async read(shard: string, afterPosition: number, limit: number): Promise<readonly StoredEvent[]> {
    assertPage(afterPosition, limit)
    const events: StoredEvent[] = []
    let revision = await this.firstRevisionAfter(shard, afterPosition)
    while (revision !== undefined && events.length < limit) {
      const wanted = limit - events.length
      const records = (await this.streams.readFrom(this.stream(shard), revision, wanted)).map(toJournalRecord)
      for (const record of records) this.collect(shard, record, afterPosition, events)
      revision = records.length < wanted ? undefined : revision + wanted
    }
    return events
  }

  async waitBeyond(shard: string, position: number, signal: AbortSignal): Promise<void> {
    assertPosition(position)
    await this.watch.beyond(shard, position, signal)
  }

  async close(): Promise<void> {
    this.watch.close()
    await this.streams.close()
  }

  /** Appends a marker behind the end of the stream if `mayTake` says so of its last record; again when the end has moved. */
  private async take(
    shard: string,
    leaseMs: number,
    mayTake: (last: JournalRecord) => Promise<boolean>,
  ): Promise<Lease | undefined> {
    assertLeaseMs(leaseMs)
    const id = randomUUID()
    for (let attempt = 0; attempt < takeAttemptsMax; attempt++) {
      const last = await this.last(shard)
      if (last !== undefined && !(await mayTake(last))) return undefined
      const head = headOf(last)
      const marker = toMarkerData(id, last, head.hash, leaseMs)
      if (!(await this.streams.append(this.stream(shard), last?.revision ?? NO_STREAM, [marker]))) continue
      const leaseEpoch = (last?.leaseEpoch ?? 0) + 1
      const leaseRevision = (last?.revision ?? -1) + 1
      this.ends.set(shard, { leaseEpoch, leaseRevision, position: head.position })
      return { leaseEpoch, head }
    }
    throw new Error(`shard ${shard} was appended to in between ${takeAttemptsMax} attempts to take it`)
  }

  /** Answers `false` when the stream does not end, under this lease, where the batch expects it. */
  private async write({ shard, leaseEpoch, expectedPosition, events }: AppendBatch): Promise<boolean> {
    const end = await this.endUnder(shard, leaseEpoch, expectedPosition)
    if (end === undefined) return false
    const data = events.map(event => toEventData(event, leaseEpoch, end.leaseRevision))
    const expectedRevision = revisionOf(expectedPosition, leaseEpoch)
    if (!(await this.streams.append(this.stream(shard), expectedRevision, data))) return false
    this.ends.set(shard, { ...end, position: expectedPosition + events.length })
    return true
  }

  private async endUnder(shard: string, leaseEpoch: number, position: number): Promise<KnownEnd | undefined> {
    const known = this.ends.get(shard)
    if (known?.leaseEpoch === leaseEpoch && known.position === position) return known
    if (!Number.isSafeInteger(leaseEpoch) || leaseEpoch < 1) return undefined
    const record = await this.record(shard, revisionOf(position, leaseEpoch))
    return record?.leaseEpoch === leaseEpoch ? record : undefined
  }

  /** Whether an earlier call wrote the batch. The hash of its last event stands for it and all that came before. */
  private async isWritten({ shard, expectedPosition, events }: AppendBatch): Promise<boolean> {
    const [written] = await this.read(shard, expectedPosition + events.length - 1, 1)
    return written !== undefined && written.hash === events.at(-1)?.hash
  }

  private collect(shard: string, record: JournalRecord, afterPosition: number, events: StoredEvent[]): void {
    const expected = afterPosition + events.length + 1
    if (record.event === undefined && record.position < expected) return
    if (record.event?.position !== expected) {
      throw new StoreDamagedError(
        `the journal of shard ${shard} has no event at position ${expected}: restore it from a backup`,
      )
    }
    events.push(record.event)
    this.lastRead.set(shard, { position: expected, revision: record.revision })
  }

  /**
   * A revision from which on a stream holds the events after a position and before it no other than markers; `undefined` when
   * there are none. As many markers stand before an event as its epoch says, so it is looked for among as many revisions.
   */
  private async firstRevisionAfter(shard: string, position: number): Promise<number | undefined> {
    const lastRead = this.lastRead.get(shard)
    if (position === 0) return 0
    if (lastRead?.position === position) return lastRead.revision + 1
    const last = await this.last(shard)
    if (last === undefined || last.position <= position) return undefined
    let low = revisionOf(position + 1, 1)
    let high = revisionOf(position + 1, last.leaseEpoch)
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const record = await this.record(shard, middle)
      if (record === undefined || record.position > position) high = middle
      else low = middle + 1
    }
    return low
  }

  private async last(shard: string): Promise<JournalRecord | undefined> {
    const [last] = await this.streams.readLast(this.stream(shard), 1)
    return last === undefined ? undefined : toJournalRecord(last)
  }

  private async record(shard: string, revision: number): Promise<JournalRecord | undefined> {
    const [record] = (await this.streams.readFrom(this.stream(shard), revision, 1)).map(toJournalRecord)
    return record?.revision === revision ? record : undefined
  }

  private stream(shard: string): string {
    return `${this.prefix}-journal-${shard}`
  }
}

function headOf(record: JournalRecord | undefined): JournalHead {
  return record === undefined ? { position: 0, hash: zeroHash } : { position: record.position, hash: record.hash }
}

function checkedPrefix(prefix: string): string {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(prefix)) {
    throw new TypeError(`${JSON.stringify(prefix)} is no prefix: a lower-case letter, then letters, digits and _`)
  }
  return prefix
}
