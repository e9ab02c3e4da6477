import { type Kysely, sql } from 'kysely'
import { type MigrationFile, migrationsFolder, readMigrationFiles } from './migration-files.ts'
import type { SqlDatabase, SqlEngine, SqlInteger } from './sql-database.ts'
import { NewerSchemaError } from './sql-errors.ts'

/** A group of tables with its own numbering; several areas may share one database. */
export type MigrationArea = 'journal' | 'read' | 'market'

/**
 * Brings an area of a database to the schema that this code knows and returns its version. All missing steps happen in one
 * transaction, once, also when several processes start at the same time. Throws {@link NewerSchemaError}, having changed
 * nothing, when the database is ahead of this code.
 */
export async function migrate<Schema>(
  database: SqlDatabase<Schema>,
  area: MigrationArea,
  folder: string = migrationsFolder,
): Promise<number> {
  const files = readMigrationFiles(folder, area, database.engine)
  const kysely = database.kysely as unknown as Kysely<VersionSchema>
  return kysely.transaction().execute(async transaction => {
    await serialise(transaction, database.engine)
    const foundVersion = await readVersion(transaction, area)
    if (foundVersion > files.length) {
      throw new NewerSchemaError({ area, foundVersion, knownVersion: files.length })
    }
    for (const file of files.slice(foundVersion)) await runFile(transaction, file)
    if (foundVersion < files.length) await writeVersion(transaction, area, files.length)
    return files.length
  })
}

type VersionSchema = { schema_version: { area: string; version: SqlInteger } }

/** Any constant will do that nothing else in the database locks. */
const migrationLockKey = 6_001_974

/** SQLite's transaction holds the write lock from its beginning; PostgreSQL needs a lock of its own. */
async function serialise(kysely: Kysely<VersionSchema>, engine: SqlEngine): Promise<void> {
  if (engine === 'postgres') await sql`SELECT pg_advisory_xact_lock(${sql.lit(migrationLockKey)})`.execute(kysely)
}

async function readVersion(kysely: Kysely<VersionSchema>, area: MigrationArea): Promise<number> {
  await sql`CREATE TABLE IF NOT EXISTS schema_version (area TEXT PRIMARY KEY, version INTEGER NOT NULL)`.execute(kysely)
  const row = await kysely.selectFrom('schema_version').select('version').where('area', '=', area).executeTakeFirst()
  return Number(row?.version ?? 0n)
}

async function runFile(kysely: Kysely<VersionSchema>, file: MigrationFile): Promise<void> {
  for (const statement of file.statements) await sql.raw(statement).execute(kysely)
}

async function writeVersion(kysely: Kysely<VersionSchema>, area: MigrationArea, version: number): Promise<void> {
  await kysely
    .insertInto('schema_version')
    .values({ area, version })
    .onConflict(conflict => conflict.column('area').doUpdateSet({ version }))
    .execute()
}
