import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { EventStore } from '@deparrow/ledger'
import { PostgresEventStore } from '../adapters/event-store/postgres-event-store.ts'
import { SqliteEventStore } from '../adapters/event-store/sqlite-event-store.ts'
import { openPostgres } from '../adapters/sql/postgres-database.ts'
import { openSqlite } from '../adapters/sql/sqlite-database.ts'
import { KyselyReadModel } from './kysely-read-model.ts'
import { rebuildReadModel } from './rebuild.ts'
import type { RebuildSource } from './rebuild-arguments.ts'

/** The journal's file in a data folder. */
export const journalFileName = 'journal.sqlite'

/** The projections' file in a data folder. */
export const readModelFileName = 'read-model.sqlite'

/**
 * Builds the projections anew from the journal and returns how many events they hold. The services must not be running. In a
 * data folder the old file is removed, sound or not; throws {@link NoJournalError} before that when there is no journal to read.
 */
export async function runRebuild(source: RebuildSource): Promise<number> {
  const store = await openJournal(source)
  try {
    const readModel = await openReadModel(source)
    try {
      return await rebuildReadModel({ store, shard: source.shard }, readModel)
    } finally {
      await readModel.close()
    }
  } finally {
    await store.close()
  }
}

async function openJournal(source: RebuildSource): Promise<EventStore> {
  if (source.engine === 'postgres') return PostgresEventStore.open(source.url)
  const path = join(source.dataFolder, journalFileName)
  if (!existsSync(path)) throw new NoJournalError({ path })
  const store = await SqliteEventStore.open(path)
  const head = await store.head(source.shard)
  if (head.position > 0) return store
  await store.close()
  throw new NoJournalError({ path, shard: source.shard })
}

async function openReadModel(source: RebuildSource): Promise<KyselyReadModel> {
  if (source.engine === 'postgres') return KyselyReadModel.open(openPostgres(source.url))
  const path = join(source.dataFolder, readModelFileName)
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
  return KyselyReadModel.open(openSqlite(path))
}

/** Thrown when the data folder has no journal, or no events of the shard. Nothing was changed. */
export class NoJournalError extends Error {
  override readonly name = 'NoJournalError'
  constructor({ path, shard }: { path: string; shard?: string }) {
    super(
      shard === undefined
        ? `there is no journal at ${path}; name the folder that the services write to with --data DIR`
        : `the journal at ${path} has no events of shard ${shard}; name another with --shard NAME`,
    )
  }
}
