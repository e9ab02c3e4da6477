import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createDurableFile } from '@deparrow/sdk/keystore'

/** Where each part of the local network keeps what it owns. */
export type DataFolder = {
  readonly root: string
  readonly chain: string
  readonly journal: string
  readonly readModel: string
  readonly market: string
  readonly content: string
  readonly keys: string
  readonly node: string
  readonly results: string
}

/** Version of the folder's layout; a folder of a higher one was written by a newer DEparrow. */
export const dataFolderVersion = 1

const markerName = 'deparrow.json'

/**
 * Opens the data folder, or makes it. `isFresh` empties it first, and only if it is one of ours. Throws {@link DataFolderError}
 * for a folder that is something else, is damaged, or was written by a newer version.
 */
export async function openDataFolder(path: string, isFresh: boolean): Promise<DataFolder> {
  const root = resolve(path)
  const names: readonly string[] = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new DataFolderError(root, `it cannot be read (${error.code})`, 'name a folder with --data')
  })
  if (names.length > 0 && !names.includes(markerName)) {
    throw new DataFolderError(root, 'it holds something else than a network’s data', 'name another folder with --data')
  }
  if (isFresh) {
    await Promise.all(names.filter(name => name !== markerName).map(name => rm(join(root, name), { recursive: true })))
    await rm(join(root, markerName), { force: true })
  } else if (names.includes(markerName)) await checkVersion(root)
  const folder = placesIn(root)
  await mkdir(folder.keys, { recursive: true, mode: 0o700 })
  if (isFresh || !names.includes(markerName)) {
    await createDurableFile(join(root, markerName), `${JSON.stringify({ version: dataFolderVersion })}\n`)
  }
  await Promise.all([folder.results, folder.node, folder.content].map(place => mkdir(place, { recursive: true })))
  return folder
}

function placesIn(root: string): DataFolder {
  return {
    root,
    chain: join(root, 'chain'),
    journal: join(root, 'journal.sqlite'),
    readModel: join(root, 'read-model.sqlite'),
    market: join(root, 'market.sqlite'),
    content: join(root, 'content'),
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
