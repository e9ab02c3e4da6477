import { DatabaseSync } from 'node:sqlite'
import {
  formatExportEnd,
  formatExportedEvent,
  formatExportHeader,
  type Hex,
  isHexOf,
  readCanonicalEvent,
  ShapeError,
  zeroAddress,
  zeroHash,
} from '@deparrow/ledger'

type BatchRow = { readonly hashes: Uint8Array; readonly payloads: Uint8Array }

type HeadRow = { readonly shard: string; readonly position: number; readonly hash: string }

/** As they lie there: what was changed in the file must not be mended by reading it. */
const batchesSql = `SELECT CAST(hashes AS BLOB) AS hashes, CAST(payloads AS BLOB) AS payloads
  FROM journal_batch WHERE shard = ? ORDER BY last_position`

/**
 * A shard's journal out of an event store of SQLite, as an export. It is read at one moment, while the ledger may go on writing. Throws
 * {@link StoreUnreadableError} for a file that SQLite cannot read, and {@link ShardChoiceError}.
 */
export async function* sqliteChunks(
  path: string,
  { shard, signal }: { readonly shard?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array> {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    database.exec('BEGIN')
    const head = headOf(database, shard)
    let isBegun = false
    for (const row of database.prepare(batchesSql).iterate(head.shard)) {
      signal?.throwIfAborted()
      const lines = linesOf(row as BatchRow)
      if (!isBegun) yield headerOf(head.shard, lines[0]?.payload ?? '')
      isBegun = true
      yield Buffer.from(lines.map(formatExportedEvent).join(''), 'latin1')
    }
    const { position, hash } = head
    if (isHexOf(hash, 32)) yield Buffer.from(formatExportEnd({ end: { position, hash }, isComplete: true }))
  } catch (cause) {
    if (cause instanceof Error && 'errcode' in cause) throw new StoreUnreadableError(cause.message, { cause })
    throw cause
  } finally {
    database.close()
  }
}

function headOf(database: DatabaseSync, shard: string | undefined): HeadRow {
  const heads = database.prepare('SELECT shard, position, hash FROM journal_head').all() as HeadRow[]
  const chosen = heads.filter(head => shard === undefined || head.shard === shard)
  const [head] = chosen
  if (head === undefined || chosen.length > 1) throw new ShardChoiceError(heads.map(known => known.shard))
  return head
}

/** Bytes stand in texts one a character, so that they come out again as they went in. */
function linesOf({ hashes, payloads }: BatchRow): readonly { readonly hash: Hex; readonly payload: string }[] {
  const digits = Buffer.from(hashes).toString('hex')
  return Buffer.from(payloads)
    .toString('latin1')
    .split('\n')
    .map((payload, index) => ({ hash: `0x${digits.slice(64 * index, 64 * (index + 1)).padEnd(64, '0')}`, payload }))
}

/** Of which ledger the journal is stands in its first event; when that cannot be read the header says so of no ledger. */
function headerOf(shard: string, payload: string): Uint8Array {
  const after = { position: 0, hash: zeroHash }
  const { chainId, settlement } = configIn(payload) ?? { chainId: 0, settlement: zeroAddress }
  return Buffer.from(formatExportHeader({ shard, chainId, settlement, after }))
}

function configIn(payload: string) {
  try {
    const event = readCanonicalEvent(payload)
    return event.type === 'LedgerOpened' ? event.data.config : undefined
  } catch (error) {
    if (error instanceof ShapeError) return undefined
    throw error
  }
}

/** Thrown when a store's file is damaged so that its database cannot read it on. */
export class StoreUnreadableError extends Error {
  override readonly name = 'StoreUnreadableError'
}

/** Thrown when a store does not keep the shard that was named, or several and none was named. */
export class ShardChoiceError extends Error {
  override readonly name = 'ShardChoiceError'
  constructor(shards: readonly string[]) {
    const known = shards.length === 0 ? 'none' : shards.map(shard => JSON.stringify(shard)).join(', ')
    super(`name one of the store’s shards: ${known}`)
  }
}
