import {
  type AppendBatch,
  type AppendResult,
  type EventStore,
  type JournalHead,
  type Lease,
  type StoredEvent,
  UnknownOutcomeError,
  zeroHash,
} from '@deparrow/ledger'
import { DatabaseError, type Pool } from 'pg'
import { migrate } from '../sql/migrate.ts'
import { createPostgresPool, openPostgres, type PostgresOptions } from '../sql/postgres-database.ts'
import { AppendWatch } from './append-watch.ts'
import { assertBatch, assertLeaseMs, assertPage, assertPosition } from './call-checks.ts'
import {
  type BatchRow,
  type CheckedHeadRow,
  type HeadRow,
  isBatchAt,
  joinHashes,
  joinPayloads,
  toCheckedHead,
  toHead,
  toStoredEvents,
} from './stored-rows.ts'

/**
 * The event store on PostgreSQL. An append is one statement, one row and one round trip: it moves the head row if lease and
 * position are as expected, and the moved row feeds the insert of the batch. The head row stays locked to the commit, so position
 * order is commit order. Call `acquire` after an {@link UnknownOutcomeError} only to take the shard over: a statement that
 * was cut off may still be running, and the head row's lock puts whatever comes next behind it.
 */
export class PostgresEventStore implements EventStore {
  private readonly watch = new AppendWatch(async shard => (await this.head(shard)).position)

  private constructor(private readonly pool: Pool) {}

  /**
   * Connects and migrates. Throws `NewerSchemaError`, {@link NotDurableError} when the server runs without fsync, and
   * the driver's error when the server cannot be reached.
   */
  static async open(url: string, options: PostgresOptions = {}): Promise<PostgresEventStore> {
    await migrateJournal(url, options)
    const pool = createPostgresPool(url, options)
    try {
      await assertDurable(pool)
      return new PostgresEventStore(pool)
    } catch (error) {
      await pool.end()
      throw error
    }
  }

  async acquire(shard: string, leaseMs: number): Promise<Lease> {
    assertLeaseMs(leaseMs)
    const lease = await this.take(acquireSql, shard, leaseMs)
    if (lease === undefined) throw new Error(`the head of shard ${shard} vanished`)
    return lease
  }

  async acquireExpired(shard: string, leaseMs: number): Promise<Lease | undefined> {
    assertLeaseMs(leaseMs)
    return this.take(acquireExpiredSql, shard, leaseMs)
  }

  async renew(shard: string, leaseEpoch: number, leaseMs: number): Promise<boolean> {
    assertLeaseMs(leaseMs)
    return (await this.pool.query(renewSql, [shard, leaseEpoch, leaseMs])).rowCount === 1
  }

  async release(shard: string, leaseEpoch: number): Promise<void> {
    await this.pool.query(releaseSql, [shard, leaseEpoch])
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    assertBatch(batch)
    let isDurable: boolean
    try {
      const result = await this.pool.query({ name: 'journal-append', text: appendSql, values: appendValues(batch) })
      isDurable = result.rowCount === 1 || (await this.isWritten(batch))
    } catch (error) {
      throw isRefusedByServer(error) ? error : new UnknownOutcomeError({ cause: error })
    }
    if (isDurable) this.watch.reached(batch.shard, batch.expectedPosition + batch.events.length)
    return isDurable ? 'appended' : 'fenced'
  }

  async head(shard: string): Promise<JournalHead> {
    const { rows } = await this.pool.query<HeadRow>({ name: 'journal-head', text: headSql, values: [shard] })
    return toHead(rows[0])
  }

  async read(shard: string, afterPosition: number, limit: number): Promise<readonly StoredEvent[]> {
    assertPage(afterPosition, limit)
    const values = [shard, afterPosition, afterPosition + limit]
    const { rows } = await this.pool.query<BatchRow>({ name: 'journal-read', text: readSql, values })
    return toStoredEvents(shard, afterPosition, limit, rows)
  }

  async waitBeyond(shard: string, position: number, signal: AbortSignal): Promise<void> {
    assertPosition(position)
    await this.watch.beyond(shard, position, signal)
  }

  async close(): Promise<void> {
    this.watch.close()
    if (!this.pool.ending) await this.pool.end()
  }

