import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrate } from '../adapters/sql/migrate.ts'
import { sqliteDatabase } from '../adapters/sql/sqlite-database.ts'
import { buildProjections, type ProjectedJournal } from './build-projections.ts'
import { buildingPath, publish, removeFile } from './read-model-files.ts'
import type { ReadSchema } from './read-schema.ts'

export type BuiltFile = { readonly generation: number; readonly eventCount: number }

/**
 * Builds the projections of whole journals into a file beside the one in use, which goes on being read and written, and makes it the newest
 * generation when it is complete. A network that runs then changes over to it; otherwise the next start does. When this throws, or the process dies,
 * nothing has changed. Throws what `buildProjections` does.
 */
export async function buildReadModelFile(path: string, journals: readonly ProjectedJournal[]): Promise<BuiltFile> {
  mkdirSync(dirname(path), { recursive: true })
  const building = buildingPath(path)
  try {
    const eventCount = await build(building, journals)
    return { generation: publish(building, path), eventCount }
  } catch (error) {
    removeFile(building)
    throw error
  }
}

/** Without a log and without waiting for the disk: a file that was not finished is thrown away. The lock says that it is being written. */
async function build(path: string, journals: readonly ProjectedJournal[]): Promise<number> {
  const handle = new DatabaseSync(path, { readBigInts: true })
  const database = sqliteDatabase<ReadSchema>(handle)
  try {
    handle.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE')
    handle.exec(`PRAGMA cache_size = -${cacheKibibytes}`)
    await migrate(database, 'read')
    handle.exec('BEGIN')
    const eventCount = await buildProjections({ kysely: database.kysely, engine: 'sqlite' }, journals)
    handle.exec('COMMIT; ANALYZE')
    return eventCount
  } finally {
    await database.close()
  }
}

/** Room for the pages of a rebuild, so that tables with random keys are not read again from the disk. */
const cacheKibibytes = 131_072
