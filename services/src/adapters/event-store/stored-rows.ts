import {
  type AppendBatch,
  bytesToHex,
  type Hex,
  type JournalHead,
  StoreDamagedError,
  type StoredEvent,
  zeroHash,
} from '@deparrow/ledger'

/** A row of `journal_batch` without its shard, as both engines give it. */
export type BatchRow = {
  readonly first_position: bigint
  readonly last_position: bigint
  readonly hashes: Uint8Array
  readonly payloads: string
}

export type HeadRow = { readonly position: bigint; readonly hash: string }

/** The head and the batch that ends there, which must agree; `last_hashes` is null when no batch ends at the head. */
export type CheckedHeadRow = HeadRow & { readonly last_hashes: Uint8Array | null; readonly is_longer: bigint | null }

const hashBytes = 32

/** The chain hashes of a batch, one after another. */
export function joinHashes(events: readonly StoredEvent[]): Buffer {
  return Buffer.from(events.map(event => event.hash.slice(2)).join(''), 'hex')
}

/** The payloads of a batch, one a line. */
export function joinPayloads(events: readonly StoredEvent[]): string {
  return events.length === 1 ? (events[0]?.payload ?? '') : events.map(event => event.payload).join('\n')
}

export function toHead(row: HeadRow | undefined): JournalHead {
  return row === undefined ? { position: 0, hash: zeroHash } : { position: Number(row.position), hash: row.hash as Hex }
}

/** Throws {@link StoreDamagedError} when the head and the batches of a shard contradict each other. */
export function toCheckedHead(shard: string, row: CheckedHeadRow): JournalHead {
  const head = toHead(row)
  const lastHash = row.last_hashes === null ? zeroHash : bytesToHex(row.last_hashes.subarray(-hashBytes))
  if (row.is_longer !== null || lastHash !== head.hash || (row.last_hashes === null) !== (head.position === 0)) {
    throw new StoreDamagedError(
      `the journal of shard ${shard} does not end where its head says, at position ${head.position}: restore it from a backup`,
    )
  }
  return head
}

/** The hash that a row holds for a position; `undefined` when it does not hold that position. */
export function hashAt(row: Omit<BatchRow, 'payloads'> | undefined, position: number): Hex | undefined {
  if (row === undefined) return undefined
  const start = (position - Number(row.first_position)) * hashBytes
  if (start < 0 || position > Number(row.last_position)) return undefined
  return bytesToHex(row.hashes.subarray(start, start + hashBytes))
}

/**
 * At most `limit` events after a position out of the rows that hold them. Throws {@link StoreDamagedError} when a row is missing
 * or is not what {@link joinHashes} and {@link joinPayloads} make.
 */
export function toStoredEvents(
  shard: string,
  afterPosition: number,
  limit: number,
  rows: readonly BatchRow[],
): readonly StoredEvent[] {
  const events: StoredEvent[] = []
  for (const row of rows) {
    const next = afterPosition + events.length + 1
    const first = Number(row.first_position)
    if (events.length === 0 ? first > next : first !== next) throw missing(shard, next)
    for (const event of eventsOf(shard, row, next, limit - events.length)) events.push(event)
  }
  return events
}

function eventsOf(shard: string, row: BatchRow, fromPosition: number, limit: number): readonly StoredEvent[] {
  const first = Number(row.first_position)
  const payloads = row.payloads.split('\n')
  const count = Number(row.last_position) - first + 1
  if (payloads.length !== count || row.hashes.length !== count * hashBytes) throw missing(shard, first)
  const hashes = Buffer.from(row.hashes.buffer, row.hashes.byteOffset, row.hashes.byteLength).toString('hex')
  const skipped = fromPosition - first
  return payloads.slice(skipped, skipped + limit).map((payload, index) => {
    const start = (skipped + index) * hashBytes * 2
    return { position: fromPosition + index, payload, hash: `0x${hashes.slice(start, start + hashBytes * 2)}` }
  })
}

function missing(shard: string, position: number): StoreDamagedError {
  return new StoreDamagedError(
    `the journal of shard ${shard} does not hold what was written at position ${position}: restore it from a backup`,
  )
}

/** Whether the journal holds the batch already, by an earlier call: the hash of its last event stands for all before it. */
export function isBatchAt(
  row: Omit<BatchRow, 'payloads'> | undefined,
  { expectedPosition, events }: AppendBatch,
): boolean {
  return hashAt(row, expectedPosition + events.length) === events.at(-1)?.hash
}
