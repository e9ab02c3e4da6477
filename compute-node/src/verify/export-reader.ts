import { isAscii, isUtf8 } from 'node:buffer'
import {
  type ExportHeader,
  exportPayloadOffset,
  type Hex,
  type JournalHead,
  type LedgerEvent,
  parseExportEnd,
  parseExportHeader,
  readCanonicalEvent,
  ShapeError,
  zeroHash,
} from '@deparrow/ledger'

/** An event's line as it stands in an export: nothing of it is checked but its form. */
export type EventLine = {
  readonly hash: Hex
  readonly event: LedgerEvent | undefined
  /** Why there is no event. */
  readonly problem: string | undefined
}

/** Lines of events that follow one another, with their bytes. */
export type EventLines = {
  readonly lines: readonly EventLine[]
  readonly bytes: Buffer
  /** What the first of them claims to follow. */
  readonly previousHash: Hex
}

const hashPrefix = '{"hash":"0x'

const payloadPrefix = '","event":'

const newLine = 10

const noExport = 'is not there: the text is no export of a journal'

/**
 * Reads an export line by line. After the first line that has not the form of one, `problem` says what is wrong with it and nothing more is
 * read; so it does when the text ends too early.
 */
export class ExportReader {
  header: ExportHeader | undefined
  problem: string | undefined
  /** The last event that was read, by its line. */
  head: JournalHead = { position: 0, hash: zeroHash }
  private expected: 'header' | 'event' | 'nothing' = 'header'

  /** The events of a block of whole lines. Lines of other kinds part them. */
  read(block: Buffer): readonly EventLines[] {
    const encoding = isAscii(block) ? 'latin1' : 'utf8'
    const runs: EventLines[] = []
    let from = 0
    let lines: EventLine[] = []
    let previousHash = this.head.hash
    const gather = (to: number) => {
      if (lines.length > 0) runs.push({ lines, bytes: block.subarray(from, to), previousHash })
      lines = []
    }
    for (let at = 0; at < block.length && this.problem === undefined; ) {
      const end = block.indexOf(newLine, at)
      const line = end === -1 ? undefined : this.text(block, at, end, encoding)
      const event = line === undefined ? undefined : this.eventLine(line)
      if (event !== undefined) lines.push(event)
      else {
        gather(at)
        if (end === -1) this.problem ??= 'stands in a line that was cut off'
        else this.otherLine(line ?? '')
        previousHash = this.head.hash
        from = end + 1
      }
      at = end + 1
    }
    gather(block.length)
    return runs
  }

  /** To be called after the last block. */
  end(): void {
    if (this.expected === 'header') this.problem ??= this.header === undefined ? noExport : 'stands in another part'
    if (this.expected === 'event') this.problem ??= 'is not there, nor is the end of the export: it was cut off'
  }

  private text(block: Buffer, at: number, end: number, encoding: 'latin1' | 'utf8'): string | undefined {
    if (encoding === 'latin1' || isUtf8(block.subarray(at, end))) return block.toString(encoding, at, end)
    this.problem = 'stands in a line that is no UTF-8'
    return undefined
  }

  private eventLine(line: string): EventLine | undefined {
    const isEvent = this.expected === 'event' && line.startsWith(hashPrefix) && line.endsWith('}')
    if (!isEvent || !line.startsWith(payloadPrefix, exportPayloadOffset - payloadPrefix.length)) return undefined
    const hash = line.slice(hashPrefix.length - '0x'.length, exportPayloadOffset - payloadPrefix.length) as Hex
    this.head = { position: this.head.position + 1, hash }
    try {
      return { hash, event: readCanonicalEvent(line.slice(exportPayloadOffset, -1)), problem: undefined }
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error
      return { hash, event: undefined, problem: error.message }
    }
  }

  private otherLine(line: string): void {
    if (this.problem !== undefined) return
    if (this.expected === 'header') this.readHeader(line)
    else if (this.expected === 'event') this.readEnd(line)
    else this.problem = 'stands in a line after the end of the export'
  }

  private readHeader(line: string): void {
    const header = parseExportHeader(line)
    this.header ??= header
    this.expected = 'event'
    if (header === undefined) this.problem = noExport
    else if (!isSameLedger(header, this.header ?? header)) this.problem = 'stands in an export of another journal'
    else if (!isSame(header.after, this.head)) {
      this.problem = `is not there: the export goes on after position ${header.after.position}`
    }
  }

  private readEnd(line: string): void {
    const end = parseExportEnd(line)
    if (end === undefined) this.problem = 'stands in a line that is no event’s'
    else if (!isSame(end.end, this.head)) {
      this.problem = `is not as exported: the export says that it ends at ${end.end.position}`
    }
    this.expected = end?.isComplete === false ? 'header' : 'nothing'
  }
}

function isSameLedger(a: ExportHeader, b: ExportHeader): boolean {
  return a.shard === b.shard && a.chainId === b.chainId && a.settlement === b.settlement
}

function isSame(a: JournalHead, b: JournalHead): boolean {
  return a.position === b.position && a.hash === b.hash
}
