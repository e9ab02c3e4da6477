import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import type { Snapshot, SnapshotStore } from '@deparrow/ledger'

const checksumBytes = 32

/**
 * Snapshots as files of one folder, one a shard, readable by their owner alone. A file is a SHA-256 over the rest, then the snapshot in
 * V8's own format; one that is damaged, or of another V8, counts as none. A new one replaces the old by renaming, when it is whole.
 */
export class FileSnapshotStore implements SnapshotStore {
  private constructor(private readonly folder: string) {}

  /** Makes the folder if there is none. */
  static async open(folder: string): Promise<FileSnapshotStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return new FileSnapshotStore(folder)
  }

  /** Has read the snapshot when it returns its promise: what it shares with a live state may go on changing. */
  save(shard: string, snapshot: Snapshot): Promise<void> {
    const body = serialize(snapshot)
    return this.write(this.path(shard), body)
  }

  async newest(shard: string): Promise<Snapshot | undefined> {
    try {
      const file = await readFile(this.path(shard))
      const body = file.subarray(checksumBytes)
      if (!checksum(body).equals(file.subarray(0, checksumBytes))) return undefined
      return deserialize(body) as Snapshot
    } catch {
      return undefined
    }
  }

  private path(shard: string): string {
    return join(this.folder, `${encodeURIComponent(shard)}.snapshot`)
  }

  private async write(path: string, body: Buffer): Promise<void> {
    const unfinished = `${path}.${process.pid}.new`
    const file = await open(unfinished, 'w', 0o600)
    try {
      await file.writev([checksum(body), body])
      await file.sync()
      await file.close()
      await rename(unfinished, path)
    } catch (error) {
      await file.close().catch(() => undefined)
      await rm(unfinished, { force: true })
      throw error
    }
  }
}

function checksum(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest()
}
