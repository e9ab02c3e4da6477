import type { DatabaseSync } from 'node:sqlite'
import {
  type AppendBatch,
  type AppendResult,
  type EventStore,
  type JournalHead,
  type Lease,
  type StoredEvent,
  UnknownOutcomeError,
} from '@deparrow/ledger'
import { migrate } from '../sql/migrate.ts'
import { sqliteDatabase } from '../sql/sqlite-database.ts'
import { openSqliteFile } from '../sql/sqlite-file.ts'
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

type LeaseRow = { readonly lease_epoch: bigint }

/**
 * The embedded event store: one SQLite file; an append is one row, one transaction and one fsync. Calls do their work before they
 * return the promise, so that the caller's thread waits for the disk.
 */
export class SqliteEventStore implements EventStore {
  private readonly statements: Statements
  private readonly watch = new AppendWatch(async shard => (await this.head(shard)).position)

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

  async acquire(shard: string, leaseMs: number): Promise<Lease> {
    assertLeaseMs(leaseMs)
    return this.taken(shard, this.statements.acquire.get({ shard, leaseMs }) as LeaseRow | undefined) as Lease
  }

  async acquireExpired(shard: string, leaseMs: number): Promise<Lease | undefined> {
    assertLeaseMs(leaseMs)
    return this.taken(shard, this.statements.acquireExpired.get({ shard, leaseMs }) as LeaseRow | undefined)
  }

  async renew(shard: string, leaseEpoch: number, leaseMs: number): Promise<boolean> {
    assertLeaseMs(leaseMs)
    return Number(this.statements.renew.run({ shard, leaseEpoch, leaseMs }).changes) === 1
  }

  async release(shard: string, leaseEpoch: number): Promise<void> {
    this.statements.release.run(shard, leaseEpoch)
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    assertBatch(batch)
    this.statements.begin.run()
    let isMoved: boolean
    try {
      isMoved = this.write(batch)
    } catch (error) {
      this.rollback()
      throw error
    }
    if (isMoved) this.commit()
    else this.rollback()
    const isDurable = isMoved || this.isWritten(batch)
    if (isDurable) this.watch.reached(batch.shard, batch.expectedPosition + batch.events.length)
    return isDurable ? 'appended' : 'fenced'
  }

  async head(shard: string): Promise<JournalHead> {
    return toHead(this.statements.head.get(shard) as HeadRow | undefined)
  }

  async read(shard: string, afterPosition: number, limit: number): Promise<readonly StoredEvent[]> {
    assertPage(afterPosition, limit)
    const rows = this.statements.read.all({ shard, afterPosition, limit }) as BatchRow[]
    return toStoredEvents(shard, afterPosition, limit, rows)
  }

  async waitBeyond(shard: string, position: number, signal: AbortSignal): Promise<void> {
    assertPosition(position)
    await this.watch.beyond(shard, position, signal)
  }

  async close(): Promise<void> {
    this.watch.close()
    if (this.database.isOpen) this.database.close()
  }

  private taken(shard: string, row: LeaseRow | undefined): Lease | undefined {
    if (row === undefined) return undefined
    const head = toCheckedHead(shard, this.statements.checkedHead.get(shard) as CheckedHeadRow)
    return { leaseEpoch: Number(row.lease_epoch), head }
  }

  private write(batch: AppendBatch): boolean {
    const { shard, leaseEpoch, expectedPosition, events } = batch
    const position = expectedPosition + events.length
    const hash = events.at(-1)?.hash ?? ''
    const moved = this.statements.moveHead.run(position, hash, shard, leaseEpoch, expectedPosition)
    if (Number(moved.changes) === 0) return false
    this.statements.insert.run(shard, expectedPosition + 1, position, joinHashes(events), joinPayloads(events))
    return true
  }

  private isWritten(batch: AppendBatch): boolean {
    const position = batch.expectedPosition + batch.events.length
    return isBatchAt(this.statements.hashes.get(batch.shard, position) as BatchRow | undefined, batch)
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

/** The database's own clock, in milliseconds. It is read after the statement has the write lock. */
const nowMs = "CAST(unixepoch('subsec') * 1000 AS INTEGER)"

const acquireSql = `INSERT INTO journal_head (shard, lease_epoch, position, hash, lease_until_ms)
  VALUES (:shard, 1, 0, '0x${'0'.repeat(64)}', ${nowMs} + :leaseMs)
  ON CONFLICT (shard) DO UPDATE SET lease_epoch = lease_epoch + 1, lease_until_ms = excluded.lease_until_ms`

function prepareStatements(database: DatabaseSync) {
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
    acquire: database.prepare(`${acquireSql} RETURNING lease_epoch`),
    acquireExpired: database.prepare(`${acquireSql} WHERE lease_until_ms <= ${nowMs} RETURNING lease_epoch`),
    renew: database.prepare(
      `UPDATE journal_head SET lease_until_ms = ${nowMs} + :leaseMs WHERE shard = :shard AND lease_epoch = :leaseEpoch`,
    ),
    release: database.prepare('UPDATE journal_head SET lease_until_ms = 0 WHERE shard = ? AND lease_epoch = ?'),
    checkedHead: database.prepare(
      `SELECT head.position, head.hash, last.hashes AS last_hashes, next.last_position AS is_longer FROM journal_head head
       LEFT JOIN journal_batch last ON last.shard = head.shard AND last.last_position = head.position
       LEFT JOIN journal_batch next ON next.shard = head.shard AND next.last_position > head.position
       WHERE head.shard = ? LIMIT 1`,
    ),
    head: database.prepare('SELECT position, hash FROM journal_head WHERE shard = ?'),
    moveHead: database.prepare(
      'UPDATE journal_head SET position = ?, hash = ? WHERE shard = ? AND lease_epoch = ? AND position = ?',
    ),
    insert: database.prepare(
      'INSERT INTO journal_batch (shard, first_position, last_position, hashes, payloads) VALUES (?, ?, ?, ?, ?)',
    ),
    hashes: database.prepare(
      `SELECT first_position, last_position, hashes FROM journal_batch
       WHERE shard = ? AND last_position >= ? ORDER BY last_position LIMIT 1`,
    ),
    // Up to the row that holds the page's last position, or to the next one where that is missing, so that a gap is seen.
    read: database.prepare(
      `SELECT first_position, last_position, hashes, payloads FROM journal_batch
       WHERE shard = :shard AND last_position > :afterPosition AND last_position <= coalesce((
         SELECT last_position FROM journal_batch WHERE shard = :shard AND last_position >= :afterPosition + :limit
         ORDER BY last_position LIMIT 1
       ), ${Number.MAX_SAFE_INTEGER}) ORDER BY last_position`,
    ),
  }
}
