import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { SqliteEventStore } from '../adapters/event-store/sqlite-event-store.ts'
import { DatabaseDamagedError } from '../adapters/sql/sql-errors.ts'
import { openSqlite } from '../adapters/sql/sqlite-database.ts'
import { temporaryFolder } from '../adapters/sql/temporary-folder.spec.fixture.ts'
import { openReadModelFile } from './open-read-model-file.ts'
import { parseRebuildArguments, shardDefault } from './rebuild-arguments.ts'
import { journalFileName, NoJournalError, readModelFileName, runRebuild } from './rebuild-command.ts'
import { balancesOf, sampleJournal } from './sample-journal.spec.fixture.ts'

async function writeJournal(dataFolder: string) {
  const ledger = sampleJournal()
  const store = await SqliteEventStore.open(join(dataFolder, journalFileName))
  const { leaseEpoch } = await store.acquire(shardDefault, 1_000)
  await store.append({ shard: shardDefault, leaseEpoch, expectedPosition: 0, events: ledger.stored })
  await store.close()
  return ledger
}

async function readBalances(dataFolder: string) {
  const opened = await openReadModelFile({
    path: join(dataFolder, readModelFileName),
    journals: [],
    report: assert.fail,
  })
  const rows = await opened.readModel.balances()
  await opened.close()
  return balancesOf(rows.map(row => [row.account, row.amountMicrocredits] as const))
}

const source = (dataFolder: string) => ({ engine: 'sqlite', dataFolder, shards: [shardDefault] }) as const

describe('the rebuild of a data folder', () => {
  it('makes projections that agree with the ledger where there were none', async t => {
    const folder = temporaryFolder(t)
    const ledger = await writeJournal(folder)
    assert.equal(await runRebuild(source(folder)), ledger.events.length)
    assert.deepEqual(await readBalances(folder), balancesOf(ledger.state.balances))
  })

  it('replaces projections whose file is damaged', async t => {
    const folder = temporaryFolder(t)
    const ledger = await writeJournal(folder)
    writeFileSync(join(folder, readModelFileName), 'no database '.repeat(1_000))
    assert.throws(() => openSqlite(join(folder, readModelFileName)), DatabaseDamagedError)
    await runRebuild(source(folder))
    assert.deepEqual(await readBalances(folder), balancesOf(ledger.state.balances))
  })

  it('is refused without a journal, and creates none', async t => {
    const folder = temporaryFolder(t)
    await assert.rejects(runRebuild(source(folder)), NoJournalError)
    assert.equal(existsSync(join(folder, journalFileName)), false)
  })

  it('is refused for a shard without events, and leaves the projections alone', async t => {
    const folder = temporaryFolder(t)
    await writeJournal(folder)
    writeFileSync(join(folder, readModelFileName), 'kept')
    await assert.rejects(runRebuild({ ...source(folder), shards: [shardDefault, 'other'] }), NoJournalError)
    assert.equal(readFileSync(join(folder, readModelFileName), 'utf8'), 'kept')
  })

  it('is refused when the journal is damaged, and leaves the projections alone', async t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, journalFileName), 'no database '.repeat(1_000))
    writeFileSync(join(folder, readModelFileName), 'kept')
    await assert.rejects(runRebuild(source(folder)), DatabaseDamagedError)
    assert.equal(readFileSync(join(folder, readModelFileName), 'utf8'), 'kept')
  })
})

describe('the rebuild command', () => {
  it('takes a data folder or the address of a PostgreSQL database, and a shard', () => {
    assert.deepEqual(parseRebuildArguments(['--data', 'x']), {
      engine: 'sqlite',
      dataFolder: 'x',
      shards: [shardDefault],
    })
    assert.deepEqual(parseRebuildArguments(['--postgres', 'postgres://h/d', '--shard', 'b', '--shard', 'c']), {
      engine: 'postgres',
      url: 'postgres://h/d',
      shards: ['b', 'c'],
    })
  })

  for (const args of [
    [],
    ['--data'],
    ['--data', ''],
    ['--data', 'x', '--postgres', 'y'],
    ['x'],
    ['--fresh'],
    ['--shard', 'a'],
  ]) {
    it(`refuses the arguments ${JSON.stringify(args)}`, () => assert.equal(parseRebuildArguments(args), undefined))
  }

  it('exits 0 when it has rebuilt, 1 with the reason when it cannot, 2 with its usage when misused', async t => {
    const folder = temporaryFolder(t)
    const main = fileURLToPath(new URL('rebuild.main.js', import.meta.url))
    const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
    const missing = run('--data', folder)
    assert.equal(missing.status, 1)
    assert.match(missing.stderr, /^NoJournalError: there is no journal/)
    const misused = run()
    assert.equal(misused.status, 2)
    assert.match(misused.stderr, /^usage: /)
    const ledger = await writeJournal(folder)
    const done = run('--data', folder)
    assert.equal(done.status, 0, done.stderr)
    assert.equal(
      done.stdout,
      `rebuilt from ${ledger.events.length} events; a network that runs changes over to it by itself\n`,
    )
  })
})
