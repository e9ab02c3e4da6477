import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UnknownOutcomeError } from '@deparrow/ledger'
import { describeEventStore, sampleBatch, sampleEvents } from '@deparrow/ledger/testing'
import { openPostgres } from '../sql/postgres-database.ts'
import { postgresUrl } from '../sql/postgres-url.spec.fixture.ts'
import { NewerSchemaError } from '../sql/sql-errors.ts'
import { describeJournalOf010 } from './journal-of-0.1.0.spec.behaviour.ts'
import { PostgresEventStore } from './postgres-event-store.ts'
import { createPostgresScene, untilBlocked } from './postgres-journal.spec.fixture.ts'
import { appendThroughFailures, followThroughFailures } from './through-failures.spec.fixture.ts'

const url = postgresUrl()

if (url !== undefined) {
  describeEventStore('the PostgreSQL event store', () => createPostgresScene(url))

  describeJournalOf010('PostgreSQL', async t => {
    const scene = await createPostgresScene(url, t)
    const database = openPostgres<Record<string, never>>(url, { schema: scene.schema })
    t.after(() => database.close())
    return { database, openStore: () => scene.open() }
  })

  describe('the PostgreSQL event store, when things break', () => {
    it('does not say whether a batch was written whose connection was lost', async t => {
      const scene = await createPostgresScene(url, t)
      const store = await scene.open()
      const { leaseEpoch } = await store.acquire('a', 1_000)
      await store.append(sampleBatch('a', leaseEpoch, 0, 2))
      const locker = await scene.admin.connect()
      await locker.query(`BEGIN; SELECT * FROM ${scene.schema}.journal_head FOR UPDATE`)
      const appending = assert.rejects(store.append(sampleBatch('a', leaseEpoch, 2, 2)), UnknownOutcomeError)
      await scene.admin.query('SELECT pg_terminate_backend($1)', [await untilBlocked(scene)])
      await appending
      await locker.query('ROLLBACK')
      locker.release()
      assert.equal((await store.head('a')).position, 2)
      assert.equal(await store.append(sampleBatch('a', leaseEpoch, 2, 2)), 'appended', 'the store goes on working')
    })

    it('lets a batch that hangs behind a take-over write nothing', async t => {
      const scene = await createPostgresScene(url, t)
      const store = await scene.open()
      const { leaseEpoch } = await store.acquire('a', 1_000)
      const other = await scene.admin.connect()
      await other.query(`BEGIN; UPDATE ${scene.schema}.journal_head SET lease_epoch = lease_epoch + 1`)
      const appending = store.append(sampleBatch('a', leaseEpoch, 0, 2))
      await untilBlocked(scene)
      await other.query('COMMIT')
      other.release()
      assert.equal(await appending, 'fenced')
      assert.deepEqual(await store.read('a', 0, 10), [])
    })

    it('shows a batch that commits late in its place, nothing before it did, and no batch that waited for it', async t => {
      const scene = await createPostgresScene(url, t)
      const store = await scene.open()
      const { leaseEpoch } = await store.acquire('a', 1_000)
      const [late] = sampleEvents(0, 1)
      const other = await scene.admin.connect()
      await other.query(`BEGIN; SET LOCAL search_path = ${scene.schema}`)
      await other.query('UPDATE journal_head SET position = 1, hash = $1', [late?.hash])
      await other.query(`INSERT INTO journal_batch VALUES ('a', 1, 1, $1, $2)`, [
        Buffer.from(late?.hash.slice(2) ?? '', 'hex'),
        late?.payload,
      ])
      const appending = store.append(sampleBatch('a', leaseEpoch, 0, 2, 1))
      await untilBlocked(scene)
      assert.deepEqual(await store.read('a', 0, 10), [])
      assert.equal((await store.head('a')).position, 0)
      const waiting = store.waitBeyond('a', 0, AbortSignal.timeout(5_000))
      await other.query('COMMIT')
      other.release()
      await waiting
      assert.equal(await appending, 'fenced')
      assert.equal(await store.append(sampleBatch('a', leaseEpoch, 1, 2)), 'appended')
      assert.deepEqual(await store.read('a', 0, 10), sampleEvents(0, 3))
    })

    it('keeps each batch once, and its followers see each once, while all connections are cut again and again', async t => {
      const scene = await createPostgresScene(url, t)
      const [writer, reader] = [await scene.open(), await scene.open()]
      const { leaseEpoch } = await writer.acquire('a', 1_000)
      const following = followThroughFailures(reader, 'a', 300)
      let cuts = 0
      for (let after = 0; after < 300; after += 3) {
        const cutting = after % 30 === 0 ? scene.cutConnections() : undefined
        cuts += await appendThroughFailures(writer, sampleBatch('a', leaseEpoch, after, 3))
        await cutting
      }
      assert.deepEqual(await following, sampleEvents(0, 300))
      assert.ok(cuts > 0, 'no append lost its connection')
    })

    it('compresses payloads by LZ4 where the server can', async t => {
      const scene = await createPostgresScene(url, t)
      await scene.open()
      const { rows } = await scene.admin.query<{ can: boolean; does: boolean }>(
        `SELECT (SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression') AS can,
           attcompression = 'l' AS does FROM pg_attribute WHERE attname = 'payloads' AND attrelid = $1::regclass`,
        [`${scene.schema}.journal_batch`],
      )
      assert.equal(rows[0]?.does, rows[0]?.can ?? false)
    })

    it('refuses a database that a newer version wrote', async t => {
      const scene = await createPostgresScene(url, t)
      await scene.open()
      await scene.admin.query(`UPDATE ${scene.schema}.schema_version SET version = version + 1`)
      await assert.rejects(scene.open(), NewerSchemaError)
    })

    it('is set up once when several processes open an empty database at the same time', async t => {
      const scene = await createPostgresScene(url, t)
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
