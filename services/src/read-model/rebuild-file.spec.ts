import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { StoreDamagedError, type StoredEvent } from '@deparrow/ledger'
import { wholeLedger } from '@deparrow/ledger/testing'
import { SqliteEventStore } from '../adapters/event-store/sqlite-event-store.ts'
import { DatabaseDamagedError } from '../adapters/sql/sql-errors.ts'
import { openSqlite } from '../adapters/sql/sqlite-database.ts'
import { openSqliteFile } from '../adapters/sql/sqlite-file.ts'
import { temporaryFolder } from '../adapters/sql/temporary-folder.spec.fixture.ts'
import { RebuildMismatchError } from './build-projections.ts'
import { buildReadModelFile } from './build-read-model-file.ts'
import { contentsOf, GrowingJournal, readSteadily } from './growing-journal.spec.fixture.ts'
import { KyselyReadModel } from './kysely-read-model.ts'
import { writeLargeJournal } from './large-journal.spec.fixture.ts'
import { openReadModelFile } from './open-read-model-file.ts'
import { randomJournal } from './random-economy.spec.fixture.ts'
import { sampleJournal } from './sample-journal.spec.fixture.ts'

const nextTurn = () => new Promise<void>(resolve => setImmediate(resolve))

function namesOf(folder: string): readonly string[] {
  return readdirSync(folder).filter(name => name.startsWith('read-model'))
}

class Place {
  readonly folder: string
  readonly path: string
  readonly journalPath: string
  readonly problems: string[] = []

  constructor(readonly t: TestContext) {
    this.folder = temporaryFolder(t)
    this.path = join(this.folder, 'read-model.sqlite')
    this.journalPath = join(this.folder, 'journal.sqlite')
  }

  async journal(stored: readonly StoredEvent[]): Promise<GrowingJournal> {
    const store = await SqliteEventStore.open(this.journalPath)
    this.t.after(() => store.close())
    const { leaseEpoch } = await store.acquire('main', 1_000)
    return new GrowingJournal(store, 'main', leaseEpoch, stored)
  }

  async open(journal: Pick<GrowingJournal, 'events'>) {
    const report = (problem: string) => void this.problems.push(problem)
    const opened = await openReadModelFile({ path: this.path, journals: [journal], report, wait: nextTurn })
    this.t.after(() => opened.close())
    return opened
  }

  rebuild() {
    const source = { engine: 'sqlite', path: this.journalPath, shard: 'main' } as const
    return buildReadModelFile(this.path, [{ source, number: 0 }])
  }
}

