import type { Pool } from 'pg'
import { createPostgresPool, type PostgresOptions } from '../sql/postgres-database.ts'
import { BatchOrder, type JournalBatch, type JournalBatches } from './journal-batches.ts'

/** Events in one page, and the rest of its last batch. */
const pagePositions = 8_192

type Row = { readonly first_position: bigint; readonly last_position: bigint; readonly payloads: string }

/** The batches of a journal in PostgreSQL, which must be of today's schema. It may grow meanwhile. */
export class PostgresJournalBatches implements JournalBatches {
  private readonly pool: Pool

  constructor(url: string, options: Pick<PostgresOptions, 'schema'> = {}) {
    this.pool = createPostgresPool(url, { ...options, connectionsMax: 1 })
  }

  async end(shard: string): Promise<number> {
    const { rows } = await this.pool.query<{ position: bigint }>('SELECT position FROM journal_head WHERE shard = $1', [
      shard,
    ])
    return Number(rows[0]?.position ?? 0n)
  }

  async *pages(
    shard: string,
    afterPosition: number,
    untilPosition: number,
  ): AsyncGenerator<readonly JournalBatch[], void> {
    const order = new BatchOrder(shard, afterPosition, untilPosition)
    for (let after = afterPosition; after < untilPosition; ) {
      const page = await this.page(shard, after, Math.min(after + pagePositions, untilPosition))
      for (const batch of page) order.take(batch)
      after = page.at(-1)?.lastPosition ?? untilPosition
      if (page.length > 0) yield page
    }
    order.end()
  }

  async close(): Promise<void> {
    if (!this.pool.ending) await this.pool.end()
  }

  /** Up to the row that holds `until`. */
  private async page(shard: string, after: number, until: number): Promise<readonly JournalBatch[]> {
    const { rows } = await this.pool.query<Row>({
      name: 'journal-batches',
      text: pageSql,
      values: [shard, after, until],
    })
    return rows.map(row => ({
      firstPosition: Number(row.first_position),
      lastPosition: Number(row.last_position),
      payloads: Buffer.from(row.payloads),
    }))
  }
}

const pageSql = `SELECT first_position, last_position, payloads FROM journal_batch
  WHERE shard = $1 AND last_position > $2 AND last_position <= coalesce((
    SELECT last_position FROM journal_batch WHERE shard = $1 AND last_position >= $3 ORDER BY last_position LIMIT 1
  ), ${Number.MAX_SAFE_INTEGER}) ORDER BY last_position`
