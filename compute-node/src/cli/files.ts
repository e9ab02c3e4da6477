import { randomUUID } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CliError } from './cli-error.ts'

/** The network takes no content above this, so that a mistyped file name is noticed before it is uploaded. */
const inputBytesMax = 256 * 2 ** 20

/** Reads a file that the user named. Throws `FILE_UNREADABLE`. */
export async function readNamedFile(path: string): Promise<Uint8Array> {
  const unreadable = (reason: string) => new CliError('FILE_UNREADABLE', `${path} cannot be read: ${reason}.`, { path })
  const file = await open(path, 'r').catch(error => {
    throw unreadable(reasonOf(error))
  })
  try {
    const { size } = await file.stat()
    if (size > inputBytesMax) throw unreadable(`it is larger than ${inputBytesMax} bytes`)
    return await file.readFile()
  } catch (error) {
    throw error instanceof CliError ? error : unreadable(reasonOf(error))
  } finally {
    await file.close()
  }
}

/** Writes a file so that it is complete or untouched. Throws `FILE_UNWRITABLE`. */
export async function writeNamedFile(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = join(dirname(path), `.${randomUUID()}.unfinished`)
  try {
    const file = await open(unfinished, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw new CliError('FILE_UNWRITABLE', `${path} cannot be written: ${reasonOf(error)}.`, { path })
  }
}

/** Refuses early what {@link writeNamedFile} would refuse after the job was paid. Throws `FILE_UNWRITABLE`. */
export async function requireWritableFolder(path: string): Promise<void> {
  const unwritable = (reason: string) =>
    new CliError('FILE_UNWRITABLE', `${path} cannot be written: ${reason}.`, { path })
  const folder = await stat(dirname(path)).catch(error => {
    throw unwritable(reasonOf(error))
  })
  if (!folder.isDirectory()) throw unwritable('its folder is none')
  const present = await stat(path).catch(() => undefined)
  if (present?.isDirectory() === true) throw unwritable('it is a folder')
}

function reasonOf(error: unknown): string {
  const { code = 'no reason' } = error as NodeJS.ErrnoException
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file or folder',
    EACCES: 'you have no permission',
    EISDIR: 'it is a folder',
    ENOTDIR: 'its folder is none',
    ENOSPC: 'the disk is full',
  }
  return reasons[code] ?? `the system says ${code}`
}
