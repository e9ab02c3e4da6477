import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { decodeEvent, type EventStore } from '@deparrow/ledger'
import { PostgresEventStore } from '../adapters/event-store/postgres-event-store.ts'
import { SqliteEventStore } from '../adapters/event-store/sqlite-event-store.ts'
import type { ProjectedJournal } from './build-projections.ts'
import { buildReadModelFile } from './build-read-model-file.ts'
import type { JournalSource } from './fold-balances.ts'
import type { RebuildSource } from './rebuild-arguments.ts'
import { rebuildPostgres } from './rebuild-postgres.ts'

/** The journal's file in a data folder. */
export const journalFileName = 'journal.sqlite'

/** The projections' file in a data folder; those of rebuilds have a number after it. */
export const readModelFileName = 'read-model.sqlite'

/**
 * Builds the projections anew from the journals of some shards, beside those in use, and returns how many events they hold. The services may be
 * running: they go on with the old ones and change over to the new ones when those are complete. Throws {@link NoJournalError} when there is nothing
 * to read; whenever it throws, the projections in use are as they were.
 */
export async function runRebuild(source: RebuildSource): Promise<number> {
  const journals = await findJournals(source)
  if (source.engine === 'postgres') return rebuildPostgres({ ...source, journals })
  const path = join(source.dataFolder, readModelFileName)
  return (await buildReadModelFile(path, journals)).eventCount
}

/** Opens the journal, which brings it to today's schema, and looks which number each shard was opened with. */
async function findJournals(source: RebuildSource): Promise<readonly ProjectedJournal[]> {
  const path = source.engine === 'sqlite' ? join(source.dataFolder, journalFileName) : 'the database'
  if (source.engine === 'sqlite' && !existsSync(path)) throw new NoJournalError({ path })
  const store = await openStore(source, path)
  try {
    const journals: ProjectedJournal[] = []
    for (const shard of new Set(source.shards)) {
      const number = await numberOf(store, shard)
      if (number === undefined) throw new NoJournalError({ path, shard })
      journals.push({ source: journalSource(source, path, shard), number })
    }
    return journals
  } finally {
    await store.close()
  }
}

function openStore(source: RebuildSource, path: string): Promise<EventStore> {
  if (source.engine === 'sqlite') return SqliteEventStore.open(path)
  return PostgresEventStore.open(source.url, source.schema === undefined ? {} : { schema: source.schema })
}

function journalSource(source: RebuildSource, path: string, shard: string): JournalSource {
  if (source.engine === 'sqlite') return { engine: 'sqlite', path, shard }
  const { url, schema } = source
  return { engine: 'postgres', url, ...(schema !== undefined && { schema }), shard }
}

/** The first event of a journal says which shard it is. `undefined` for a journal without events. */
async function numberOf(store: EventStore, shard: string): Promise<number | undefined> {
  const [first] = await store.read(shard, 0, 1)
  if (first === undefined) return undefined
  const event = decodeEvent(first)
  return event.type === 'LedgerOpened' ? event.data.config.shard : 0
}

/** Thrown when there is no journal, or no events of the shard. Nothing was changed. */
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
