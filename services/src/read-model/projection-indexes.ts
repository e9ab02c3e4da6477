import { type Kysely, sql } from 'kysely'
import { projectionTables, type ReadSchema } from './read-schema.ts'
import type { ProjectionTarget } from './write-projections.ts'

/** An index that no constraint needs, with the statement that makes it. */
export type ProjectionIndex = { readonly name: string; readonly definition: string }

/** Drops the indexes of the projections that are there for reading, and returns them: sorting all rows once is cheaper than keeping them sorted. */
export async function dropIndexes({ kysely, engine }: ProjectionTarget): Promise<readonly ProjectionIndex[]> {
  const indexes = await (engine === 'sqlite' ? sqliteIndexes : postgresIndexes)(kysely)
  for (const { name } of indexes) await sql`DROP INDEX ${sql.id(name)}`.execute(kysely)
  return indexes
}

export async function createIndexes({ kysely }: ProjectionTarget, indexes: readonly ProjectionIndex[]): Promise<void> {
  for (const { definition } of indexes) await sql.raw(definition).execute(kysely)
}

const tables = sql.join(Object.keys(projectionTables))

async function sqliteIndexes(kysely: Kysely<ReadSchema>): Promise<readonly ProjectionIndex[]> {
  const { rows } = await sql<ProjectionIndex>`SELECT name, sql AS definition FROM sqlite_master
    WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (${tables}) ORDER BY name`.execute(kysely)
  return rows
}

async function postgresIndexes(kysely: Kysely<ReadSchema>): Promise<readonly ProjectionIndex[]> {
  const { rows } = await sql<ProjectionIndex>`SELECT relname AS name, pg_get_indexdef(indexrelid) AS definition
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = current_schema()::regnamespace AND indrelid IN (
        SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname IN (${tables})
      ) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY relname`.execute(kysely)
  return rows
}
