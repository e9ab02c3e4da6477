import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LocalChainLockedError } from './errors.ts'

/** SQLITE_BUSY, https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5

/** Held until `release`, or until the process ends in whatever way. */
export type FolderLock = { release(): void }

/**
 * Makes this the only chain that uses the folder. The lock is SQLite's lock on an empty database file: the operating
 * system drops it when the process dies, so `kill -9` leaves nothing stale. Throws {@link LocalChainLockedError}.
 */
export function lockFolder(dataFolder: string): FolderLock {
  const pidFile = join(dataFolder, 'chain.pid')
  const database = new DatabaseSync(join(dataFolder, 'chain.lock'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error
    throw new LocalChainLockedError({ dataFolder, pid: readPid(pidFile) })
  }
  writeFileSync(pidFile, `${process.pid}\n`)
  return {
    release() {
      rmSync(pidFile, { force: true })
      database.close()
    },
  }
}

/** The file only serves the error's wording; the lock does not depend on it. */
function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10)
    return Number.isSafeInteger(pid) ? pid : undefined
  } catch {
    return undefined
  }
}
