import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes a result so that a reader finds it whole or not at all; returns its path. */
export async function writeResult(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(`${path}.unfinished`, bytes)
  await rename(`${path}.unfinished`, path)
  return path
}
