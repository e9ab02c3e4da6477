import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DatabaseDamagedError, DatabaseUnavailableError } from './sql-errors.ts'

/** How long a statement waits for another process that writes to the same file. */
const busyTimeoutMs = 5_000

// SQLite's primary result codes, https://www.sqlite.org/rescode.html
const sqliteCorrupt = 11
const sqliteNotADatabase = 26

/**
 * Opens or creates a SQLite file whose commits are on the disk when they answer: write-ahead log, one fsync per commit
 * (`synchronous = FULL`). Integers are read as `bigint`. The path `:memory:` gives a database that is gone when it is closed.
 * Throws {@link DatabaseDamagedError} when the content is no sound SQLite database and {@link DatabaseUnavailableError} when the
 * file cannot be opened at all.
 */
export function openSqliteFile(path: string): DatabaseSync {
  return open(path, checkPages)
}

/** The same without a look at every page, which takes time: for a file that was just written and closed. */
export function openNewSqliteFile(path: string): DatabaseSync {
  return open(path, () => undefined)
}

function open(path: string, check: (database: DatabaseSync, path: string) => void): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
    database = new DatabaseSync(path, { readBigInts: true, timeout: busyTimeoutMs, enableForeignKeyConstraints: true })
    check(database, path)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    return database
  } catch (error) {
    if (database?.isOpen) database.close()
    throw openingError(path, error)
  }
}

/** The primary result code of an error of `node:sqlite`; `undefined` for any other error. */
export function sqliteResultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}

function checkPages(database: DatabaseSync, path: string): void {
  const problems = database
    .prepare('PRAGMA quick_check(3)')
    .all()
    .map(row => String(row['quick_check']))
  if (problems.length !== 1 || problems[0] !== 'ok')
    throw new DatabaseDamagedError({ path, problem: problems.join('; ') })
}

function openingError(path: string, error: unknown): Error {
  if (error instanceof DatabaseDamagedError) return error
  const code = sqliteResultCode(error)
  if (code === sqliteCorrupt || code === sqliteNotADatabase) {
    return new DatabaseDamagedError({
      path,
      problem: error instanceof Error ? error.message : String(error),
      cause: error,
    })
  }
  return new DatabaseUnavailableError({ path, cause: error })
}
