import { DatabaseSync } from 'node:sqlite'
import { BatchOrder, type JournalBatch, type JournalBatches } from './journal-batches.ts'

/** Bytes of payloads after which a page is full. */
const pageBytesMax = 1_000_000

type Row = { readonly first_position: number; readonly last_position: number; readonly payloads: Uint8Array }

/** The batches of a journal in a SQLite file, which must be of today's schema. It may be open elsewhere and grow meanwhile. */
export class SqliteJournalBatches implements JournalBatches {
  private readonly database: DatabaseSync

  /** Throws the driver's error when the file cannot be read. */
  constructor(path: string) {
    this.database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  }

  async end(shard: string): Promise<number> {
    const row = this.database.prepare('SELECT position FROM journal_head WHERE shard = ?').get(shard)
    return Number(row?.['position'] ?? 0)
  }

  async *pages(
    shard: string,
    afterPosition: number,
    untilPosition: number,
  ): AsyncGenerator<readonly JournalBatch[], void> {
    const order = new BatchOrder(shard, afterPosition, untilPosition)
    let page: JournalBatch[] = []
    let pageBytes = 0
    for (const row of this.rows(shard, afterPosition)) {
      if (row.first_position > untilPosition) break
      const batch = { firstPosition: row.first_position, lastPosition: row.last_position, payloads: row.payloads }
      order.take(batch)
      page.push(batch)
      pageBytes += row.payloads.length
      if (pageBytes < pageBytesMax) continue
      yield page
      page = []
      pageBytes = 0
    }
    order.end()
    if (page.length > 0) yield page
  }

  async close(): Promise<void> {
    if (this.database.isOpen) this.database.close()
  }

  private rows(shard: string, afterPosition: number): Iterable<Row> {
    const statement = this.database.prepare(
      `SELECT first_position, last_position, CAST(payloads AS BLOB) AS payloads FROM journal_batch
       WHERE shard = ? AND last_position > ? ORDER BY last_position`,
    )
    return statement.iterate(shard, afterPosition) as unknown as Iterable<Row>
  }
}
