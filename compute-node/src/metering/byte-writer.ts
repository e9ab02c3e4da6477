const utf8 = new TextEncoder()

/** The longest encoding of a 32-bit length. */
const sizeBytes = 5

/** Grows as it is written to. Integers are LEB128 as in section 5.2.2 of the WebAssembly 2.0 specification. */
export class ByteWriter {
  private buffer: Uint8Array
  private length = 0

  constructor(capacityBytes = 256) {
    this.buffer = new Uint8Array(Math.max(capacityBytes, 16))
  }

  byte(value: number): this {
    this.reserve(1)
    this.buffer[this.length] = value
    this.length += 1
    return this
  }

  bytes(values: ArrayLike<number>): this {
    this.reserve(values.length)
    this.buffer.set(values, this.length)
    this.length += values.length
    return this
  }

  u32(value: number): this {
    let rest = value
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    return this.byte(rest)
  }

  /** Signed LEB128; for constants inside code. */
  signed(value: bigint): this {
    let rest = value
    for (;;) {
      const low = Number(rest & 0x7fn)
      rest >>= 7n
      if ((rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)) return this.byte(low)
      this.byte(low | 0x80)
    }
  }

  name(text: string): this {
    const encoded = utf8.encode(text)
    return this.u32(encoded.length).bytes(encoded)
  }

  /** Writes the length of `content`, then `content`. */
  sized(content: Uint8Array): this {
    return this.u32(content.length).bytes(content)
  }

  /** Leaves room for a length that `endSized` fills in; returns where. */
  beginSized(): number {
    this.reserve(sizeBytes)
    this.length += sizeBytes
    return this.length
  }

  /** Writes the length of all that followed `beginSized`, as LEB128 padded to five bytes. */
  endSized(start: number): void {
    let rest = this.length - start
    for (let index = 0; index < sizeBytes; index += 1) {
      this.buffer[start - sizeBytes + index] = (rest & 0x7f) | (index < sizeBytes - 1 ? 0x80 : 0)
      rest >>>= 7
    }
  }

  /** Bytes written so far. */
  get size(): number {
    return this.length
  }

  /** A view that the next write may invalidate. */
  finish(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }

  private reserve(byteCount: number): void {
    const needed = this.length + byteCount
    if (needed <= this.buffer.length) return
    const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2))
    grown.set(this.finish())
    this.buffer = grown
  }
}
