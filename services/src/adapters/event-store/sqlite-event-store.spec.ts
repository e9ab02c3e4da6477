import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { StoreDamagedError, UnknownOutcomeError } from '@deparrow/ledger'
import { describeEventStore, sampleBatch } from '@deparrow/ledger/testing'
import { DatabaseDamagedError, NewerSchemaError } from '../sql/sql-errors.ts'
import { temporaryFolder } from '../sql/temporary-folder.spec.fixture.ts'
import { SqliteEventStore } from './sqlite-event-store.ts'

function change(path: string, statement: string): void {
  const database = new DatabaseSync(path)
  database.exec(statement)
  database.close()
}

describeEventStore('the SQLite event store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'deparrow-journal-'))
  const path = join(folder, 'journal.sqlite')
  return {
    open: () => SqliteEventStore.open(path),
    leaseMs: 600_000,
    passTime: async ms => change(path, `UPDATE journal_head SET lease_until_ms = lease_until_ms - ${ms}`),
    remove: async () => rmSync(folder, { recursive: true }),
  }
})

describe('a SQLite journal that is not what was written', () => {
  async function writeJournal(path: string): Promise<void> {
    const store = await SqliteEventStore.open(path)
    const { leaseEpoch } = await store.acquire('a', 1_000)
    for (let after = 0; after < 300; after += 3) await store.append(sampleBatch('a', leaseEpoch, after, 3))
    await store.close()
  }

  it('is refused when bytes of the file were overwritten', async t => {
    const path = join(temporaryFolder(t), 'journal.sqlite')
    await writeJournal(path)
    writeFileSync(path, readFileSync(path).fill(0x5a, 20_000, 40_000))
    await assert.rejects(SqliteEventStore.open(path), DatabaseDamagedError)
  })

  it('is refused when a newer version wrote it', async t => {
    const path = join(temporaryFolder(t), 'journal.sqlite')
    await writeJournal(path)
    change(path, 'UPDATE schema_version SET version = version + 1')
    await assert.rejects(SqliteEventStore.open(path), NewerSchemaError)
  })

  for (const [what, statement] of [
    ['its last event is gone', 'DELETE FROM journal_batch WHERE last_position = 300'],
    ['its last event has another hash', 'UPDATE journal_batch SET hashes = zeroblob(96) WHERE last_position = 300'],
    ['it goes on after its head', 'UPDATE journal_head SET position = 297'],
    ['its head lies inside a batch', 'UPDATE journal_head SET position = 299'],
    ['its events are gone', 'DELETE FROM journal_batch'],
  ] as const) {
    it(`gives no lease when ${what}`, async t => {
      const path = join(temporaryFolder(t), 'journal.sqlite')
      await writeJournal(path)
      change(path, statement)
      const store = await SqliteEventStore.open(path)
      await assert.rejects(store.acquire('a', 1_000), StoreDamagedError)
      await store.close()
    })
  }

  for (const [what, statement] of [
    [
      'a payload is gone',
      "UPDATE journal_batch SET payloads = replace(payloads, char(10), ' ') WHERE last_position = 9",
    ],
    ['a payload is too many', 'UPDATE journal_batch SET payloads = payloads || char(10) WHERE last_position = 9'],
    [
      'another batch reaches into it',
      'UPDATE journal_batch SET first_position = 6, hashes = zeroblob(128) WHERE last_position = 9',
    ],
  ] as const) {
    it(`is not read at a batch of which ${what}`, async t => {
      const path = join(temporaryFolder(t), 'journal.sqlite')
      await writeJournal(path)
      change(path, statement)
      const store = await SqliteEventStore.open(path)
      assert.equal((await store.read('a', 0, 5)).length, 5)
      await assert.rejects(
        store.read('a', 0, 100),
        (error: unknown) => error instanceof StoreDamagedError && /position [67]/.test(error.message),
      )
      await store.close()
    })
  }

  it('is not read across a gap', async t => {
    const path = join(temporaryFolder(t), 'journal.sqlite')
    await writeJournal(path)
    change(path, 'DELETE FROM journal_batch WHERE last_position = 9')
    const store = await SqliteEventStore.open(path)
    assert.equal((await store.read('a', 0, 6)).length, 6)
    await assert.rejects(store.read('a', 0, 100), StoreDamagedError)
    await assert.rejects(store.read('a', 6, 1), StoreDamagedError)
    await store.close()
  })
})

describe('a SQLite journal whose disk fails', () => {
  it('does not say whether a batch was written whose commit failed', async t => {
    const path = join(temporaryFolder(t), 'journal.sqlite')
    const store = await SqliteEventStore.open(path)
    t.after(() => store.close())
    const { leaseEpoch } = await store.acquire('a', 1_000)
    change(
      path,
      `CREATE TABLE missing (id INTEGER PRIMARY KEY);
       CREATE TABLE refused (id INTEGER REFERENCES missing (id) DEFERRABLE INITIALLY DEFERRED);
       CREATE TRIGGER refuse AFTER INSERT ON journal_batch BEGIN INSERT INTO refused VALUES (1); END`,
    )
    await assert.rejects(store.append(sampleBatch('a', leaseEpoch, 0, 2)), UnknownOutcomeError)
    change(path, 'DROP TRIGGER refuse')
    assert.equal((await store.head('a')).position, 0)
    assert.equal(await store.append(sampleBatch('a', leaseEpoch, 0, 2)), 'appended', 'the store goes on working')
  })

  it('writes nothing of a batch whose row cannot be written', async t => {
    const path = join(temporaryFolder(t), 'journal.sqlite')
    const store = await SqliteEventStore.open(path)
    t.after(() => store.close())
    const { leaseEpoch } = await store.acquire('a', 1_000)
    change(path, "CREATE TRIGGER refuse BEFORE INSERT ON journal_batch BEGIN SELECT raise(ABORT, 'disk full'); END")
    await assert.rejects(
      store.append(sampleBatch('a', leaseEpoch, 0, 2)),
      (error: unknown) => error instanceof Error && !(error instanceof UnknownOutcomeError),
    )
    change(path, 'DROP TRIGGER refuse')
    assert.deepEqual([(await store.head('a')).position, await store.read('a', 0, 9)], [0, []])
    assert.equal(await store.append(sampleBatch('a', leaseEpoch, 0, 2)), 'appended')
  })
})
