import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOfContentId } from '@deparrow/ledger'
import { contentIdOfBytes } from '../../protocol/index.ts'

/**
 * Content by its CID in two folders: `outputs/`, durable until they are released, and `cache/`, of which the least recently
 * used is thrown away above a bound. Whatever is read is checked against its CID; what does not fit is deleted.
 */
export class ContentFolder {
  readonly #outputs: string
  readonly #cache: string
  /** Bytes of each cached content, the least recently used first. */
  readonly #cachedBytes = new Map<string, number>()
  #cacheBytes = 0

  constructor(
    folder: string,
    private readonly cacheBytesMax: number,
  ) {
    this.#outputs = join(folder, 'outputs')
    this.#cache = join(folder, 'cache')
    for (const path of [this.#outputs, this.#cache]) {
      mkdirSync(path, { recursive: true, mode: 0o700 })
      for (const name of readdirSync(path)) if (digestOfContentId(name) === undefined) rmSync(join(path, name))
    }
    this.#listCache()
  }

  /** Stores an output; it survives the loss of power when this resolves. Storing it again is no error. */
  async putOutput(bytes: Uint8Array): Promise<string> {
    const contentId = contentIdOfBytes(bytes)
    const temporary = join(this.#outputs, `${randomUUID()}.part`)
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, join(this.#outputs, contentId))
    await syncFolder(this.#outputs)
    return contentId
  }

  /** Deletes outputs that a killed process left without a receipt that names them. */
  keepOnlyOutputs(contentIds: ReadonlySet<string>): void {
    for (const name of readdirSync(this.#outputs)) if (!contentIds.has(name)) rmSync(join(this.#outputs, name))
  }

  /** Nobody needs the output from here any more. */
  async releaseOutput(contentId: string): Promise<void> {
    await rm(join(this.#outputs, contentId), { force: true })
  }

  async readOutput(contentId: string): Promise<Uint8Array | undefined> {
    return readChecked(this.#outputs, contentId)
  }

  async readCached(contentId: string): Promise<Uint8Array | undefined> {
    const sizeBytes = this.#cachedBytes.get(contentId)
    if (sizeBytes === undefined) return undefined
    const bytes = await readChecked(this.#cache, contentId)
    this.#forget(contentId)
    if (bytes !== undefined) this.#remember(contentId, sizeBytes)
    return bytes
  }

  /** Keeps fetched content for the next job, if it fits at all. The caller has checked its hash. */
  async cache(contentId: string, bytes: Uint8Array): Promise<void> {
    if (bytes.length > this.cacheBytesMax || this.#cachedBytes.has(contentId)) return
    this.#remember(contentId, bytes.length)
    const temporary = join(this.#cache, `${randomUUID()}.part`)
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
    } finally {
      await file.close()
    }
    await rename(temporary, join(this.#cache, contentId))
    await this.#shrink()
  }

  get cacheBytes(): number {
    return this.#cacheBytes
  }

  #listCache(): void {
    const files = readdirSync(this.#cache).map(name => ({ name, stat: statSync(join(this.#cache, name)) }))
    files.sort((one, other) => one.stat.mtimeMs - other.stat.mtimeMs)
    for (const { name, stat } of files) this.#remember(name, stat.size)
  }

  async #shrink(): Promise<void> {
    while (this.#cacheBytes > this.cacheBytesMax) {
      const [oldest] = this.#cachedBytes.keys()
      if (oldest === undefined) return
      this.#forget(oldest)
      await rm(join(this.#cache, oldest), { force: true })
    }
  }

  #remember(contentId: string, sizeBytes: number): void {
    this.#cachedBytes.set(contentId, sizeBytes)
    this.#cacheBytes += sizeBytes
  }

  #forget(contentId: string): void {
    this.#cacheBytes -= this.#cachedBytes.get(contentId) ?? 0
    this.#cachedBytes.delete(contentId)
  }
}

async function readChecked(folder: string, contentId: string): Promise<Uint8Array | undefined> {
  if (digestOfContentId(contentId) === undefined) return undefined
  const path = join(folder, contentId)
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (bytes === undefined || contentIdOfBytes(bytes) === contentId) return bytes
  await rm(path, { force: true })
  return undefined
}

/** Makes a rename in the folder durable. https://man7.org/linux/man-pages/man2/fsync.2.html */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