describe('a rebuild of the read model in a file', () => {
  it('has what the one has that followed the journal, of every kind of event', async t => {
    for (const ledger of [wholeLedger(), randomJournal(3, 100)]) {
      const place = new Place(t)
      const journal = await place.journal(ledger.stored)
      const { readModel, close } = await place.open(journal)
      await readModel.apply(await journal.grow(ledger.events.length))
      const followed = await contentsOf(readModel)
      await close()
      const { generation, eventCount } = await place.rebuild()
      assert.deepEqual([generation, eventCount], [1, ledger.events.length])
      const rebuilt = await place.open(journal)
      assert.deepEqual(
        namesOf(place.folder).filter(name => !/-(?:wal|shm)$/.test(name)),
        ['read-model.sqlite-1'],
      )
      assert.deepEqual(await contentsOf(rebuilt.readModel), followed)
      assert.deepEqual(place.problems, [])
    }
  })

  it('takes the place of the old one while that is read and written, and nobody sees a missing or an older state', async t => {
    const place = new Place(t)
    const ledger = randomJournal(41, 160)
    const journal = await place.journal(ledger.stored)
    const { readModel } = await place.open(journal)
    await readModel.apply(await journal.grow(30))
    const reading = new AbortController()
    const readers = [1, 2, 3].map(() => readSteadily(readModel, ledger.events, reading.signal))
    const taken: number[] = []
    const rebuilding = async () => {
      for (const older of [place.path, `${place.path}-1`, `${place.path}-2`]) {
        await place.rebuild()
        while (existsSync(older)) await nextTurn()
        taken.push(await readModel.position())
      }
    }
    const writing = async () => {
      while (taken.length < 3 || !journal.isWhole) {
        if (!journal.isWhole) await readModel.apply(await journal.grow(1))
        for (let turn = 0; turn < 2; turn++) await nextTurn()
      }
    }
    await Promise.all([rebuilding(), writing()])
    reading.abort()
    const readCounts = await Promise.all(readers)
    assert.ok((taken[0] ?? 0) < ledger.events.length, 'nothing was written meanwhile')
    assert.ok(
      readCounts.every(count => count > 10),
      readCounts.join(),
    )
    assert.equal(await readModel.position(), ledger.events.length)
    assert.deepEqual(place.problems, [])
  })

  it('is caught up from the journal before it takes the place, and by the next start if nobody did', async t => {
    const place = new Place(t)
    const { stored, events } = randomJournal(8, 120)
    const journal = await place.journal(stored)
    await journal.grow(40)
    await place.rebuild()
    const first = await place.open(journal)
    assert.equal(await first.readModel.position(), 40)
    await journal.grow(30)
    await first.readModel.apply(events.slice(0, 70))
    const built = await place.rebuild()
    await first.readModel.apply(await journal.grow(stored.length))
    while (existsSync(`${place.path}-1`)) await nextTurn()
    assert.equal(built.generation, 2)
    assert.equal(await first.readModel.position(), events.length)
  })

  it('is not taken when it is older and no journal brings it further; the one in use goes on', async t => {
    const place = new Place(t)
    const { stored, events } = randomJournal(1, 60)
    const journal = await place.journal(stored)
    await journal.grow(20)
    const { readModel } = await place.open({ events: async () => [] })
    await readModel.apply(events)
    const before = await contentsOf(readModel)
    await place.rebuild()
    while (place.problems.length === 0) await nextTurn()
    assert.match(
      place.problems.join(),
      /^rebuilt projections were not taken: the rebuilt projections have come to position 20 /,
    )
    assert.deepEqual(await contentsOf(readModel), before)
    assert.equal(existsSync(`${place.path}-1`), false)
  })

  it('is not taken when it is damaged', async t => {
    const place = new Place(t)
    const { stored } = randomJournal(1, 30)
    const journal = await place.journal(stored)
    const { readModel } = await place.open(journal)
    await readModel.apply(await journal.grow(stored.length))
    const before = await contentsOf(readModel)
    writeFileSync(`${place.path}-3`, 'no database '.repeat(1_000))
    while (place.problems.length === 0) await nextTurn()
    assert.deepEqual(await contentsOf(readModel), before)
    assert.equal(existsSync(`${place.path}-3`), false)
  })

  it('of a damaged journal is refused, and leaves nothing behind', async t => {
    const place = new Place(t)
    const { stored } = randomJournal(1, 30)
    await (await place.journal(stored)).grow(stored.length)
    const database = openSqliteFile(place.journalPath)
    database.exec(`UPDATE journal_batch SET payloads = replace(payloads, '"position":20,', '"position":21,')`)
    database.close()
    await assert.rejects(place.rebuild(), StoreDamagedError)
    assert.deepEqual(namesOf(place.folder), [])
  })

  it('whose balances are not what the entries of the journal add up to is refused, and leaves nothing behind', async t => {
    const place = new Place(t)
    const { stored, events } = sampleJournal()
    const released = events.find(event => event.type === 'HoldReleased')
    // One microcredit stays on a hold that has ended.
    const forged = stored.map(event =>
      event.position === released?.position
        ? { ...event, payload: event.payload.replaceAll('300000n', '299999n') }
        : event,
    )
    await (await place.journal(forged)).grow(forged.length)
    await assert.rejects(place.rebuild(), RebuildMismatchError)
    assert.deepEqual(namesOf(place.folder), [])
  })

  it('that is killed in its middle changes nothing, and the next start removes what it left', async t => {
    const place = new Place(t)
    await writeLargeJournal(place.journalPath, 60_000)
    const model = await KyselyReadModel.open(openSqlite(place.path))
    await model.close()
    const main = fileURLToPath(new URL('rebuild.main.js', import.meta.url))
    const building = Promise.withResolvers<void>()
    const watcher = watch(place.folder, (_, name) => {
      if (name?.includes('-building-')) building.resolve()
    })
    t.after(() => watcher.close())
    const child = spawn(process.execPath, [main, '--data', place.folder], { stdio: 'ignore' })
    await Promise.race([building.promise, once(child, 'exit')])
    child.kill('SIGKILL')
    const [, signal] = child.signalCode === null ? await once(child, 'exit') : [0, child.signalCode]
    assert.equal(signal, 'SIGKILL')
    const left = namesOf(place.folder)
    assert.ok(left.includes('read-model.sqlite') && left.some(name => name.includes('-building-')), left.join())
    const opened = await place.open({ events: async () => [] })
    assert.equal(await opened.readModel.position(), 0)
    assert.ok(namesOf(place.folder).every(name => !name.includes('-building-')))
  })

  it('that is still being written is not removed by a start', async t => {
    const place = new Place(t)
    const path = `${place.path}-building-00112233`
    const handle = openSqliteFile(path)
    handle.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    await place.open({ events: async () => [] })
    assert.ok(existsSync(path))
    handle.close()
  })
})

describe('the read model in a file', () => {
  it('is refused at the start when its newest generation is damaged, which the message says', async t => {
    const place = new Place(t)
    writeFileSync(`${place.path}-2`, 'no database '.repeat(1_000))
    await assert.rejects(place.open({ events: async () => [] }), DatabaseDamagedError)
  })

  it('takes no file for a generation that only looks like one', async t => {
    const place = new Place(t)
    const names = [
      'read-model.sqlite-0',
      'read-model.sqlite-01',
      'read-model.sqlite-x',
      'read-model.sqlite-2.bak',
      'other-9',
    ]
    for (const name of names) writeFileSync(join(place.folder, name), 'kept')
    const { readModel } = await place.open({ events: async () => [] })
    assert.equal(await readModel.position(), 0)
    for (const name of names) assert.ok(existsSync(join(place.folder, name)), name)
  })
})
