import {
  type ExportHeader,
  type Hex,
  type JournalHead,
  parseExportEnd,
  parseExportHeader,
  zeroHash,
} from '@deparrow/ledger'

const noExport = 'is not there: the text is no export of a journal'

/**
 * Follows the frame of an export: that it has a header, parts that follow one another, and an end that is where it says. After the first
 * thing that is wrong `problem` says what; it concerns the event after `head`.
 */
export class ExportOutline {
  header: ExportHeader | undefined
  problem: string | undefined
  /** The last event so far. */
  head: JournalHead = { position: 0, hash: zeroHash }
  private expected: 'header' | 'event' | 'nothing' = 'header'

  /** Takes in an event by its hash. */
  event(hash: Hex): void {
    this.head = { position: this.head.position + 1, hash }
  }

  /** Takes in a line that is no event's. */
  line(text: string): void {
    if (this.problem !== undefined) return
    if (this.expected === 'header') this.readHeader(text)
    else if (this.expected === 'event') this.readEnd(text)
    else this.problem = 'stands in a line after the end of the export'
  }

  /** Takes in a last line without a line break. */
  cut(text: string): void {
    if (this.expected === 'header' && this.header === undefined) this.line(text)
    this.problem ??= 'stands in a line that was cut off'
  }

  /** To be called after the last line. */
  end(): void {
    if (this.expected === 'header') this.problem ??= this.header === undefined ? noExport : 'stands in another part'
    if (this.expected === 'event') this.problem ??= 'is not there, nor is the end of the export: it was cut off'
  }

  private readHeader(text: string): void {
    const header = parseExportHeader(text)
    this.header ??= header
    this.expected = 'event'
    if (header === undefined) this.problem = noExport
    else if (!isSameLedger(header, this.header ?? header)) this.problem = 'stands in an export of another journal'
    else if (!isSame(header.after, this.head)) {
      this.problem = `is not there: the export goes on after position ${header.after.position}`
    }
  }

  private readEnd(text: string): void {
    const end = parseExportEnd(text)
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
