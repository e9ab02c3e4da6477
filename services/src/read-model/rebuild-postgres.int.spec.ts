import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { StoreDamagedError, type StoredEvent } from '@deparrow/ledger'
import { wholeLedger } from '@deparrow/ledger/testing'
import { Pool } from 'pg'
import { PostgresEventStore } from '../adapters/event-store/postgres-event-store.ts'
import { openPostgres } from '../adapters/sql/postgres-database.ts'
import { postgresUrl } from '../adapters/sql/postgres-url.spec.fixture.ts'
import { foldBalances } from './fold-balances.ts'
import { contentsOf, GrowingJournal, readSteadily } from './growing-journal.spec.fixture.ts'
import { KyselyReadModel } from './kysely-read-model.ts'
import { randomJournal } from './random-economy.spec.fixture.ts'
import { RebuildRunningError, rebuildPostgres } from './rebuild-postgres.ts'
import { balancesOf } from './sample-journal.spec.fixture.ts'

const url = postgresUrl()

class Place {
  readonly schema = `rebuild_${randomBytes(6).toString('hex')}`
  readonly admin: Pool

  private constructor(
    readonly t: TestContext,
    readonly url: string,
  ) {
    this.admin = new Pool({ connectionString: url, max: 2 })
  }

  static async create(t: TestContext, address: string): Promise<Place> {
    const place = new Place(t, address)
    await place.admin.query(`CREATE SCHEMA ${place.schema}`)
    t.after(async () => {
      await place.admin.query(`DROP SCHEMA ${place.schema} CASCADE`)
      await place.admin.end()
    })
    return place
  }

  get source() {
    return { engine: 'postgres', url: this.url, schema: this.schema, shard: 'main' } as const
  }

  async journal(stored: readonly StoredEvent[]): Promise<GrowingJournal> {
    const store = await PostgresEventStore.open(this.url, { schema: this.schema, connectionsMax: 2 })
    this.t.after(() => store.close())
    const { leaseEpoch } = await store.acquire('main', 1_000)
    return new GrowingJournal(store, 'main', leaseEpoch, stored)
  }

  async open(): Promise<KyselyReadModel> {
    const model = await KyselyReadModel.open(openPostgres(this.url, { schema: this.schema, connectionsMax: 4 }))
    this.t.after(() => model.close())
    return model
  }

  rebuild(): Promise<number> {
    return rebuildPostgres({ url: this.url, schema: this.schema, journals: [{ source: this.source, number: 0 }] })
  }

  async generation(): Promise<number> {
    const { rows } = await this.admin.query(`SELECT generation FROM ${this.schema}.read_lock`)
    return Number(rows[0].generation)
  }

  async besides(): Promise<readonly string[]> {
    const { rows } = await this.admin.query('SELECT nspname FROM pg_namespace WHERE nspname LIKE $1', [
      `${this.schema}_rebuild_%`,
    ])
    return rows.map(row => row.nspname as string)
  }
}

