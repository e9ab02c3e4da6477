import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { openPostgres } from './postgres-database.ts'
import { postgresUrl } from './postgres-url.spec.fixture.ts'

const url = postgresUrl()

if (url !== undefined) {
  describe('a PostgreSQL database', () => {
    it('reads every integer as bigint, also beyond 2^53, counts and sums', async t => {
      const database = openPostgres<Record<string, never>>(url)
      t.after(() => database.close())
      const query = sql`SELECT 9007199254740993::bigint AS large, 7::int AS small, count(*) AS count, sum(x) AS sum
        FROM (VALUES (9223372036854775807::bigint), (1)) AS v (x)`
      const { rows } = await query.execute(database.kysely)
      assert.deepEqual(rows, [{ large: 9_007_199_254_740_993n, small: 7n, count: 2n, sum: 9_223_372_036_854_775_808n }])
    })

    it('commits synchronously even when its address asks for the opposite', async t => {
      const address = new URL(url)
      address.searchParams.set('options', '-c synchronous_commit=off -c application_name=kept')
      const database = openPostgres<Record<string, never>>(address.href)
      t.after(() => database.close())
      const show = async (name: string) =>
        (await sql<Record<string, string>>`SHOW ${sql.raw(name)}`.execute(database.kysely)).rows[0]
      assert.deepEqual(await show('synchronous_commit'), { synchronous_commit: 'on' })
      assert.deepEqual(await show('application_name'), { application_name: 'kept' })
    })

    it('fails a query, and not the process, when nobody listens at its address', async t => {
      const database = openPostgres<Record<string, never>>('postgres://nobody@127.0.0.1:1/none')
      t.after(() => database.close())
      await assert.rejects(sql`SELECT 1`.execute(database.kysely), /ECONNREFUSED/)
    })

    it('fails a transaction, and not the process, when the server ends its connection between two queries', async t => {
      const [database, other] = [openPostgres<Record<string, never>>(url), openPostgres<Record<string, never>>(url)]
      t.after(() => Promise.all([database.close(), other.close()]))
      const cutOff = database.kysely.transaction().execute(async transaction => {
        const { rows } = await sql<{ pid: bigint }>`SELECT pg_backend_pid() AS pid`.execute(transaction)
        const pid = rows[0]?.pid
        await sql`SELECT pg_terminate_backend(${pid}, 10000)`.execute(other.kysely)
        await sql`SELECT 1`.execute(transaction)
      })
      await assert.rejects(cutOff, { message: /not queryable|terminat|Connection/ })
      assert.equal((await sql`SELECT 1`.execute(database.kysely)).rows.length, 1)
    })
  })
}
