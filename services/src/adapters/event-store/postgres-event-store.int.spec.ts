import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { UnknownOutcomeError } from '@deparrow/ledger'
import { describeEventStore, sampleBatch } from '@deparrow/ledger/testing'
import { Pool } from 'pg'
import { postgresUrl } from '../sql/postgres-url.spec.fixture.ts'
import { NewerSchemaError } from '../sql/sql-errors.ts'
import { PostgresEventStore } from './postgres-event-store.ts'

const url = postgresUrl()

type Scene = {
  readonly schema: string
  readonly admin: Pool
  open(): Promise<PostgresEventStore>
  passTime(ms: number): Promise<void>
  remove(): Promise<void>
}

/** A schema of its own for each test, which a test removes itself or hands to its context. */
async function createScene(t?: TestContext): Promise<Scene> {
  const schema = `journal_${randomBytes(6).toString('hex')}`
  const admin = new Pool({ connectionString: url, max: 2 })
  const opened: PostgresEventStore[] = []
  await admin.query(`CREATE SCHEMA ${schema}`)
  const scene = {
    schema,
    admin,
    async open() {
      const store = await PostgresEventStore.open(url ?? '', { schema, connectionsMax: 3 })
      opened.push(store)
      return store
    },
    async passTime(ms: number) {
      await admin.query(`UPDATE ${schema}.journal_head SET lease_until_ms = lease_until_ms - $1`, [ms])
    },
    async remove() {
      for (const store of opened) await store.close()
      await admin.query(`DROP SCHEMA ${schema} CASCADE`)
      await admin.end()
    },
  }
  t?.after(() => scene.remove())
  return scene
}

if (url !== undefined) {
  describeEventStore('the PostgreSQL event store', () => createScene())

  describe('the PostgreSQL event store, when things break', () => {
    it('does not say whether a batch was written whose connection was lost', async t => {
      const scene = await createScene(t)
      const store = await scene.open()
      const { leaseEpoch } = await store.acquire('a', 1_000)
      await store.append(sampleBatch('a', leaseEpoch, 0, 2))
      const locker = await scene.admin.connect()
      await locker.query(`BEGIN; SELECT * FROM ${scene.schema}.journal_head FOR UPDATE`)
      const appending = assert.rejects(store.append(sampleBatch('a', leaseEpoch, 2, 2)), UnknownOutcomeError)
      await terminateBlocked(scene.admin, 'journal_head')
      await appending
      await locker.query('ROLLBACK')
      locker.release()
      assert.equal((await store.head('a')).position, 2)
      assert.equal(await store.append(sampleBatch('a', leaseEpoch, 2, 2)), 'appended', 'the store goes on working')
    })

    it('lets a batch that hangs behind a take-over write nothing', async t => {
      const scene = await createScene(t)
      const store = await scene.open()
      const { leaseEpoch } = await store.acquire('a', 1_000)
      const other = await scene.admin.connect()
      await other.query(`BEGIN; UPDATE ${scene.schema}.journal_head SET lease_epoch = lease_epoch + 1`)
      const appending = store.append(sampleBatch('a', leaseEpoch, 0, 2))
      await untilBlocked(scene.admin, 'journal_head')
      await other.query('COMMIT')
      other.release()
      assert.equal(await appending, 'fenced')
      assert.deepEqual(await store.read('a', 0, 10), [])
    })

    it('refuses a database that a newer version wrote', async t => {
      const scene = await createScene(t)
      await scene.open()
      await scene.admin.query(`UPDATE ${scene.schema}.schema_version SET version = version + 1`)
      await assert.rejects(scene.open(), NewerSchemaError)
    })

    it('is set up once when several processes open an empty database at the same time', async t => {
      const scene = await createScene(t)
      const stores = await Promise.all([scene.open(), scene.open(), scene.open()])
      assert.equal((await stores[2]?.acquire('a', 1_000))?.head.position, 0)
    })

    it('refuses a schema name that could hold more than a name', async () => {
      for (const schema of ['', 'a b', 'a;drop', 'A', '1a', 'x'.repeat(64), 'a -c fsync=off']) {
        await assert.rejects(PostgresEventStore.open(url, { schema }), TypeError)
      }
    })
  })
}

async function untilBlocked(admin: Pool, table: string): Promise<number> {
  for (;;) {
    const { rows } = await admin.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1 AND query LIKE '%journal_batch%'",
      [`%${table}%`],
    )
    if (rows[0] !== undefined) return rows[0].pid
  }
}

async function terminateBlocked(admin: Pool, table: string): Promise<void> {
  await admin.query('SELECT pg_terminate_backend($1)', [await untilBlocked(admin, table)])
}
