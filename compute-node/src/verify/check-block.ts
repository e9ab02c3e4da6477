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
    const hashAt = at + exportHashOffset
    if (digitsOf(hash) !== lines.toString('latin1', hashAt, hashAt + 2 * hashBytes)) {
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
  const before = Uint8Array.prototype.slice.call(lines, start, payloadAt)
  lines.set(previous, start)
  const hash = crypto.keccak256(lines.subarray(start, end))
  lines.set(before, start)
  return hash
}

function digitsOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('hex')
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