function describeRebuild(address: string): void {
  it('adds the balances up from the journal as from a file', async t => {
    const place = await Place.create(t, address)
    const ledger = wholeLedger()
    const journal = await place.journal(ledger.stored)
    while (!journal.isWhole) await journal.grow(7)
    for (const threadCount of [1, 2]) {
      const { balances, position } = await foldBalances(place.source, { threadCount })
      assert.equal(position, ledger.events.length)
      assert.deepEqual(balancesOf(balances), balancesOf(ledger.state.balances))
    }
    await assert.rejects(foldBalances(place.source, { untilPosition: position(ledger) + 1 }), StoreDamagedError)
    await place.admin.query(`DELETE FROM ${place.schema}.journal_batch WHERE first_position = 8`)
    await assert.rejects(foldBalances(place.source), StoreDamagedError)
  })

  it('has what the one has that followed the journal, of every kind of event', async t => {
    const place = await Place.create(t, address)
    const ledger = wholeLedger()
    const journal = await place.journal(ledger.stored)
    const model = await place.open()
    await model.apply(await journal.grow(ledger.events.length))
    const followed = await contentsOf(model)
    assert.equal(await place.rebuild(), ledger.events.length)
    assert.deepEqual(await contentsOf(model), followed)
    assert.equal(await place.generation(), 1)
    const { rows } = await place.admin.query('SELECT count(*) AS count FROM pg_indexes WHERE schemaname = $1', [
      place.schema,
    ])
    await place.rebuild()
    const again = await place.admin.query('SELECT count(*) AS count FROM pg_indexes WHERE schemaname = $1', [
      place.schema,
    ])
    assert.deepEqual([again.rows, await place.besides()], [rows, []])
  })

  it('takes the place of the old one while that is read and written, and nobody sees a missing or an older state', async t => {
    const place = await Place.create(t, address)
    const ledger = randomJournal(41, 160)
    const journal = await place.journal(ledger.stored)
    const writer = await place.open()
    await writer.apply(await journal.grow(30))
    const reading = new AbortController()
    const models = [writer, await place.open(), await place.open()]
    const readers = models.map(model => readSteadily(model, ledger.events, reading.signal))
    const taken: number[] = []
    const rebuilding = async () => {
      while (taken.length < 3) {
        await place.rebuild()
        taken.push(await writer.position())
      }
    }
    const writing = async () => {
      while (taken.length < 3 || !journal.isWhole) {
        if (journal.isWhole) await new Promise(resolve => setImmediate(resolve))
        else await writer.apply(await journal.grow(1))
      }
    }
    await Promise.all([rebuilding(), writing()])
    reading.abort()
    const readCounts = await Promise.all(readers)
    assert.ok(
      readCounts.every(count => count > 10),
      readCounts.join(),
    )
    assert.deepEqual([await writer.position(), await place.generation()], [ledger.events.length, 3])
  })

  it('waits for a reader that has the old tables, and does not keep others from reading meanwhile for long', async t => {
    const place = await Place.create(t, address)
    const ledger = randomJournal(3, 40)
    const journal = await place.journal(ledger.stored)
    const model = await place.open()
    await model.apply(await journal.grow(ledger.events.length))
    const slow = await place.admin.connect()
    await slow.query(`BEGIN; SELECT count(*) FROM ${place.schema}.statement_entry`)
    const rebuilt = place.rebuild()
    while ((await place.besides()).length === 0) await new Promise(resolve => setImmediate(resolve))
    assert.equal(await model.position(), ledger.events.length)
    assert.equal(await place.generation(), 0)
    await slow.query('COMMIT')
    slow.release()
    assert.equal(await rebuilt, ledger.events.length)
    assert.equal(await place.generation(), 1)
  })

  it('is refused while another one runs, and removes what one left that died', async t => {
    const place = await Place.create(t, address)
    const { stored } = randomJournal(3, 20)
    await (await place.journal(stored)).grow(stored.length)
    await place.open()
    await place.admin.query(
      `CREATE SCHEMA ${place.schema}_rebuild_0a1b2c3d; CREATE TABLE ${place.schema}_rebuild_0a1b2c3d.x ()`,
    )
    const both = await Promise.allSettled([place.rebuild(), place.rebuild()])
    const refused = both.filter(result => result.status === 'rejected')
    assert.ok(refused.length <= 1 && refused.every(result => result.reason instanceof RebuildRunningError))
    assert.deepEqual(await place.besides(), [])
    const other = await place.admin.connect()
    await other.query(`SELECT pg_advisory_lock(6001975, hashtext('${place.schema}'))`)
    await assert.rejects(place.rebuild(), RebuildRunningError)
    other.release(true)
  })

  it('of a damaged journal is refused, and leaves everything as it was', async t => {
    const place = await Place.create(t, address)
    const { stored } = randomJournal(1, 30)
    const journal = await place.journal(stored)
    const model = await place.open()
    await model.apply(await journal.grow(stored.length))
    const before = await contentsOf(model)
    await place.admin.query(
      `UPDATE ${place.schema}.journal_batch SET payloads = replace(payloads, '"position":20,', '"position":21,')`,
    )
    await assert.rejects(place.rebuild(), StoreDamagedError)
    assert.deepEqual([await contentsOf(model), await place.besides(), await place.generation()], [before, [], 0])
  })

  it('that is cut off in its middle changes nothing', async t => {
    const place = await Place.create(t, address)
    const { stored } = randomJournal(1, 60)
    const journal = await place.journal(stored)
    const model = await place.open()
    await model.apply(await journal.grow(stored.length))
    const before = await contentsOf(model)
    const holder = await place.admin.connect()
    await holder.query(`BEGIN; LOCK TABLE ${place.schema}.read_lock IN ACCESS EXCLUSIVE MODE`)
    const rebuilt = assert.rejects(place.rebuild())
    while ((await place.besides()).length === 0) await new Promise(resolve => setImmediate(resolve))
    await holder.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE pid <> pg_backend_pid() AND query LIKE '%${place.schema}_rebuild_%' OR pid IN (
        SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 6001975 AND objid = hashtext('${place.schema}')::bigint & 4294967295
      )`)
    await rebuilt
    await holder.query('ROLLBACK')
    holder.release()
    assert.deepEqual([await contentsOf(model), await place.generation()], [before, 0])
    await place.rebuild()
    assert.deepEqual([await contentsOf(model), await place.besides()], [before, []])
  })
}

function position(ledger: { readonly events: readonly unknown[] }): number {
  return ledger.events.length
}

if (url !== undefined) describe('a rebuild of the read model in PostgreSQL', () => describeRebuild(url))
