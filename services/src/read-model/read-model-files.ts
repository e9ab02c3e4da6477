import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteResultCode } from '../adapters/sql/sqlite-file.ts'

// SQLite's primary result code for a file that somebody else has locked, https://www.sqlite.org/rescode.html
const sqliteBusy = 5

/** What SQLite keeps beside a database. */
const companions = ['', '-wal', '-shm', '-journal']

/**
 * The files of a read model in SQLite: `path` itself, and one for each rebuild, `path-1`, `path-2` and so on. The one with the highest number
 * counts. A file gets such a name only when it is whole and on the disk, so that a rebuild takes effect at once or not at all.
 */
export function generationsOf(path: string): readonly number[] {
  const name = basename(path)
  const generations = namesIn(dirname(path)).flatMap(found => {
    if (found === name) return [0]
    const number = found.startsWith(`${name}-`) ? found.slice(name.length + 1) : ''
    return /^[1-9]\d{0,8}$/.test(number) ? [Number(number)] : []
  })
  return generations.sort((a, b) => a - b)
}

/** The file of a generation. */
export function generationPath(path: string, generation: number): string {
  return generation === 0 ? path : `${path}-${generation}`
}

/** The generation that counts; 0 also when there is no file yet. */
export function newestGeneration(path: string): number {
  return generationsOf(path).at(-1) ?? 0
}

/** A new name for a file that a rebuild writes. */
export function buildingPath(path: string): string {
  return `${path}-building-${randomBytes(4).toString('hex')}`
}

/** Makes a closed, whole file the newest generation and returns its number. Until this has happened nobody looks at it. */
export function publish(built: string, path: string): number {
  sync(built)
  for (;;) {
    const generation = newestGeneration(path) + 1
    try {
      linkSync(built, generationPath(path, generation))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
      throw error
    }
    rmSync(built)
    sync(dirname(path))
    return generation
  }
}

/** Removes the generations before one, which must not be open, and what rebuilds that died have left. */
export function removeBefore(path: string, generation: number): void {
  for (const older of generationsOf(path)) if (older < generation) removeFile(generationPath(path, older))
  const start = `${basename(path)}-building-`
  for (const name of namesIn(dirname(path))) {
    if (!name.startsWith(start) || !/^[0-9a-f]{8}$/.test(name.slice(start.length))) continue
    const file = `${path}-building-${name.slice(start.length)}`
    if (!isBeingWritten(file)) removeFile(file)
  }
}

export function removeFile(file: string): void {
  for (const companion of companions) rmSync(file + companion, { force: true })
}

/** Whoever writes such a file keeps it locked. */
function isBeingWritten(file: string): boolean {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: 0 })
    database.exec('BEGIN IMMEDIATE; ROLLBACK')
    return false
  } catch (error) {
    return sqliteResultCode(error) === sqliteBusy
  } finally {
    database?.close()
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function sync(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
