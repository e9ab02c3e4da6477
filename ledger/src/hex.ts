/** `0x` followed by lower-case hexadecimal digits, two a byte. */
export type Hex = `0x${string}`

/** A 20-byte address in lower case. Checksums (EIP-55) belong to the edges. */
export type Address = Hex

export const zeroHash: Hex = `0x${'00'.repeat(32)}`

export const zeroAddress: Address = `0x${'00'.repeat(20)}`

const digitCodes = Uint8Array.from('0123456789abcdef', digit => digit.charCodeAt(0))

const ascii = new TextDecoder()

/** Digits on their way to a text; grows to the longest bytes seen. */
let digits = new Uint8Array(256)

export function bytesToHex(bytes: Uint8Array): Hex {
  const length = 2 + 2 * bytes.length
  if (digits.length < length) digits = new Uint8Array(2 * length)
  digits[0] = 48
  digits[1] = 120
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number
    digits[2 + 2 * index] = digitCodes[byte >> 4] as number
    digits[3 + 2 * index] = digitCodes[byte & 15] as number
  }
  return ascii.decode(digits.subarray(0, length)) as Hex
}

/** Decodes hexadecimal text of any letter case; throws {@link HexError} when it is not whole bytes of hexadecimal. */
export function hexToBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, hex.length - 2) >> 1)
  writeHex(hex, bytes, 0)
  return bytes
}

/** Decodes hexadecimal text into bytes that are there, from an offset on; throws {@link HexError} as {@link hexToBytes} does. */
export function writeHex(hex: string, into: Uint8Array, offset: number): void {
  if (hex.length % 2 === 1 || hex.charCodeAt(0) !== 48 || hex.charCodeAt(1) !== 120) throw new HexError(hex)
  for (let index = 2; index < hex.length; index += 2) {
    const high = digitOf(hex.charCodeAt(index))
    const low = digitOf(hex.charCodeAt(index + 1))
    if (high < 0 || low < 0) throw new HexError(hex)
    into[offset + (index >> 1) - 1] = high * 16 + low
  }
}

/** Value of a hexadecimal digit by its character code; -1 when it is none. */
function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 97 && code <= 102) return code - 87
  return code >= 65 && code <= 70 ? code - 55 : -1
}

/** Whether the text is `0x` and exactly `byteCount` bytes, in any letter case. */
export function isHexOf(text: unknown, byteCount: number): text is Hex {
  if (typeof text !== 'string' || text.length !== 2 + byteCount * 2 || !text.startsWith('0x')) return false
  for (let index = 2; index < text.length; index++) if (digitOf(text.charCodeAt(index)) < 0) return false
  return true
}

/** Lower-cases an address or hash, the form in which the ledger keeps and compares them. */
export function lowerHex(hex: string): Hex {
  return hex.toLowerCase() as Hex
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** Big-endian encoding of a non-negative integer in `byteCount` bytes; throws `RangeError` when it does not fit. */
export function uintToBytes(value: bigint, byteCount: number): Uint8Array {
  const bytes = new Uint8Array(byteCount)
  writeUint(value, bytes, 0, byteCount)
  return bytes
}

/** Writes an integer as {@link uintToBytes} encodes it into bytes that are there and zero, from an offset on. */
export function writeUint(value: bigint, into: Uint8Array, offset: number, byteCount: number): void {
  if (value < 0n || value >> BigInt(byteCount * 8) !== 0n)
    throw new RangeError(`${value} does not fit ${byteCount} bytes`)
  let rest = value
  for (let end = offset + byteCount; rest > 0n; end -= 4) {
    let word = Number(rest & 0xffff_ffffn)
    for (let index = end - 1; word > 0; index--) {
      into[index] = word & 0xff
      word >>>= 8
    }
    rest >>= 32n
  }
}

/** Thrown when text that the code itself holds to be hexadecimal is not. Input from outside is checked before. */
export class HexError extends Error {
  override readonly name = 'HexError'
  constructor(text: string) {
    super(`expected whole bytes of hexadecimal after 0x, found ${JSON.stringify(text.slice(0, 80))}`)
  }
}
