import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely'
import type { SqlDatabase } from './sql-database.ts'
import { openSqliteFile } from './sqlite-file.ts'

/**
 * Opens a SQLite file for Kysely; durability and errors are those of {@link openSqliteFile}. A process opens a file once and
 * shares what it gets: waiting for a lock stops the whole process, so a second handle could never see the first one's
 * transaction end. Other processes wait for each other as usual.
 */
export function openSqlite<Schema>(path: string): SqlDatabase<Schema> {
  return sqliteDatabase(openSqliteFile(path))
}

/** Kysely over an open SQLite handle, which its `close` closes. Queries run one after another on that one handle. */
export function sqliteDatabase<Schema>(handle: DatabaseSync): SqlDatabase<Schema> {
  const kysely = new Kysely<Schema>({ dialect: new SqliteDialect({ database: kyselyHandle(handle) }) })
  return {
    engine: 'sqlite',
    kysely,
    async close() {
      await kysely.destroy()
      if (handle.isOpen) handle.close()
    },
  }
}

/** Statements that are kept, so that what is asked again and again is compiled once. */
const statementsMax = 200

function kyselyHandle(handle: DatabaseSync): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>()
  return {
    close: () => handle.close(),
    prepare(sql) {
      const known = kept.get(sql)
      if (known !== undefined) return known
      // A transaction takes the write lock when it begins: one that began as a reader could not wait for another writer.
      const statement = kyselyStatement(handle.prepare(sql === 'begin' ? 'begin immediate' : sql))
      const oldest = kept.size < statementsMax ? undefined : kept.keys().next().value
      if (oldest !== undefined) kept.delete(oldest)
      kept.set(sql, statement)
      return statement
    },
  }
}

function kyselyStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: parameters => statement.all(...(parameters as SQLInputValue[])),
    run: parameters => statement.run(...(parameters as SQLInputValue[])),
    iterate: parameters => statement.iterate(...(parameters as SQLInputValue[])),
  }
}
