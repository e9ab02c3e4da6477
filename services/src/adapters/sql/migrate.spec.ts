import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { migrate } from './migrate.ts'
import { readMigrationFiles } from './migration-files.ts'
import { MigrationFilesError, NewerSchemaError } from './sql-errors.ts'
import { openSqlite } from './sqlite-database.ts'
import { temporaryFolder } from './temporary-folder.spec.fixture.ts'

function setUp(t: TestContext, files: Record<string, string>) {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'journal'))
  const write = (name: string, text: string) => writeFileSync(join(folder, 'journal', name), text)
  for (const [name, text] of Object.entries(files)) write(name, text)
  const path = join(folder, 'x.sqlite')
  return { folder, write, open: () => openSqlite<Record<string, never>>(path) }
}

const first = {
  '0001_first.sql': 'CREATE TABLE a (x BIGINT);\n-- a remark; with a semicolon;\nINSERT INTO a VALUES (1);\n',
}

describe('migrations', () => {
  it('of this repository bring every area of an empty database to its schema, and again change nothing', async t => {
    const { open } = setUp(t, {})
    const database = open()
    for (const area of ['journal', 'read', 'market'] as const) {
      assert.equal(await migrate(database, area), await migrate(database, area))
    }
    await database.close()
  })

  it('run each step once, in order, also when steps are added later', async t => {
    const { folder, write, open } = setUp(t, first)
    const database = open()
    assert.equal(await migrate(database, 'journal', folder), 1)
    write('0002_second.sql', 'INSERT INTO a SELECT x + 1 FROM a;')
    write('0002_second.postgres.sql', 'this must not run here;')
    assert.equal(await migrate(database, 'journal', folder), 2)
    const { rows } = await sql<{ x: bigint }>`SELECT x FROM a ORDER BY x`.execute(database.kysely)
    assert.deepEqual(
      rows.map(row => row.x),
      [1n, 2n],
    )
    await database.close()
  })

  it('leave the database as it was when a statement of a step fails', async t => {
    const { folder, write, open } = setUp(t, first)
    const database = open()
    await migrate(database, 'journal', folder)
    write('0002_second.sql', 'CREATE TABLE b (x BIGINT);\nINSERT INTO missing VALUES (1);\n')
    await assert.rejects(migrate(database, 'journal', folder), /missing/)
    await assert.rejects(sql`SELECT * FROM b`.execute(database.kysely), /no such table/)
    write('0002_second.sql', 'CREATE TABLE b (x BIGINT);')
    assert.equal(await migrate(database, 'journal', folder), 2)
    await database.close()
  })

  it('refuse a database that a newer version wrote, say what to do, and change nothing', async t => {
    const { folder, open } = setUp(t, first)
    const database = open()
    await migrate(database, 'journal', folder)
    await sql`UPDATE schema_version SET version = 7`.execute(database.kysely)
    await assert.rejects(migrate(database, 'journal', folder), (error: unknown) => {
      assert.ok(error instanceof NewerSchemaError)
      assert.deepEqual([error.area, error.foundVersion, error.knownVersion], ['journal', 7, 1])
      assert.match(error.message, /newer DEparrow.*Install that version/)
      return true
    })
    const { rows } = await sql<{ version: bigint }>`SELECT version FROM schema_version`.execute(database.kysely)
    assert.equal(rows[0]?.version, 7n)
    await database.close()
  })

  it('that leave out a number are refused', t => {
    const { folder } = setUp(t, { ...first, '0003_third.sql': 'SELECT 1;' })
    assert.throws(() => readMigrationFiles(folder, 'journal', 'sqlite'), MigrationFilesError)
  })

  it('that use a number twice are refused', t => {
    const { folder } = setUp(t, { ...first, '0001_other.sql': 'SELECT 1;' })
    assert.throws(() => readMigrationFiles(folder, 'journal', 'sqlite'), MigrationFilesError)
  })

  it('that are missing for one of the engines are refused on that engine only', t => {
    const { folder } = setUp(t, { ...first, '0002_x.sqlite.sql': 'SELECT 1;', '0003_y.sql': 'SELECT 2;' })
    assert.equal(readMigrationFiles(folder, 'journal', 'sqlite').length, 3)
    assert.throws(() => readMigrationFiles(folder, 'journal', 'postgres'), MigrationFilesError)
  })

  it('that are not there at all are refused', t => {
    const { folder } = setUp(t, {})
    assert.throws(() => readMigrationFiles(folder, 'journal', 'sqlite'), MigrationFilesError)
    assert.throws(() => readMigrationFiles(folder, 'read', 'sqlite'), MigrationFilesError)
  })
})
