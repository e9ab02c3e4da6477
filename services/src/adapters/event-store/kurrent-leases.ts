import { randomUUID } from 'node:crypto'
import type { EventData, ResolvedEvent } from '@kurrent/kurrentdb-client'
import { type JournalRecord, leaseMsOf } from './kurrent-records.ts'
import type { KurrentStreams } from './kurrent-streams.ts'

const renewedType = 'LeaseRenewed'
const releasedType = 'LeaseReleased'

/** Records of a lease stream that the server keeps, and that are looked at for one of the present lease. */
const leaseRecordsMax = 20

/**
 * What happens to a writer's lease after its marker in the journal: renewals and releases, in a bounded stream of their own so that
 * they do not lengthen the journal. Times are those of the server, by the time that it gives each record.
 */
export class KurrentLeases {
  /** @param prefix of the streams' names */
  constructor(
    private readonly streams: KurrentStreams,
    private readonly prefix: string,
  ) {}

  async renewed(shard: string, leaseEpoch: number, leaseMs: number): Promise<void> {
    await this.streams.appendBounded(this.stream(shard), leaseRecordsMax, record(renewedType, { leaseEpoch, leaseMs }))
  }

  async released(shard: string, leaseEpoch: number): Promise<void> {
    const event = record(releasedType, { leaseEpoch, leaseMs: 0 })
    await this.streams.appendBounded(this.stream(shard), leaseRecordsMax, event)
  }

  /**
   * Whether the lease that a marker took has ended. A renewal that comes after the lease's time may lose against a standby that
   * has already seen it end; the journal's fence decides.
   */
  async hasEnded(shard: string, marker: JournalRecord): Promise<boolean> {
    const nowMs = await this.serverNowMs()
    const latest = (await this.streams.readLast(this.stream(shard), leaseRecordsMax)).find(
      resolved => epochOf(resolved) === marker.leaseEpoch,
    )?.event
    if (latest === undefined) return marker.writtenAtMs + (marker.leaseMs ?? 0) <= nowMs
    return latest.created.getTime() + leaseMsOf(latest.data) <= nowMs
  }

  /** The server tells its time only by that of what it writes. */
  private async serverNowMs(): Promise<number> {
    const stream = `${this.prefix}-clock`
    await this.streams.appendBounded(stream, 1, record('ClockRead', {}))
    const [last] = await this.streams.readLast(stream, 1)
    if (last?.event === undefined) throw new Error('KurrentDB does not give back what it has just written')
    return last.event.created.getTime()
  }

  private stream(shard: string): string {
    return `${this.prefix}-lease-${shard}`
  }
}

function record(type: string, data: Record<string, number>): EventData {
  return { id: randomUUID(), type, contentType: 'application/json', data, metadata: undefined }
}

function epochOf({ event }: ResolvedEvent): unknown {
  const data: unknown = event?.data
  return typeof data === 'object' && data !== null && 'leaseEpoch' in data ? data.leaseEpoch : undefined
}
