import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import type { SqlInteger } from './sql-database.ts'
import { DatabaseDamagedError, DatabaseUnavailableError } from './sql-errors.ts'
import { openSqlite } from './sqlite-database.ts'
import { openSqliteFile, sqliteResultCode } from './sqlite-file.ts'
import { temporaryFolder } from './temporary-folder.spec.fixture.ts'

type Schema = { sample: { name: string; amount: SqlInteger } }

async function openSample(path: string) {
  const database = openSqlite<Schema>(path)
  await sql`CREATE TABLE IF NOT EXISTS sample (name TEXT PRIMARY KEY, amount BIGINT NOT NULL)`.execute(database.kysely)
  return database
}

describe('a SQLite file', () => {
  it('is created with its folder, in write-ahead mode with one fsync per commit', t => {
    const handle = openSqliteFile(join(temporaryFolder(t), 'deep', 'er', 'x.sqlite'))
    assert.equal(handle.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal')
    assert.equal(handle.prepare('PRAGMA synchronous').get()?.['synchronous'], 2n)
    assert.equal(handle.prepare('PRAGMA foreign_keys').get()?.['foreign_keys'], 1n)
    assert.equal(handle.prepare('PRAGMA busy_timeout').get()?.['timeout'], 5000n)
    handle.close()
  })

  it('reads every integer as bigint, also beyond 2^53, counts and sums', async t => {
    const database = await openSample(join(temporaryFolder(t), 'x.sqlite'))
    await database.kysely
      .insertInto('sample')
      .values([
        { name: 'large', amount: 9_007_199_254_740_993n },
        { name: 'small', amount: 7 },
      ])
      .execute()
    const rows = await database.kysely.selectFrom('sample').selectAll().orderBy('name').execute()
    assert.deepEqual(
      rows.map(row => row.amount),
      [9_007_199_254_740_993n, 7n],
    )
    const total = await database.kysely
      .selectFrom('sample')
      .select(s => [s.fn.countAll().as('count'), s.fn.sum('amount').as('sum')])
      .executeTakeFirstOrThrow()
    assert.deepEqual({ ...total }, { count: 2n, sum: 9_007_199_254_741_000n })
    await database.close()
  })

  it('undoes a transaction that throws', async t => {
    const database = await openSample(join(temporaryFolder(t), 'x.sqlite'))
    const failing = database.kysely.transaction().execute(async transaction => {
      await transaction.insertInto('sample').values({ name: 'a', amount: 1 }).execute()
      throw new RangeError('no')
    })
    await assert.rejects(failing, RangeError)
    assert.deepEqual(await database.kysely.selectFrom('sample').selectAll().execute(), [])
    await database.close()
  })

  it('keeps what was committed when it is opened again', async t => {
    const path = join(temporaryFolder(t), 'x.sqlite')
    const first = await openSample(path)
    await first.kysely.insertInto('sample').values({ name: 'a', amount: 1 }).execute()
    await first.close()
    const second = await openSample(path)
    assert.equal((await second.kysely.selectFrom('sample').selectAll().execute()).length, 1)
    await second.close()
  })

  it('cannot be used after it was closed', async t => {
    const database = await openSample(join(temporaryFolder(t), 'x.sqlite'))
    await database.close()
    await assert.rejects(database.kysely.selectFrom('sample').selectAll().execute())
  })

  it('is refused when it is no SQLite database, and is left as it was', t => {
    const path = join(temporaryFolder(t), 'x.sqlite')
    const content = 'this is a letter, not a database. '.repeat(200)
    writeFileSync(path, content)
    assert.throws(() => openSqliteFile(path), DatabaseDamagedError)
    assert.equal(readFileSync(path, 'utf8'), content)
  })

  it('is refused when pages in it were overwritten', async t => {
    const path = join(temporaryFolder(t), 'x.sqlite')
    const database = await openSample(path)
    const values = Array.from({ length: 2_000 }, (_, index) => ({ name: `name ${index}`.padEnd(80), amount: index }))
    await database.kysely.insertInto('sample').values(values).execute()
    await database.close()
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.fill(0xa5, 8_192, 8_192 + 4_096 * 3))
    assert.throws(
      () => openSqliteFile(path),
      (error: unknown) => error instanceof DatabaseDamagedError && error.path === path && /restore/.test(error.message),
    )
  })

  it('is refused when its end is cut off', async t => {
    const path = join(temporaryFolder(t), 'x.sqlite')
    const database = await openSample(path)
    const values = Array.from({ length: 2_000 }, (_, index) => ({ name: `name ${index}`.padEnd(80), amount: index }))
    await database.kysely.insertInto('sample').values(values).execute()
    await database.close()
    writeFileSync(path, readFileSync(path).subarray(0, 4_096 * 5 + 100))
    assert.throws(() => openSqliteFile(path), DatabaseDamagedError)
  })

  it('is not called damaged when a folder stands in its place', t => {
    const path = join(temporaryFolder(t), 'x.sqlite')
    mkdirSync(path)
    assert.throws(() => openSqliteFile(path), DatabaseUnavailableError)
  })

  it('is not called damaged when its folder cannot be made', t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'file'), '')
    assert.throws(() => openSqliteFile(join(folder, 'file', 'x.sqlite')), DatabaseUnavailableError)
  })
})

describe('the result code of an error', () => {
  it('is known for a SQLite error and unknown for any other', t => {
    const handle = openSqliteFile(join(temporaryFolder(t), 'x.sqlite'))
    let error: unknown
    try {
      handle.exec('SELECT * FROM nothing')
    } catch (thrown) {
      error = thrown
    }
    handle.close()
    assert.equal(sqliteResultCode(error), 1)
    assert.equal(sqliteResultCode(new Error('x')), undefined)
    assert.equal(sqliteResultCode('x'), undefined)
  })
})
