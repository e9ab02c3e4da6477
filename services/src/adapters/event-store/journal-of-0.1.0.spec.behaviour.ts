import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { EventStore } from '@deparrow/ledger'
import { sampleBatch } from '@deparrow/ledger/testing'
import { type RawBuilder, sql } from 'kysely'
import type { SqlDatabase } from '../sql/sql-database.ts'
import { writeJournalOf010, writtenLeaseEpoch } from './journal-of-0.1.0.spec.fixture.ts'

/** The same data, once as a database and once as the event store on it. The test's context closes both. */
export type JournalScene = {
  readonly database: SqlDatabase<Record<string, never>>
  openStore(): Promise<EventStore>
}

/** What opening a journal of DEparrow 0.1.0 must do on each engine. */
export function describeJournalOf010(name: string, createScene: (t: TestContext) => Promise<JournalScene>): void {
  describe(`a journal of DEparrow 0.1.0 in ${name}`, () => {
    it('is read as it was written, and goes on', async t => {
      const scene = await createScene(t)
      const events = await writeJournalOf010(t, scene.database)
      const store = await scene.openStore()
      assert.deepEqual(await store.read('main', 0, 100), events)
      assert.deepEqual(await store.read('main', 3, 2), events.slice(3, 5))
      const lease = await store.acquireExpired('main', 1_000)
      const last = events.at(-1)
      assert.deepEqual(lease?.head, { position: last?.position, hash: last?.hash })
      assert.ok((lease?.leaseEpoch ?? 0) > writtenLeaseEpoch)
      const batch = sampleBatch('main', lease?.leaseEpoch ?? 0, events.length, 3)
      assert.equal(await store.append(batch), 'appended')
      assert.deepEqual(await store.read('main', 0, 100), [...events, ...batch.events])
    })

    it('can be looked at one event a row, as before', async t => {
      const scene = await createScene(t)
      const select = sql`SELECT shard, position, type, at_ms, command_id, payload, hash FROM journal_event ORDER BY position`
      const events = await writeJournalOf010(t, scene.database)
      const before = await rowsOf(scene, select)
      await scene.openStore()
      assert.equal(before.length, events.length)
      assert.deepEqual(await rowsOf(scene, select), before)
    })

    for (const [what, change] of [
      ['a hash is no hash', sql`UPDATE journal_event SET hash = '0x' || substr(hash, 4) || 'g' WHERE position = 5`],
      [
        'a hash has no prefix',
        sql`UPDATE journal_event SET hash = '00' || substr(hash, 3, 63) || 'z' WHERE position = 5`,
      ],
    ] as const) {
      it(`is left as it is when ${what}`, async t => {
        const scene = await createScene(t)
        await writeJournalOf010(t, scene.database)
        await change.execute(scene.database.kysely)
        const select = sql`SELECT * FROM journal_event ORDER BY position`
        const before = await rowsOf(scene, select)
        await assert.rejects(scene.openStore())
        assert.deepEqual(await rowsOf(scene, select), before)
        assert.deepEqual(await rowsOf(scene, sql`SELECT version FROM schema_version`), [{ version: 1n }])
      })
    }

    it('is not read across an event that it lost', async t => {
      const scene = await createScene(t)
      await writeJournalOf010(t, scene.database)
      await sql`DELETE FROM journal_event WHERE position = 5`.execute(scene.database.kysely)
      const store = await scene.openStore()
      assert.equal((await store.read('main', 0, 4)).length, 4)
      await assert.rejects(store.read('main', 0, 6), /at position 5/)
      await assert.rejects(store.read('main', 4, 1), /at position 5/)
    })
  })
}

async function rowsOf(scene: JournalScene, select: RawBuilder<unknown>): Promise<readonly unknown[]> {
  const { rows } = await select.execute(scene.database.kysely)
  return rows.map(row => ({ ...(row as object) }))
}
