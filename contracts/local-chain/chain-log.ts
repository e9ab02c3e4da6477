import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LocalChainLogError, LocalChainNewerVersionError } from './errors.ts'
import { decodeLine, encodeLine, isLogRecord, LOG_VERSION, type LogRecord } from './log-record.ts'

const LINE_FEED = 0x0a

/**
 * The append-only file that the chain is replayed from. Records reach the disk in the order of the calls to `append`;
 * calls that come while a write is under way share the next write and its one fsync.
 */
export class ChainLog {
  #waiting = ''
  #nextFlush: Promise<void> | undefined
  #lastFlush: Promise<void> = Promise.resolve()

  private constructor(
    private readonly handle: FileHandle,
    private lastSum: number,
    /** What was in the file when it was opened. */
    readonly records: readonly LogRecord[],
    /** Bytes of an incomplete last line that were cut off: a write that a crash interrupted, never acknowledged. */
    readonly cutBytes: number,
  ) {}

  /**
   * Opens the log, or creates it. Throws {@link LocalChainLogError} for a damaged line and
   * {@link LocalChainNewerVersionError} for a newer version; the file is then left as it was.
   */
  static async open(file: string): Promise<ChainLog> {
    const handle = await open(file, 'a+', 0o600)
    try {
      const bytes = await handle.readFile()
      const wholeBytes = bytes.lastIndexOf(LINE_FEED) + 1
      const { records, sum } = readRecords(file, bytes.toString('utf8', 0, wholeBytes))
      if (wholeBytes < bytes.length) await handle.truncate(wholeBytes)
      await handle.sync()
      await syncFolder(dirname(file))
      return new ChainLog(handle, sum, records, bytes.length - wholeBytes)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Resolves once the record is on disk (fdatasync); rejects with the file system's error. */
  append(record: LogRecord): Promise<void> {
    const { line, sum } = encodeLine(record, this.lastSum)
    this.lastSum = sum
    this.#waiting += `${line}\n`
    if (this.#nextFlush === undefined) {
      this.#nextFlush = this.#lastFlush.then(() => this.#flush())
      this.#lastFlush = this.#nextFlush
    }
    return this.#nextFlush
  }

  /** Waits for the appends made so far and closes the file. */
  async close(): Promise<void> {
    try {
      await this.#lastFlush
    } finally {
      await this.handle.close()
    }
  }

  /** After a failed write nothing more is written: what follows would not connect to what is on disk. */
  async #flush(): Promise<void> {
    const lines = this.#waiting
    this.#waiting = ''
    this.#nextFlush = undefined
    await this.handle.writeFile(lines)
    await this.handle.datasync()
  }
}

function readRecords(file: string, text: string): { records: LogRecord[]; sum: number } {
  const records: LogRecord[] = []
  let sum = 0
  for (const [index, line] of text.split('\n').slice(0, -1).entries()) {
    const decoded = decodeLine(line, sum)
    if (decoded === undefined) throw damaged(file, index, 'its checksum does not fit')
    if (index === 0) checkHeader(file, decoded.record)
    if (!isLogRecord(decoded.record)) throw damaged(file, index, 'it holds no record that is known')
    if (index > 0 && decoded.record.type === 'header') throw damaged(file, index, 'a second header')
    records.push(decoded.record)
    sum = decoded.sum
  }
  return { records, sum }
}

function checkHeader(file: string, record: unknown): void {
  const { type, version } = (record ?? {}) as { type?: unknown; version?: unknown }
  if (type !== 'header' || typeof version !== 'number') throw damaged(file, 0, 'it is not the header of a local chain')
  if (version > LOG_VERSION) throw new LocalChainNewerVersionError({ file, found: version, supported: LOG_VERSION })
}

function damaged(file: string, index: number, problem: string): LocalChainLogError {
  return new LocalChainLogError({ file, line: index + 1, problem })
}

/** A new file is only sure to be found again once its folder is on disk too. Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
