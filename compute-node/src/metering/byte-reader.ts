import { malformed } from './module-refused.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads the WebAssembly binary format strictly: each read either yields a value that the format allows at this place or
 * throws a refusal. Integers are LEB128 as in section 5.2.2 of the WebAssembly 2.0 specification.
 */
export class ByteReader {
  constructor(
    readonly bytes: Uint8Array,
    public offset: number = 0,
    readonly end: number = bytes.length,
  ) {}

  get isAtEnd(): boolean {
    return this.offset >= this.end
  }

  byte(): number {
    const value = this.offset < this.end ? this.bytes[this.offset] : undefined
    if (value === undefined) throw malformed('unexpected end', this.offset)
    this.offset += 1
    return value
  }

  /** Unsigned 32-bit LEB128, at most five bytes. */
  u32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      if (shift === 28 && byte > 0x0f) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw malformed('integer does not fit 32 bits', this.offset)
  }

  /** Steps over a signed LEB128 of at most `bytesMax` bytes; the compiler checks its value. */
  skipSigned(bytesMax: number): void {
    for (let count = 0; count < bytesMax; count += 1) {
      if (this.byte() < 0x80) return
    }
    throw malformed('integer is too long', this.offset)
  }

  skip(byteCount: number): void {
    if (byteCount > this.end - this.offset) throw malformed('unexpected end', this.offset)
    this.offset += byteCount
  }

  /** A view, not a copy. */
  take(byteCount: number): Uint8Array {
    const start = this.offset
    this.skip(byteCount)
    return this.bytes.subarray(start, this.offset)
  }

  name(): string {
    const bytes = this.take(this.u32())
    try {
      return utf8.decode(bytes)
    } catch {
      throw malformed('name is not UTF-8', this.offset)
    }
  }

  /** Reads `length items`, at most as many as bytes are left, so that a false length costs nothing. */
  vector<Item>(readItem: () => Item): Item[] {
    const length = this.u32()
    if (length > this.end - this.offset) throw malformed('list is longer than its section', this.offset)
    const items: Item[] = []
    for (let index = 0; index < length; index += 1) items.push(readItem())
    return items
  }
}
