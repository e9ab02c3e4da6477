import {
  type Domain,
  exportHashOffset,
  exportPayloadOffset,
  hexToBytes,
  type LedgerCrypto,
  type Recovered,
  readCanonicalEvent,
  recoverPart,
  ShapeError,
  type SignedPart,
  signedPartsOf,
} from '@deparrow/ledger'

/** What can be said of events without knowing what came before, but for one hash. */
export type BlockFindings = {
  /** Index of the first event whose hash does not continue the chain; -1 for none. */
  readonly brokenAt: number
  /** Of each signed part of the events before that, one after another: see {@link readRecovered}. */
  readonly recovered: Uint8Array
}

const hashBytes = 32

const addressBytes = 20

/** A part's record: 1 and the signer's address, or zeros for nobody; then the digest. */
const recordBytes = 1 + addressBytes + hashBytes

const newLine = 10

/**
 * Checks the chain over lines of events, and with a domain recovers who signed their messages. Stops at a line that is none: whoever reads the lines
 * in their order stops there too. The lines are left as they were.
 */
export function checkBlock(
  crypto: LedgerCrypto,
  lines: Buffer,
  previousHash: Uint8Array,
  domain: Domain | undefined,
): BlockFindings {
  const records: Uint8Array[] = []
  let previous = previousHash
  let brokenAt = -1
  for (let at = 0, index = 0; at < lines.length; index++) {
    const end = lines.indexOf(newLine, at)
    const payloadAt = at + exportPayloadOffset
    if (end < payloadAt) break
    const hash = chainHash(crypto, lines, { previous, payloadAt, end: end - 1 })
    if (!hasDigitsAt(lines, at + exportHashOffset, hash)) {
      brokenAt = index
      break
    }
    if (domain !== undefined && !recordParts(crypto, domain, lines.toString('utf8', payloadAt, end - 1), records)) break
    previous = hash
    at = end + 1
  }
  return { brokenAt, recovered: Buffer.concat(records) }
}

/** The record of a part by its index among those of its block. */
export function readRecovered(records: Buffer, index: number): Recovered {
  const at = index * recordBytes
  const digestAt = at + 1 + addressBytes
  const signer = `0x${records.toString('hex', at + 1, digestAt)}` as const
  const digest = `0x${records.toString('hex', digestAt, at + recordBytes)}` as const
  return { digest, signer: records[at] === 1 ? signer : undefined }
}

/** What stands before the payload makes room for the hash before it while both are hashed at once. */
function chainHash(
  crypto: LedgerCrypto,
  lines: Buffer,
  { previous, payloadAt, end }: { readonly previous: Uint8Array; readonly payloadAt: number; readonly end: number },
): Uint8Array {
  const start = payloadAt - hashBytes
  copyHash(displaced, 0, lines, start)
  copyHash(lines, start, previous, 0)
  const hash = crypto.keccak256(lines.subarray(start, end))
  copyHash(lines, start, displaced, 0)
  return hash
}

const displaced = new Uint8Array(hashBytes)

/** In a loop: views of so few bytes take longer to make than the bytes to copy. */
function copyHash(to: Uint8Array, toAt: number, from: Uint8Array, fromAt: number): void {
  for (let index = 0; index < hashBytes; index++) to[toAt + index] = from[fromAt + index] as number
}

const digits = Buffer.from('0123456789abcdef', 'latin1')

/** Whether a hash stands there in lower-case hexadecimal. */
function hasDigitsAt(lines: Buffer, at: number, hash: Uint8Array): boolean {
  for (let index = 0; index < hashBytes; index++) {
    const byte = hash[index] as number
    if (lines[at + 2 * index] !== digits[byte >> 4] || lines[at + 2 * index + 1] !== digits[byte & 15]) return false
  }
  return true
}

/** `false` for what is no event: whoever reads the lines in their order stops there too. */
function recordParts(crypto: LedgerCrypto, domain: Domain, payload: string, records: Uint8Array[]): boolean {
  try {
    for (const part of signedPartsOf(readCanonicalEvent(payload))) records.push(recordOf(crypto, domain, part))
    return true
  } catch (error) {
    if (error instanceof ShapeError) return false
    throw error
  }
}

function recordOf(crypto: LedgerCrypto, domain: Domain, part: SignedPart): Uint8Array {
  const record = new Uint8Array(recordBytes)
  const found = recoverOrNone(crypto, domain, part)
  if (found === undefined) return record
  if (found.signer !== undefined) {
    record[0] = 1
    record.set(hexToBytes(found.signer), 1)
  }
  record.set(hexToBytes(found.digest), 1 + addressBytes)
  return record
}

/** A message with a number too large for its field has no digest, and so nobody signed it. */
function recoverOrNone(crypto: LedgerCrypto, domain: Domain, part: SignedPart): Recovered | undefined {
  try {
    return recoverPart(crypto, domain, part)
  } catch (error) {
    if (error instanceof Error && error.name === 'TypedDataFieldError') return undefined
    throw error
  }
}
