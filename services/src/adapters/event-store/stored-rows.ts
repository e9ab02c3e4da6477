import {
  type AppendBatch,
  type Hex,
  type JournalHead,
  StoreDamagedError,
  type StoredEvent,
  zeroHash,
} from '@deparrow/ledger'

/** A row of `journal_event` without its shard, as both engines give it. */
export type EventRow = {
  readonly position: bigint
  readonly type: string
  readonly at_ms: bigint
  readonly command_id: string
  readonly payload: string
  readonly hash: string
}

export type HeadRow = { readonly position: bigint; readonly hash: string }

/** The head and the last event of a shard, which must agree; `last_hash` is null when there is no event at the head. */
export type CheckedHeadRow = HeadRow & { readonly last_hash: string | null; readonly next_position: bigint | null }

const readLimitMax = 10_000

/** Throws when a caller breaks the contract of `append`: positions ascend from the head without gaps, at least one event. */
export function assertBatch(batch: AppendBatch): void {
  if (batch.events.length === 0) throw new InvalidBatchError('a batch holds at least one event')
  batch.events.forEach((event, index) => {
    const expected = batch.expectedPosition + index + 1
    if (event.position !== expected) {
      throw new InvalidBatchError(`expected an event for position ${expected}, found one for ${event.position}`)
    }
  })
}

/** Throws {@link RangeError} when a caller breaks the contract of `read`. */
export function assertPage(afterPosition: number, limit: number): void {
  if (!Number.isSafeInteger(afterPosition) || afterPosition < 0) {
    throw new RangeError(`${afterPosition} is no position: a whole number from 0`)
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > readLimitMax) {
    throw new RangeError(`a page holds 1 to ${readLimitMax} events, not ${limit}`)
  }
}

export function toHead(row: HeadRow | undefined): JournalHead {
  return row === undefined ? { position: 0, hash: zeroHash } : { position: Number(row.position), hash: row.hash as Hex }
}

/** Throws {@link StoreDamagedError} when the head and the events of a shard contradict each other. */
export function toCheckedHead(shard: string, row: CheckedHeadRow): JournalHead {
  const head = toHead(row)
  const lastHash = head.position === 0 ? zeroHash : row.last_hash
  if (row.next_position !== null || lastHash !== head.hash) {
    throw new StoreDamagedError(
      `the journal of shard ${shard} does not end where its head says, at position ${head.position}: restore it from a backup`,
    )
  }
  return head
}

/** Throws {@link StoreDamagedError} when events are missing between the rows. */
export function toStoredEvents(
  shard: string,
  afterPosition: number,
  rows: readonly EventRow[],
): readonly StoredEvent[] {
  return rows.map((row, index) => {
    const position = Number(row.position)
    if (position !== afterPosition + index + 1) {
      throw new StoreDamagedError(
        `the journal of shard ${shard} has no event at position ${afterPosition + index + 1}: restore it from a backup`,
      )
    }
    const { type, payload } = row
    return { position, type, atMs: Number(row.at_ms), commandId: row.command_id, payload, hash: row.hash as Hex }
  })
}

/** Thrown when code hands over a batch that the port does not allow. Nothing was written. */
export class InvalidBatchError extends Error {
  override readonly name = 'InvalidBatchError'
}
