import { exportHashOffset, type Hex, zeroHash } from '@deparrow/ledger'

/** Lines that follow one another as events, which nobody has looked into. */
export type EventLines = {
  readonly kind: 'events'
  /** In memory of its own. Every line ends with a line break. */
  readonly bytes: Buffer
  /** What the first of them follows, by the line before it. */
  readonly previousHash: Hex
}

/** A part of an export: events, a line of another kind, or a last line that has no end. */
export type ExportPart =
  | EventLines
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'cut'; readonly text: string }

const newLine = 10

/** How the line begins that closes an export, after the one before it; enough of it to tell it from an event's, and no more to search for. */
const endMark = '\n{"e'

/**
 * Parts an export into headers, ends and the events between them, block by block, without looking at a single event: only at the
 * beginning of lines. What is taken for events may be anything.
 */
export class ExportCutter {
  private isAmongEvents = false
  private previousHash: Hex = zeroHash

  cut(block: Buffer): readonly ExportPart[] {
    const parts: ExportPart[] = []
    for (let at = 0; at < block.length; ) {
      const end = this.isAmongEvents ? this.endOfEvents(block, at) : block.indexOf(newLine, at) + 1
      if (end <= at) {
        parts.push({ kind: 'cut', text: block.toString('latin1', at) })
        return parts
      }
      if (this.isAmongEvents && !isEndLine(block, at)) parts.push(this.events(block, at, end))
      else {
        parts.push({ kind: 'line', text: block.toString('utf8', at, end - 1) })
        this.isAmongEvents = !this.isAmongEvents
      }
      at = end
    }
    return parts
  }

  /** Where the events from here on end, or the line that closes them; the start of a last line that has no end. */
  private endOfEvents(block: Buffer, at: number): number {
    if (isEndLine(block, at)) return block.indexOf(newLine, at) + 1
    const mark = block.indexOf(endMark, at, 'latin1')
    return mark === -1 ? block.lastIndexOf(newLine) + 1 : mark + 1
  }

  private events(block: Buffer, at: number, end: number): EventLines {
    const { previousHash } = this
    const lastAt = block.lastIndexOf(newLine, end - 2) + 1
    const lastHash = block.toString('latin1', lastAt + exportHashOffset, lastAt + exportHashOffset + 64)
    // A line without a hash is what is wrong there, whatever comes after it.
    this.previousHash = /^[0-9a-f]{64}$/.test(lastHash) ? `0x${lastHash}` : zeroHash
    return { kind: 'events', bytes: ownBytes(block.subarray(at, end)), previousHash }
  }
}

/** Small buffers share their memory with others, which cannot be given away. */
function ownBytes(bytes: Buffer): Buffer {
  if (bytes.length === bytes.buffer.byteLength) return bytes
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return own
}

function isEndLine(block: Buffer, at: number): boolean {
  return block.toString('latin1', at, at + endMark.length - 1) === endMark.slice(1)
}
