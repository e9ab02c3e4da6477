import { hash, randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { contentIdOf, digestOfContentId } from '@deparrow/ledger'
import { type ContentStore, ContentStoreFullError } from '../../market/content-store.port.ts'

/** Largest content by default: 256 MiB, so that content is at most a fraction of the memory that it is read into. */
export const contentBytesMaxDefault = 256 * 1024 * 1024

/** Kept free on the disk by default: 256 MiB, so that content never takes the room that the journal needs to go on. */
export const freeBytesMinDefault = 256 * 1024 * 1024

export type FolderContentStoreOptions = {
  readonly folder: string
  /** Told of each file whose bytes are not those of its name; the content then counts as absent. */
  readonly onDamage: (error: ContentDamagedError) => void
  readonly contentBytesMax?: number
  readonly freeBytesMin?: number
}

/**
 * Content in a local folder, one file per CID. A file appears under its name only when all its bytes are on the disk, and its
 * bytes are checked against the name at each reading. Storing content again mends a damaged file.
 */
export class FolderContentStore implements ContentStore {
  private readonly contentBytesMax: number

  private constructor(private readonly options: FolderContentStoreOptions) {
    this.contentBytesMax = options.contentBytesMax ?? contentBytesMaxDefault
  }

  /** Creates the folder where it is missing and removes what an interrupted `put` left in it. */
  static async open(options: FolderContentStoreOptions): Promise<FolderContentStore> {
    await mkdir(options.folder, { recursive: true })
    const left = (await readdir(options.folder)).filter(name => name.endsWith(unfinishedSuffix))
    for (const name of left) await rm(join(options.folder, name), { force: true })
    return new FolderContentStore(options)
  }

  /** Throws {@link ContentTooLargeError} or `ContentStoreFullError`, having stored nothing. */
  async put(bytes: Uint8Array): Promise<string> {
    if (bytes.length > this.contentBytesMax) {
      throw new ContentTooLargeError({ contentBytes: bytes.length, contentBytesMax: this.contentBytesMax })
    }
    const contentId = contentIdOfBytes(bytes)
    const isStored = (await this.readChecked(contentId)) !== undefined
    if (!isStored) {
      await this.requireRoomFor(bytes.length)
      await writeAndRename(this.options.folder, contentId, bytes)
    }
    // Also for a file that was there: whoever put it may not have come as far as this yet.
    await syncFolder(this.options.folder)
    return contentId
  }

  async get(contentId: string): Promise<Uint8Array | undefined> {
    return digestOfContentId(contentId) === undefined ? undefined : this.readChecked(contentId)
  }

  /** Reads the content to be sure of it: `true` means that `get` would give it. */
  async has(contentId: string): Promise<boolean> {
    return (await this.get(contentId)) !== undefined
  }

  private async requireRoomFor(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.options.folder)
    if (bavail * bsize - bytes < (this.options.freeBytesMin ?? freeBytesMinDefault)) throw new ContentStoreFullError()
  }

  /** `contentId` has the form of a CID, which no path outside the folder has. */
  private async readChecked(contentId: string): Promise<Uint8Array | undefined> {
    const path = join(this.options.folder, contentId)
    const file = await openForReading(path)
    if (file === undefined) return undefined
    const bytes = await readAtMost(file, this.contentBytesMax)
    if (bytes !== undefined && contentIdOfBytes(bytes) === contentId) return bytes
    this.options.onDamage(new ContentDamagedError({ contentId, path }))
    return undefined
  }
}

/** By the runtime's native SHA-256: a module of some megabytes must not hold up everything else. */
function contentIdOfBytes(bytes: Uint8Array): string {
  return contentIdOf(`0x${hash('sha256', bytes, 'hex')}`)
}

const unfinishedSuffix = '.part'

/** `undefined` when there is no such file. A symbolic link is not followed. */
async function openForReading(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ELOOP'))
      return undefined
    throw error
  }
}

/** `undefined` when it is no file or larger than anything that can have been stored. */
async function readAtMost(file: FileHandle, bytesMax: number): Promise<Uint8Array | undefined> {
  try {
    const stat = await file.stat()
    if (!stat.isFile() || stat.size > bytesMax) return undefined
    const bytes = await file.readFile()
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  } finally {
    await file.close()
  }
}

/** All bytes are on the disk before the name is given to them. */
async function writeAndRename(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const unfinished = join(folder, `${name}.${randomUUID()}${unfinishedSuffix}`)
  try {
    await writeAndSync(unfinished, bytes)
    await rename(unfinished, join(folder, name))
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

async function writeAndSync(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Windows cannot open a folder; there the rename itself is written through. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Thrown when content is larger than the store takes. */
export class ContentTooLargeError extends Error {
  override readonly name = 'ContentTooLargeError'
  readonly contentBytes: number
  readonly contentBytesMax: number
  constructor(options: { contentBytes: number; contentBytesMax: number }) {
    super(`content of ${options.contentBytes} bytes is larger than the ${options.contentBytesMax} that are stored`)
    this.contentBytes = options.contentBytes
    this.contentBytesMax = options.contentBytesMax
  }
}

/** Handed to `onDamage` when a stored file does not hold the content of its name. */
export class ContentDamagedError extends Error {
  override readonly name = 'ContentDamagedError'
  readonly contentId: string
  constructor(options: { contentId: string; path: string }) {
    super(
      `the file ${options.path} does not hold the content of its name; it counts as absent until it is stored again`,
    )
    this.contentId = options.contentId
  }
}
