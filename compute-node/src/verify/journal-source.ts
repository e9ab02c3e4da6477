import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileChunks } from './file-source.ts'
import { sqliteChunks } from './sqlite-source.ts'
import { urlChunks } from './url-source.ts'

/** The journal in a data folder of `npm start`. */
const journalFileName = 'journal.sqlite'

const sqliteMark = 'SQLite format 3\0'

export type SourceOptions = {
  /** Which shard of a store; needed when it keeps several. */
  readonly shard?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Only what comes after this position, where the source can be asked for it: an address. Others give all of the journal. */
  readonly after?: number | undefined
}

/**
 * The bytes of an export, wherever the journal is: an export's file, an event store of SQLite, the data folder of a local network, or the address
 * of a gateway or of a file. Rejects with what the file system says, and with `NetworkUnreachableError` or `AnswerInvalidError`.
 */
export async function* journalChunks(source: string, options: SourceOptions = {}): AsyncGenerator<Uint8Array> {
  if (/^https?:\/\//.test(source)) {
    yield* urlChunks(source, options)
    return
  }
  const path = (await stat(source)).isDirectory() ? join(source, journalFileName) : source
  yield* (await isSqlite(path)) ? sqliteChunks(path, options) : fileChunks(path, options)
}

async function isSqlite(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sqliteMark.length), 0, sqliteMark.length, 0)
    return bytesRead === sqliteMark.length && buffer.toString('latin1') === sqliteMark
  } finally {
    await file.close()
  }
}
