import {
  type AppendBatch,
  type AppendResult,
  type EventStore,
  type JournalHead,
  type StoredEvent,
  UnknownOutcomeError,
  zeroHash,
} from '@deparrow/ledger'
import { DatabaseError, type Pool } from 'pg'
import { migrate } from '../sql/migrate.ts'
import { createPostgresPool, openPostgres, type PostgresOptions } from '../sql/postgres-database.ts'
import {
  assertBatch,
  assertPage,
  type CheckedHeadRow,
  type EventRow,
  type HeadRow,
  toCheckedHead,
  toHead,
  toStoredEvents,
} from './stored-rows.ts'

/**
 * The event store on PostgreSQL. An append is one statement and one round trip: it moves the head row if lease and position
 * are as expected and inserts the events that the moved row feeds. The head row stays locked to the commit, so position
 * order is commit order. Call `acquire` after an {@link UnknownOutcomeError} only to take the shard over: a statement that
 * was cut off may still be running, and the head row's lock puts whatever comes next behind it.
 */
export class PostgresEventStore implements EventStore {
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

  async acquire(shard: string): Promise<{ readonly leaseEpoch: number; readonly head: JournalHead }> {
    const { rows } = await this.pool.query<{ lease_epoch: bigint }>(acquireSql, [shard, zeroHash])
    const checked = await this.pool.query<CheckedHeadRow>(checkedHeadSql, [shard])
    const [lease] = rows
    const [row] = checked.rows
    if (lease === undefined || row === undefined) throw new Error(`the head of shard ${shard} vanished`)
    return { leaseEpoch: Number(lease.lease_epoch), head: toCheckedHead(shard, row) }
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    assertBatch(batch)
    try {
      const result = await this.pool.query({ name: 'journal-append', text: appendSql, values: appendValues(batch) })
      return result.rowCount === batch.events.length ? 'appended' : 'fenced'
    } catch (error) {
      throw isRefusedByServer(error) ? error : new UnknownOutcomeError({ cause: error })
    }
  }

  async head(shard: string): Promise<JournalHead> {
    const { rows } = await this.pool.query<HeadRow>('SELECT position, hash FROM journal_head WHERE shard = $1', [shard])
    return toHead(rows[0])
  }

  async read(shard: string, afterPosition: number, limit: number): Promise<readonly StoredEvent[]> {
    assertPage(afterPosition, limit)
    const values = [shard, afterPosition, limit]
    const { rows } = await this.pool.query<EventRow>({ name: 'journal-read', text: readSql, values })
    return toStoredEvents(shard, afterPosition, rows)
  }

  async close(): Promise<void> {
    if (!this.pool.ending) await this.pool.end()
  }
}

const acquireSql = `INSERT INTO journal_head (shard, lease_epoch, position, hash) VALUES ($1, 1, 0, $2)
  ON CONFLICT (shard) DO UPDATE SET lease_epoch = journal_head.lease_epoch + 1 RETURNING lease_epoch`

const checkedHeadSql = `SELECT head.position, head.hash, last.hash AS last_hash, next.position AS next_position
  FROM journal_head head
  LEFT JOIN journal_event last ON last.shard = head.shard AND last.position = head.position
  LEFT JOIN journal_event next ON next.shard = head.shard AND next.position = head.position + 1
  WHERE head.shard = $1`

const appendSql = `WITH moved AS (
    UPDATE journal_head SET position = $4, hash = $5 WHERE shard = $1 AND lease_epoch = $2 AND position = $3 RETURNING shard
  )
  INSERT INTO journal_event (shard, position, type, at_ms, command_id, payload, hash)
  SELECT moved.shard, event.* FROM moved, unnest($6::bigint[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::text[]) AS event`

const readSql = `SELECT position, type, at_ms, command_id, payload, hash FROM journal_event
  WHERE shard = $1 AND position > $2 ORDER BY position LIMIT $3`

function appendValues({ shard, leaseEpoch, expectedPosition, events }: AppendBatch): unknown[] {
  return [
    shard,
    leaseEpoch,
    expectedPosition,
    expectedPosition + events.length,
    events.at(-1)?.hash,
    events.map(event => event.position),
    events.map(event => event.type),
    events.map(event => event.atMs),
    events.map(event => event.commandId),
    events.map(event => event.payload),
    events.map(event => event.hash),
  ]
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