  private async take(text: string, shard: string, leaseMs: number): Promise<Lease | undefined> {
    const { rows } = await this.pool.query<{ lease_epoch: bigint }>(text, [shard, leaseMs, zeroHash])
    const [lease] = rows
    if (lease === undefined) return undefined
    const checked = await this.pool.query<CheckedHeadRow>(checkedHeadSql, [shard])
    const [row] = checked.rows
    if (row === undefined) throw new Error(`the head of shard ${shard} vanished`)
    return { leaseEpoch: Number(lease.lease_epoch), head: toCheckedHead(shard, row) }
  }

  private async isWritten(batch: AppendBatch): Promise<boolean> {
    const values = [batch.shard, batch.expectedPosition + batch.events.length]
    const { rows } = await this.pool.query<BatchRow>(hashesSql, values)
    return isBatchAt(rows[0], batch)
  }
}

/** The server's clock, in milliseconds, also after a wait for the row's lock. */
const nowMs = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint'

const takeSql = `INSERT INTO journal_head AS head (shard, lease_epoch, position, hash, lease_until_ms)
  VALUES ($1, 1, 0, $3, ${nowMs} + $2)
  ON CONFLICT (shard) DO UPDATE SET lease_epoch = head.lease_epoch + 1, lease_until_ms = ${nowMs} + $2`

const acquireSql = `${takeSql} RETURNING lease_epoch`

const acquireExpiredSql = `${takeSql} WHERE head.lease_until_ms <= ${nowMs} RETURNING lease_epoch`

const renewSql = `UPDATE journal_head SET lease_until_ms = ${nowMs} + $3 WHERE shard = $1 AND lease_epoch = $2`

const releaseSql = 'UPDATE journal_head SET lease_until_ms = 0 WHERE shard = $1 AND lease_epoch = $2'

const headSql = 'SELECT position, hash FROM journal_head WHERE shard = $1'

const checkedHeadSql = `SELECT head.position, head.hash, last.hashes AS last_hashes, next.last_position AS is_longer
  FROM journal_head head
  LEFT JOIN journal_batch last ON last.shard = head.shard AND last.last_position = head.position
  LEFT JOIN journal_batch next ON next.shard = head.shard AND next.last_position > head.position
  WHERE head.shard = $1 LIMIT 1`

const appendSql = `WITH moved AS (
    UPDATE journal_head SET position = $4, hash = $5 WHERE shard = $1 AND lease_epoch = $2 AND position = $3 RETURNING shard
  )
  INSERT INTO journal_batch (shard, first_position, last_position, hashes, payloads)
  SELECT shard, $3 + 1, $4, $6, $7 FROM moved`

const hashesSql = `SELECT first_position, last_position, hashes FROM journal_batch
  WHERE shard = $1 AND last_position >= $2 ORDER BY last_position LIMIT 1`

/** Up to the row that holds the page's last position, or to the next one where that is missing, so that a gap is seen. */
const readSql = `SELECT first_position, last_position, hashes, payloads FROM journal_batch
  WHERE shard = $1 AND last_position > $2 AND last_position <= coalesce((
    SELECT last_position FROM journal_batch WHERE shard = $1 AND last_position >= $3 ORDER BY last_position LIMIT 1
  ), ${Number.MAX_SAFE_INTEGER}) ORDER BY last_position`

function appendValues({ shard, leaseEpoch, expectedPosition, events }: AppendBatch): unknown[] {
  const position = expectedPosition + events.length
  const hash = events.at(-1)?.hash
  return [shard, leaseEpoch, expectedPosition, position, hash, joinHashes(events), joinPayloads(events)]
}

/**
 * Whether the server itself answered that the statement is wrong, and so wrote nothing: SQLSTATE classes 22 (data), 23
 * (constraint) and 42 (syntax or access), PostgreSQL 15 appendix A. Anything else may hide a commit.
 */
function isRefusedByServer(error: unknown): boolean {
  return error instanceof DatabaseError && ['22', '23', '42'].includes(error.code?.slice(0, 2) ?? '')
}

async function migrateJournal(url: string, options: PostgresOptions): Promise<void> {
  const database = openPostgres(url, { ...options, connectionsMax: 1 })
  try {
    await migrate(database, 'journal')
  } finally {
    await database.close()
  }
}

async function assertDurable(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ fsync: string }>('SHOW fsync')
  if (rows[0]?.fsync !== 'on') throw new NotDurableError()
}

/** Thrown when the PostgreSQL server runs with `fsync = off`: it would lose credits when the power fails. */
export class NotDurableError extends Error {
  override readonly name = 'NotDurableError'
  constructor() {
    super('PostgreSQL runs with fsync = off, so a journal in it would not survive a loss of power; set fsync = on')
  }
}
