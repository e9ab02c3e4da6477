import { type FileHandle, link, open, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Writes a new file, readable by its owner alone, so that it is either complete and durable or not there at all. Rejects with
 * `EEXIST` when the file exists: a key is never overwritten.
 */
export async function createDurableFile(path: string, text: string): Promise<void> {
  const unfinished = join(dirname(path), `.${crypto.randomUUID()}.unfinished`)
  await using(await open(unfinished, 'wx', 0o600), async file => {
    await file.writeFile(text)
    await file.sync()
  })
  try {
    await link(unfinished, path)
  } finally {
    await unlink(unfinished)
  }
  await using(await open(dirname(path), 'r'), folder => folder.sync())
}

async function using(file: FileHandle, use: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(file)
  } finally {
    await file.close()
  }
}
