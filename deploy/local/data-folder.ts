import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { createDurableFile } from '@deparrow/sdk/keystore'
import { type FolderLock, lockFile } from './folder-lock.ts'

/** Where each part of the local network keeps what it owns. */
export type DataFolder = {
  readonly root: string
  readonly chain: string
  readonly journal: string
  readonly readModel: string
  readonly market: string
  readonly content: string
  readonly snapshots: string
  readonly keys: string
  readonly node: string
  readonly results: string
}

/** Version of the folder's layout; a folder of a higher one was written by a newer DEparrow. */
export const dataFolderVersion = 1

const markerName = 'deparrow.json'

const lockName = 'deparrow.lock'

/** What a file that was being written when the process died is called, and the lock of a start that died before its first file. */
const leftOverNames = /^(?:\.[0-9a-f-]{36}\.unfinished|deparrow\.lock(?:-journal)?)$/

/** A database or a file beside it, by its name: its log, and the rebuilt read model, finished or not. */
const databaseFile = /^(.+\.sqlite)(?:-\d{1,9}|-building-[0-9a-f]{8})?(?:-(?:wal|shm|journal))?$/

/** A data folder that no other process uses until `release`. */
export type OpenDataFolder = DataFolder & FolderLock

/**
 * Opens the data folder, or makes it. `isFresh` empties it first, and only if all that is in it is ours. Throws
 * {@link DataFolderError} for a folder that is something else, is in use, is damaged, or was written by a newer version; such a
 * folder is left as it was.
 */
export async function openDataFolder(path: string, isFresh: boolean): Promise<OpenDataFolder> {
  const root = resolve(path)
  refuseForeign(root, await namesIn(root))
  await mkdir(root, { recursive: true, mode: 0o700 })
  const lock = lockFile(join(root, lockName))
  if (lock === undefined) {
    throw new DataFolderError(root, 'another network runs on it', 'end that one, or name another folder with --data')
  }
  try {
    return { ...(await prepare(root, isFresh)), release: () => lock.release() }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function prepare(root: string, isFresh: boolean): Promise<DataFolder> {
  const names = await namesIn(root)
  if (isFresh) await empty(root, names)
  else if (names.includes(markerName)) await checkVersion(root)
  const folder = placesIn(root)
  await mkdir(folder.keys, { recursive: true, mode: 0o700 })
  if (isFresh || !names.includes(markerName)) {
    await createDurableFile(join(root, markerName), `${JSON.stringify({ version: dataFolderVersion })}\n`)
  }
  await Promise.all([folder.results, folder.node, folder.content].map(place => mkdir(place, { recursive: true })))
  return folder
}

async function namesIn(root: string): Promise<readonly string[]> {
  return readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new DataFolderError(root, `it cannot be read (${error.code})`, 'name a folder with --data')
  })
}

function refuseForeign(root: string, names: readonly string[]): void {
  const isOurs = names.includes(markerName) || names.every(name => leftOverNames.test(name))
  if (isOurs) return
  throw new DataFolderError(root, 'it holds something else than a network’s data', 'name another folder with --data')
}

/** The marker goes last, so that a folder whose emptying was interrupted is still one of ours. The lock stays, it is held. */
async function empty(root: string, names: readonly string[]): Promise<void> {
  const { root: _, ...places } = placesIn(root)
  const placeNames = Object.values(places).map(place => basename(place))
  const isOurs = (name: string) =>
    name === markerName || leftOverNames.test(name) || placeNames.includes(name.replace(databaseFile, '$1'))
  const foreign = names.find(name => !isOurs(name))
  if (foreign !== undefined) {
    const problem = `it also holds ${JSON.stringify(foreign)}, which is not a network’s, so it is not emptied`
    throw new DataFolderError(root, problem, 'move that elsewhere, or name another folder with --data')
  }
  const removed = names.filter(name => name !== markerName && !name.startsWith(lockName))
  await Promise.all(removed.map(name => rm(join(root, name), { recursive: true, force: true })))
  await rm(join(root, markerName), { force: true })
}

function placesIn(root: string): DataFolder {
  return {
    root,
    chain: join(root, 'chain'),
    journal: join(root, 'journal.sqlite'),
    readModel: join(root, 'read-model.sqlite'),
    market: join(root, 'market.sqlite'),
    content: join(root, 'content'),
    snapshots: join(root, 'snapshots'),
    keys: join(root, 'keys'),
    node: join(root, 'node'),
    results: join(root, 'results'),
  }
}

async function checkVersion(root: string): Promise<void> {
  const text = await readFile(join(root, markerName), 'utf8')
  const version = parseVersion(text)
  if (version === undefined) {
    throw new DataFolderError(
      root,
      `its ${markerName} is damaged`,
      'restore it from a backup, or start anew with --fresh',
    )
  }
  if (version > dataFolderVersion) {
    const problem = `it was written by a newer DEparrow (layout ${version}, this one knows ${dataFolderVersion})`
    throw new DataFolderError(root, problem, 'run that version, or name another folder with --data')
  }
}

function parseVersion(text: string): number | undefined {
  try {
    const { version } = JSON.parse(text) as { version?: unknown }
    return Number.isSafeInteger(version) && (version as number) >= 1 ? (version as number) : undefined
  } catch {
    return undefined
  }
}

/** Thrown when a data folder cannot be used; the message says why and what to do. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError'
  constructor(root: string, problem: string, remedy: string) {
    super(`The data folder ${root} cannot be used: ${problem}; ${remedy}.`)
  }
}
