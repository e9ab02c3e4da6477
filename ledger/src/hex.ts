/** `0x` followed by lower-case hexadecimal digits, two a byte. */
export type Hex = `0x${string}`

/** A 20-byte address in lower case. Checksums (EIP-55) belong to the edges. */
export type Address = Hex

export const zeroHash: Hex = `0x${'00'.repeat(32)}`

export const zeroAddress: Address = `0x${'00'.repeat(20)}`

export function bytesToHex(bytes: Uint8Array): Hex {
  let text = '0x'
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text as Hex
}

/** Decodes hexadecimal text of any letter case; throws {@link HexError} when it is not whole bytes of hexadecimal. */
export function hexToBytes(hex: string): Uint8Array {
  if (!/^0x(?:[0-9a-fA-F]{2})*$/.test(hex)) throw new HexError(hex)
  const bytes = new Uint8Array((hex.length - 2) / 2)
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(hex.slice(2 + index * 2, 4 + index * 2), 16)
  }
  return bytes
}

/** Whether the text is `0x` and exactly `byteCount` bytes, in any letter case. */
export function isHexOf(text: unknown, byteCount: number): text is Hex {
  return typeof text === 'string' && text.length === 2 + byteCount * 2 && /^0x[0-9a-fA-F]*$/.test(text)
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
  if (value < 0n || value >> BigInt(byteCount * 8) !== 0n)
    throw new RangeError(`${value} does not fit ${byteCount} bytes`)
  const bytes = new Uint8Array(byteCount)
  let rest = value
  for (let index = byteCount - 1; index >= 0; index--) {
    bytes[index] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}

/** Thrown when text that the code itself holds to be hexadecimal is not. Input from outside is checked before. */
export class HexError extends Error {
  override readonly name = 'HexError'
  constructor(text: string) {
    super(`expected whole bytes of hexadecimal after 0x, found ${JSON.stringify(text.slice(0, 80))}`)
  }
}
