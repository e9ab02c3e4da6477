import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { Pool } from 'pg'
import { PostgresEventStore } from './postgres-event-store.ts'

export type PostgresScene = {
  readonly schema: string
  /** A connection with all rights that does not belong to the stores. */
  readonly admin: Pool
  open(): Promise<PostgresEventStore>
  readonly leaseMs: number
  passTime(ms: number): Promise<void>
  /** Ends all connections of the scene's stores on the server's side. */
  cutConnections(): Promise<void>
  remove(): Promise<void>
}

/** A schema of its own for each test, which a test removes itself or hands to its context. */
export async function createPostgresScene(url: string, t?: TestContext): Promise<PostgresScene> {
  const schema = `journal_${randomBytes(6).toString('hex')}`
  const admin = new Pool({ connectionString: url, max: 2 })
  const opened: PostgresEventStore[] = []
  await admin.query(`CREATE SCHEMA ${schema}`)
  const address = new URL(url)
  address.searchParams.set('application_name', schema)
  const scene: PostgresScene = {
    schema,
    admin,
    leaseMs: 600_000,
    async open() {
      const store = await PostgresEventStore.open(address.href, { schema, connectionsMax: 3 })
      opened.push(store)
      return store
    },
    async passTime(ms) {
      await admin.query(`UPDATE ${schema}.journal_head SET lease_until_ms = lease_until_ms - $1`, [ms])
    },
    async cutConnections() {
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [schema])
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

/** The process id of a connection whose statement waits for the lock on the journal's head. */
export async function untilBlocked({ admin, schema }: PostgresScene): Promise<number> {
  for (;;) {
    const { rows } = await admin.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = $1`,
      [schema],
    )
    if (rows[0] !== undefined) return rows[0].pid
  }
}
