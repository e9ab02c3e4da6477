import { CanonicalJsonError } from '../canonical-json.ts'

const encoder = new TextEncoder()

const decoder = new TextDecoder()

const bigintText = /^-?\d+n$/

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a]

/**
 * Writes canonical JSON as UTF-8 into memory that it keeps: what `canonicalJson` gives for the value with each bigint as a text of
 * digits followed by `n`. One pass without texts in between, because every event goes through here.
 */
export class CanonicalBytes {
  private bytes = new Uint8Array(8_192)
  private end = 0

  /** What has been written, valid until more is. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.end)
  }

  /** What has been written from an offset on, as text. */
  textFrom(offset: number): string {
    return decoder.decode(this.bytes.subarray(offset, this.end))
  }

  /** Forgets what was written, and leaves room for so many bytes, which it returns to be filled. */
  begin(roomBytes: number): Uint8Array {
    this.end = roomBytes
    return this.bytes.subarray(0, roomBytes)
  }

  /** Throws {@link AmbiguousTextError} and `CanonicalJsonError` for what has no canonical form; what was written is then worthless. */
  value(value: unknown): void {
    switch (typeof value) {
      case 'bigint':
        return this.plain(`"${value}n"`)
      case 'string':
        if (isAmbiguousText(value)) throw new AmbiguousTextError(value)
        return this.text(value)
      case 'number':
        if (!Number.isSafeInteger(value)) throw new CanonicalJsonError(value)
        return this.plain(String(value))
      case 'object':
        if (value === null) return this.plain('null')
        return Array.isArray(value) ? this.list(value) : this.members(value as Readonly<Record<string, unknown>>)
      default:
        return this.plain(String(value))
    }
  }

  private list(items: readonly unknown[]): void {
    this.plain('[')
    items.forEach((item, index) => {
      if (index > 0) this.byte(comma)
      this.value(item)
    })
    this.plain(']')
  }

  private members(members: Readonly<Record<string, unknown>>): void {
    let isFirst = true
    this.plain('{')
    for (const key of Object.keys(members).sort()) {
      const member = members[key]
      if (member === undefined) continue
      if (!isFirst) this.byte(comma)
      isFirst = false
      this.text(key)
      this.byte(colon)
      this.value(member)
    }
    this.plain('}')
  }

  /** A text between quotation marks. */
  private text(text: string): void {
    this.reserve(text.length + 2)
    const start = this.end
    const { bytes } = this
    bytes[this.end++] = quote
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code < 0x20 || code > 0x7e || code === quote || code === backslash) {
        this.end = start
        return this.escaped(JSON.stringify(text))
      }
      bytes[this.end++] = code
    }
    bytes[this.end++] = quote
  }

  private escaped(json: string): void {
    this.reserve(3 * json.length)
    this.end += encoder.encodeInto(json, this.bytes.subarray(this.end)).written
  }

  /** Characters that each are one byte and need no escape. */
  private plain(ascii: string): void {
    this.reserve(ascii.length)
    for (let index = 0; index < ascii.length; index++) this.bytes[this.end++] = ascii.charCodeAt(index)
  }

  private byte(code: number): void {
    this.reserve(1)
    this.bytes[this.end++] = code
  }

  private reserve(byteCount: number): void {
    if (this.end + byteCount <= this.bytes.length) return
    const grown = new Uint8Array(2 * (this.end + byteCount))
    grown.set(this.bytes.subarray(0, this.end))
    this.bytes = grown
  }
}

/** Whether a text would be read back as a number, so that it cannot stand in an event. */
export function isAmbiguousText(text: string): boolean {
  return text.charCodeAt(text.length - 1) === 0x6e && bigintText.test(text)
}

/** Thrown when code puts a text into an event that would be read back as a number. */
export class AmbiguousTextError extends Error {
  override readonly name = 'AmbiguousTextError'
  constructor(value: string) {
    super(`the text ${JSON.stringify(value)} cannot stand in an event`)
  }
}
