import type { DatabaseSync } from 'node:sqlite'
import type { JournalReads } from '@deparrow/ledger'
import { sqliteDatabase } from '../adapters/sql/sqlite-database.ts'
import { openNewSqliteFile, openSqliteFile } from '../adapters/sql/sqlite-file.ts'
import { PollLoop, type Wait, waitOnTimer } from '../poll-loop.ts'
import { KyselyReadModel } from './kysely-read-model.ts'
import { generationPath, newestGeneration, removeBefore, removeFile } from './read-model-files.ts'
import type { ReadSchema } from './read-schema.ts'

/** How often it is looked whether a rebuild has finished. */
const lookMs = 500

const backoffMaxMs = 5_000

export type ReadModelFileOptions = {
  /** The read model's file; those of rebuilds lie beside it. */
  readonly path: string
  /** By their shards: where a rebuilt file finds what came after it was finished. */
  readonly journals: readonly Pick<JournalReads, 'events'>[]
  /** Is told why a rebuilt file was not taken. */
  readonly report: (problem: string) => void
  readonly wait?: Wait
}

export type ReadModelFile = {
  readonly readModel: KyselyReadModel
  /** Ends looking for rebuilds, and closes the read model. */
  close(): Promise<void>
}

/**
 * Opens the newest generation of a read model in SQLite, creates it where there is none, and changes over to a newer one as soon as a rebuild
 * has made it, unseen by readers. Older ones are removed. A newer one that cannot be taken is reported and removed. Throws the errors of
 * `openSqliteFile` and `migrate`.
 */
export async function openReadModelFile({
  path,
  journals,
  report,
  wait = waitOnTimer,
}: ReadModelFileOptions): Promise<ReadModelFile> {
  let generation = newestGeneration(path)
  const handle = openSqliteFile(generationPath(path, generation))
  const readModel = await KyselyReadModel.open(tuned(handle))
  removeBefore(path, generation)
  const step = async (): Promise<void> => {
    const newest = newestGeneration(path)
    if (newest <= generation) return
    const file = generationPath(path, newest)
    try {
      await readModel.replaceWith(tuned(openNewSqliteFile(file)), journals)
    } catch (error) {
      report(`rebuilt projections were not taken: ${error instanceof Error ? error.message : String(error)}`)
      removeFile(file)
      return
    }
    generation = newest
    removeBefore(path, generation)
  }
  const looking = new PollLoop({ step, wait, intervalMs: lookMs, backoffMaxMs })
  looking.start()
  return {
    readModel,
    async close() {
      await looking.stop()
      await readModel.close()
    },
  }
}

/**
 * The journal has everything that the read model has, so a commit need not wait for the disk: after a loss of power some of the last ones are folded
 * again. The cache and a log of some size spare pages that many wallets share from being written again and again.
 */
function tuned(handle: DatabaseSync) {
  handle.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 8000')
  return sqliteDatabase<ReadSchema>(handle)
}
