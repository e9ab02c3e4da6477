import { bytesToHex, concatBytes, type Hex, hexToBytes } from '../hex.ts'

/**
 * The CIDv1 text of content by its SHA-256: raw codec (0x55), multihash sha2-256 (0x12, 32 bytes), base32 lower case with
 * the multibase prefix `b`. @see https://github.com/multiformats/cid
 */
export function contentIdOf(sha256Digest: Hex): string {
  return `b${encodeBase32(concatBytes(prefix, hexToBytes(sha256Digest)))}`
}

/** The SHA-256 inside a CID of the one form that DEparrow uses; `undefined` for any other text. */
export function digestOfContentId(contentId: string): Hex | undefined {
  if (!/^bafkrei[a-z2-7]{52}$/.test(contentId)) return undefined
  const bytes = decodeBase32(contentId.slice(1))
  const digest = bytesToHex(bytes.subarray(prefix.length, prefix.length + 32))
  return contentIdOf(digest) === contentId ? digest : undefined
}

const prefix = Uint8Array.of(0x01, 0x55, 0x12, 0x20)

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let pending = 0
  let bitCount = 0
  for (const byte of bytes) {
    pending = ((pending << 8) | byte) & 0xffff
    bitCount += 8
    while (bitCount >= 5) {
      bitCount -= 5
      text += alphabet[(pending >> bitCount) & 31]
    }
  }
  return bitCount === 0 ? text : text + alphabet[(pending << (5 - bitCount)) & 31]
}

function decodeBase32(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8))
  let pending = 0
  let bitCount = 0
  let length = 0
  for (const character of text) {
    pending = ((pending << 5) | alphabet.indexOf(character)) & 0xfff
    bitCount += 5
    if (bitCount < 8) continue
    bitCount -= 8
    bytes[length++] = (pending >> bitCount) & 0xff
  }
  return bytes
}
