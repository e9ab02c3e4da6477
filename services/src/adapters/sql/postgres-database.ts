import { Kysely, PostgresDialect } from 'kysely'
import { Pool, type PoolConfig, types } from 'pg'
import type { SqlDatabase } from './sql-database.ts'

/** Connections of one process to one database, unless the caller says otherwise: a writer, a projection and a few readers. */
const connectionsMaxDefault = 8

const connectTimeoutMs = 5_000

export type PostgresOptions = {
  /** Schema in which tables are created and found; by default the server's search path (`public`). */
  readonly schema?: string
  readonly connectionsMax?: number
}

/** Opens PostgreSQL for Kysely. Connections are made when they are first needed; until then a wrong address goes unnoticed. */
export function openPostgres<Schema>(url: string, options: PostgresOptions = {}): SqlDatabase<Schema> {
  const pool = createPostgresPool(url, options)
  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  return {
    engine: 'postgres',
    kysely,
    async close() {
      await kysely.destroy()
      if (!pool.ending) await pool.end()
    },
  }
}

/**
 * A pool whose connections read all integers as `bigint` and commit synchronously, whatever the server's default is. A
 * connection that breaks is dropped, also in the middle of a transaction, whose next query then fails; who comes next gets a new one.
 */
export function createPostgresPool(url: string, options: PostgresOptions = {}): Pool {
  const pool = new Pool({
    connectionString: withSettings(url, options.schema),
    max: options.connectionsMax ?? connectionsMaxDefault,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types: { getTypeParser: integersAsBigint },
  })
  pool.on('error', () => undefined)
  // The pool hears idle connections alone. One that breaks between two queries of a transaction would end the process.
  pool.on('connect', client => client.on('error', () => undefined))
  return pool
}

// Object ids of int8, int2, int4 and numeric (the type of a sum of int8) in pg_type.dat of PostgreSQL.
const integerTypeIds: ReadonlySet<number> = new Set([20, 21, 23, 1700])

const integersAsBigint: NonNullable<PoolConfig['types']>['getTypeParser'] = (id, format) =>
  integerTypeIds.has(id) && format !== 'binary' ? (text: string) => BigInt(text) : types.getTypeParser(id, format)

/** Puts our settings behind those that the address itself has: the last one counts. */
function withSettings(url: string, schema: string | undefined): string {
  const address = new URL(url)
  const settings = [address.searchParams.get('options') ?? '', '-c synchronous_commit=on']
  if (schema !== undefined) settings.push(`-c search_path=${checkedSchema(schema)}`)
  address.searchParams.set('options', settings.join(' ').trim())
  return address.href
}

function checkedSchema(schema: string): string {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(schema)) {
    throw new TypeError(`${JSON.stringify(schema)} is no schema name: a lower-case letter, then letters, digits and _`)
  }
  return schema
}
