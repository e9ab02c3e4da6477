import { randomBytes } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import { DatabaseError } from 'pg'
import { migrate } from '../adapters/sql/migrate.ts'
import { openPostgres } from '../adapters/sql/postgres-database.ts'
import type { SqlDatabase } from '../adapters/sql/sql-database.ts'
import { buildProjections, type ProjectedJournal } from './build-projections.ts'
import { KyselyReadModel, RebuildBehindError } from './kysely-read-model.ts'
import { reachedPlaces, reachedPosition } from './places.ts'
import { projectionTables, type ReadSchema } from './read-schema.ts'
import { catchUpProjections } from './rebuild.ts'

export type PostgresRebuild = {
  readonly url: string
  /** The schema of the read model in use; by default that of the server's search path. */
  readonly schema?: string
  readonly journals: readonly ProjectedJournal[]
}

/** Another rebuild of the same read model holds this lock; the number is ours, the second one stands for the schema. */
const rebuildLock = 6_001_975

/** The change waits at most this long for readers of the old tables, less than PostgreSQL takes to look for a deadlock. */
const lockTimeoutMs = 500

/** Attempts to change over; a long-running reader may hold up some. */
const attemptsMax = 120

// SQLSTATE of PostgreSQL 15, appendix A: a lock that was not had in time, and a deadlock.
const retryableCodes: readonly string[] = ['55P03', '40P01']

/**
 * Builds the projections of whole journals into a schema beside the one in use, which goes on being read and written, and then puts its tables in the
 * place of the old ones, in one transaction: a reader finds the old ones or the new ones, in any process, and never an older state than before.
 * Needs the right to create a schema. When this throws, or the process dies, nothing has changed. Throws {@link RebuildRunningError}, and what
 * `buildProjections` does.
 */
export async function rebuildPostgres({ url, schema, journals }: PostgresRebuild): Promise<number> {
  const live = openPostgres<ReadSchema>(url, { ...(schema !== undefined && { schema }), connectionsMax: 2 })
  try {
    await migrate(live, 'read')
    return await live.kysely.connection().execute(async connection => {
      const base = await currentSchema(connection)
      await lockRebuild(connection, base)
      await dropAbandoned(connection, base)
      const building = `${base.slice(0, 40)}_rebuild_${randomBytes(4).toString('hex')}`
      await sql`CREATE SCHEMA ${sql.id(building)}`.execute(connection)
      try {
        return await buildAndChange(connection, { url, base, building, journals })
      } finally {
        await sql`DROP SCHEMA IF EXISTS ${sql.id(building)} CASCADE`.execute(connection)
      }
    })
  } finally {
    await live.close()
  }
}

type Change = {
  readonly url: string
  readonly base: string
  readonly building: string
  readonly journals: readonly ProjectedJournal[]
}

async function buildAndChange(connection: Kysely<ReadSchema>, change: Change): Promise<number> {
  const { url, building, journals } = change
  const beside = openPostgres<ReadSchema>(url, { schema: building, connectionsMax: 2 })
  const rebuilt = await KyselyReadModel.open(beside)
  try {
    await buildProjections({ kysely: beside.kysely, engine: 'postgres' }, journals)
    for (const table of Object.keys(projectionTables)) await sql`ANALYZE ${sql.id(table)}`.execute(beside.kysely)
    await changeOver(connection, change, rebuilt, beside)
    return await countEvents(connection)
  } finally {
    await rebuilt.close()
  }
}

/** Catches up and changes over; again when a reader did not let go of the old tables in time. */
async function changeOver(
  connection: Kysely<ReadSchema>,
  change: Change,
  rebuilt: KyselyReadModel,
  beside: SqlDatabase<ReadSchema>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await catchUpProjections(rebuilt, change.journals)
    try {
      await connection.transaction().execute(async transaction => {
        await sql`SET LOCAL lock_timeout = ${sql.lit(lockTimeoutMs)}`.execute(transaction)
        // Whoever folds waits for this row, so what is left is little and stays so.
        await sql`UPDATE read_lock SET generation = generation + 1`.execute(transaction)
        await catchUpProjections(rebuilt, change.journals)
        await assertNotOlder(transaction, beside.kysely)
        await replaceTables(transaction, change)
      })
      return
    } catch (error) {
      if (attempt >= attemptsMax || !isRetryable(error)) throw error
    }
  }
}

async function replaceTables(transaction: Transaction<ReadSchema>, { base, building }: Change): Promise<void> {
  const tables = Object.keys(projectionTables)
  const old = sql.join(tables.map(table => sql.id(base, table)))
  await sql`LOCK TABLE ${old} IN ACCESS EXCLUSIVE MODE`.execute(transaction)
  await sql`DROP TABLE ${old}`.execute(transaction)
  for (const table of tables) {
    await sql`ALTER TABLE ${sql.id(building, table)} SET SCHEMA ${sql.id(base)}`.execute(transaction)
  }
}

async function assertNotOlder(live: Kysely<ReadSchema>, rebuilt: Kysely<ReadSchema>): Promise<void> {
  for (const { shard, position } of await reachedPlaces(live)) {
    const rebuiltPosition = await reachedPosition(rebuilt, shard)
    if (rebuiltPosition < position) throw new RebuildBehindError({ shard, position, rebuiltPosition })
  }
}

async function currentSchema(kysely: Kysely<ReadSchema>): Promise<string> {
  const { rows } = await sql<{ name: string }>`SELECT current_schema() AS name`.execute(kysely)
  return rows[0]?.name ?? 'public'
}

/** Held to the end of the session. */
async function lockRebuild(kysely: Kysely<ReadSchema>, base: string): Promise<void> {
  const { rows } = await sql<{
    taken: boolean
  }>`SELECT pg_try_advisory_lock(${rebuildLock}::int, hashtext(${base})) AS taken`.execute(kysely)
  if (rows[0]?.taken !== true) throw new RebuildRunningError(base)
}

/** What rebuilds that died have left: none runs while the lock is ours. */
async function dropAbandoned(kysely: Kysely<ReadSchema>, base: string): Promise<void> {
  const { rows } = await sql<{ name: string }>`SELECT nspname AS name FROM pg_namespace
    WHERE nspname ~ ${`^${base.slice(0, 40)}_rebuild_[0-9a-f]{8}$`}`.execute(kysely)
  for (const { name } of rows) await sql`DROP SCHEMA ${sql.id(name)} CASCADE`.execute(kysely)
}

async function countEvents(kysely: Kysely<ReadSchema>): Promise<number> {
  return (await reachedPlaces(kysely)).reduce((count, { position }) => count + position, 0)
}

function isRetryable(error: unknown): boolean {
  return error instanceof DatabaseError && retryableCodes.includes(error.code ?? '')
}

/** Thrown when the same read model is being rebuilt already. Nothing was changed. */
export class RebuildRunningError extends Error {
  override readonly name = 'RebuildRunningError'
  constructor(schema: string) {
    super(`the read model in schema ${schema} is being rebuilt already; wait until that has ended`)
  }
}
