import type { DatabaseSync, StatementSync } from 'node:sqlite'
import {
  type AppendBatch,
  type AppendResult,
  type EventStore,
  type JournalHead,
  type StoredEvent,
  UnknownOutcomeError,
} from '@deparrow/ledger'
import { migrate } from '../sql/migrate.ts'
import { sqliteDatabase } from '../sql/sqlite-database.ts'
import { openSqliteFile } from '../sql/sqlite-file.ts'
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

/** Events in one INSERT: prepared once for 1 and once for 32; a batch is cut into as many of each as it needs. */
const rowsPerInsert = 32

/**
 * The embedded event store: one SQLite file, one transaction and one fsync per batch. Calls do their work before they return
 * the promise, so that the caller's thread waits for the disk.
 */
export class SqliteEventStore implements EventStore {
  private readonly statements: Statements

  private constructor(private readonly database: DatabaseSync) {
    this.statements = prepareStatements(database)
  }

  /** Opens or creates the file. Throws `DatabaseDamagedError`, `DatabaseUnavailableError` or `NewerSchemaError`. */
  static async open(path: string): Promise<SqliteEventStore> {
    const database = openSqliteFile(path)
    try {
      await migrate(sqliteDatabase(database), 'journal')
      return new SqliteEventStore(database)
    } catch (error) {
      database.close()
      throw error
    }
  }

  async acquire(shard: string): Promise<{ readonly leaseEpoch: number; readonly head: JournalHead }> {
    const row = this.statements.acquire.get(shard) as unknown as { lease_epoch: bigint }
    const head = toCheckedHead(shard, this.statements.checkedHead.get({ shard }) as unknown as CheckedHeadRow)
    return { leaseEpoch: Number(row.lease_epoch), head }
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    assertBatch(batch)
    this.statements.begin.run()
    let result: AppendResult
    try {
      result = this.write(batch)
    } catch (error) {
      this.rollback()
      throw error
    }
    if (result === 'fenced') this.rollback()
    else this.commit()
    return result
  }

  async head(shard: string): Promise<JournalHead> {
    return toHead(this.statements.head.get(shard) as unknown as HeadRow | undefined)
  }

  async read(shard: string, afterPosition: number, limit: number): Promise<readonly StoredEvent[]> {
    assertPage(afterPosition, limit)
    const rows = this.statements.read.all(shard, afterPosition, limit) as unknown as EventRow[]
    return toStoredEvents(shard, afterPosition, rows)
  }

  async close(): Promise<void> {
    if (this.database.isOpen) this.database.close()
  }

  private write(batch: AppendBatch): AppendResult {
    const { shard, leaseEpoch, expectedPosition, events } = batch
    const last = events.at(-1)
    if (last === undefined) return 'fenced'
    const moved = this.statements.moveHead.run(last.position, last.hash, shard, leaseEpoch, expectedPosition)
    if (Number(moved.changes) === 0) return 'fenced'
    let index = 0
    for (; index + rowsPerInsert <= events.length; index += rowsPerInsert) {
      this.statements.insertMany.run(
        ...events.slice(index, index + rowsPerInsert).flatMap(event => columns(shard, event)),
      )
    }
    for (const event of events.slice(index)) this.statements.insertOne.run(...columns(shard, event))
    return 'appended'
  }

  /** When the disk fails here, the log may or may not hold the batch after the next start. */
  private commit(): void {
    try {
      this.statements.commit.run()
    } catch (cause) {
      this.rollback()
      throw new UnknownOutcomeError({ cause })
    }
  }

  private rollback(): void {
    if (this.database.isTransaction) this.statements.rollback.run()
  }
}

type Statements = ReturnType<typeof prepareStatements>

function prepareStatements(database: DatabaseSync) {
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
    acquire: database.prepare(
      `INSERT INTO journal_head (shard, lease_epoch, position, hash) VALUES (?, 1, 0, '0x${'0'.repeat(64)}')
       ON CONFLICT (shard) DO UPDATE SET lease_epoch = lease_epoch + 1 RETURNING lease_epoch`,
    ),
    checkedHead: database.prepare(
      `SELECT head.position, head.hash, last.hash AS last_hash, next.position AS next_position FROM journal_head head
       LEFT JOIN journal_event last ON last.shard = head.shard AND last.position = head.position
       LEFT JOIN journal_event next ON next.shard = head.shard AND next.position = head.position + 1
       WHERE head.shard = :shard`,
    ),
    head: database.prepare('SELECT position, hash FROM journal_head WHERE shard = ?'),
    moveHead: database.prepare(
      'UPDATE journal_head SET position = ?, hash = ? WHERE shard = ? AND lease_epoch = ? AND position = ?',
    ),
    insertOne: prepareInsert(database, 1),
    insertMany: prepareInsert(database, rowsPerInsert),
    read: database.prepare(
      `SELECT position, type, at_ms, command_id, payload, hash FROM journal_event
       WHERE shard = ? AND position > ? ORDER BY position LIMIT ?`,
    ),
  }
}

function prepareInsert(database: DatabaseSync, rowCount: number): StatementSync {
  const rows = Array.from({ length: rowCount }, () => '(?, ?, ?, ?, ?, ?, ?)').join(', ')
  return database.prepare(
    `INSERT INTO journal_event (shard, position, type, at_ms, command_id, payload, hash) VALUES ${rows}`,
  )
}

function columns(shard: string, event: StoredEvent): readonly (string | number)[] {
  return [shard, event.position, event.type, event.atMs, event.commandId, event.payload, event.hash]
}
