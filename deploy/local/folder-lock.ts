import { DatabaseSync } from 'node:sqlite'

/** SQLITE_BUSY, https://www.sqlite.org/rescode.html#busy */
const sqliteBusy = 5

/** Held until `release`, or until the process ends in whatever way. */
export type FolderLock = { release(): void }

/**
 * Makes this the only process that uses what the file stands for; `undefined` when another one has it. It is SQLite's lock on an
 * empty database: the operating system drops it when the process dies, so that `kill -9` leaves nothing stale.
 */
export function lockFile(path: string): FolderLock | undefined {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === sqliteBusy) return undefined
    throw error
  }
}
