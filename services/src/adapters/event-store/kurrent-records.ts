import { type Hex, isHexOf, StoreDamagedError, type StoredEvent } from '@deparrow/ledger'
import type { EventData, ResolvedEvent } from '@kurrent/kurrentdb-client'

/** The type of the event with which a writer takes a shard. It stands between the journal's events and is none of them. */
export const leasedType = 'WriterLeased'

/**
 * A record of a shard's stream: an event of the journal, or a {@link leasedType} marker. As many markers stand before an event
 * as its lease's epoch says, so that position and revision follow from one another.
 */
export type JournalRecord = {
  readonly revision: number
  readonly leaseEpoch: number
  /** Revision of the marker by which its writer took the shard. */
  readonly leaseRevision: number
  /** The event's position; for a marker that of the last event before it. */
  readonly position: number
  /** Chain hash at that position. */
  readonly hash: Hex
  /** `undefined` for a marker. */
  readonly event: StoredEvent | undefined
  /** The server's clock when it wrote the record, in Unix milliseconds. */
  readonly writtenAtMs: number
  /** How long the lease lasts that a marker takes; `undefined` for an event. */
  readonly leaseMs: number | undefined
}

type Metadata = { readonly hash: Hex; readonly leaseEpoch: number; readonly leaseRevision: number }

/** The revision of the event at a position that was written under a lease. */
export function revisionOf(position: number, leaseEpoch: number): number {
  return position + leaseEpoch - 1
}

/** The record of an event. Its id follows from its hash, by which the server knows a repeated append. */
export function toEventData(event: StoredEvent, leaseEpoch: number, leaseRevision: number): EventData {
  const metadata: Metadata = { hash: event.hash, leaseEpoch, leaseRevision }
  const envelope = { id: idOfHash(event.hash), type: typeOf(event.payload), metadata }
  const data = asJson(event.payload)
  return data === undefined
    ? { ...envelope, contentType: 'application/octet-stream', data: Buffer.from(event.payload) }
    : { ...envelope, contentType: 'application/json', data }
}

/** The marker that takes a shard after a record, or at the beginning of its stream. */
export function toMarkerData(id: string, last: JournalRecord | undefined, hash: Hex, leaseMs: number): EventData {
  const metadata: Metadata = {
    hash,
    leaseEpoch: (last?.leaseEpoch ?? 0) + 1,
    leaseRevision: last === undefined ? 0 : last.revision + 1,
  }
  return { id, type: leasedType, contentType: 'application/json', data: { leaseMs }, metadata }
}

/** Throws {@link StoreDamagedError} when a record is not one that this code wrote at its place. */
export function toJournalRecord(resolved: ResolvedEvent): JournalRecord {
  const { event: recorded } = resolved
  if (recorded === undefined) throw new StoreDamagedError('a record of the journal is gone from KurrentDB')
  const revision = Number(recorded.revision)
  const metadata = recorded.metadata as Partial<Metadata> | undefined
  const { hash, leaseEpoch, leaseRevision } = metadata ?? {}
  if (!isHexOf(hash, 32) || !isCount(leaseEpoch, 1, revision + 1) || !isCount(leaseRevision, 0, revision)) {
    throw new StoreDamagedError(`the record ${revision} of stream ${recorded.streamId} is none of a journal`)
  }
  const position = revision + 1 - leaseEpoch
  const known = { revision, leaseEpoch, leaseRevision, position, hash, writtenAtMs: recorded.created.getTime() }
  if (recorded.type !== leasedType) {
    return { ...known, event: { position, payload: payloadOf(recorded), hash }, leaseMs: undefined }
  }
  return { ...known, event: undefined, leaseMs: leaseMsOf(recorded.data) }
}

/** `leaseMs` of a marker or of a record of the lease stream; 0, a lease that is over, when there is none. */
export function leaseMsOf(data: unknown): number {
  const leaseMs = typeof data === 'object' && data !== null && 'leaseMs' in data ? data.leaseMs : undefined
  return isCount(leaseMs, 0, Number.MAX_SAFE_INTEGER) ? leaseMs : 0
}

/** The ledger's canonical JSON ends with the event's type; any other payload is a `JournalEvent`. */
function typeOf(payload: string): string {
  return /"type":"([A-Za-z]{1,64})"\}$/.exec(payload)?.[1] ?? 'JournalEvent'
}

/**
 * The payload as the value that the client writes as JSON, by which people and projections in KurrentDB can read it;
 * `undefined` when the client would not write the same bytes.
 */
function asJson(payload: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(payload)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject && JSON.stringify(value) === payload ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function payloadOf({ isJson, data }: { readonly isJson: boolean; readonly data: unknown }): string {
  return isJson || !(data instanceof Uint8Array) ? JSON.stringify(data) : Buffer.from(data).toString('utf8')
}

/** A UUID of version 8 (RFC 9562) out of both halves of a hash. */
function idOfHash(hash: Hex): string {
  const bytes = Buffer.from(hash.slice(2), 'hex')
  const id = Buffer.from(bytes.subarray(0, 16).map((byte, index) => byte ^ (bytes[index + 16] ?? 0)))
  id.writeUInt8((id.readUInt8(6) & 0x0f) | 0x80, 6)
  id.writeUInt8((id.readUInt8(8) & 0x3f) | 0x80, 8)
  return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function isCount(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
}
