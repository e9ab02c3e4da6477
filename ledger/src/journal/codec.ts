import { bytesToHex, type Hex, writeHex } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { StoreDamagedError, type StoredEvent } from '../ports/event-store.ts'
import { CanonicalBytes } from './canonical-bytes.ts'
import type { LedgerEvent } from './event.ts'
import { type PastEvent, upcast } from './upcast.ts'

const text = new TextEncoder()

const bigintText = /^-?\d+n$/

const hashBytes = 32

const bytes = new CanonicalBytes()

/** Room for the hash before and a payload; grows to the longest payload seen. */
let scratch = new Uint8Array(8_192)

/**
 * The bytes of an event, for ever: canonical JSON (as `canonicalJson` writes it) in which a bigint is a text of digits followed by
 * `n`. No other text may look like that (`AmbiguousTextError`); hexadecimal, names and outcomes do not.
 */
export function encodeEvent(event: LedgerEvent): string {
  bytes.begin(0)
  bytes.value(event)
  return bytes.textFrom(0)
}

/** An event as it is stored after the one with the hash before: {@link encodeEvent} and {@link chainHash} in one pass. */
export function sealEvent(crypto: Pick<LedgerCrypto, 'keccak256'>, previous: Hex, event: LedgerEvent): StoredEvent {
  writeHex(previous, bytes.begin(hashBytes), 0)
  bytes.value(event)
  const hash = bytesToHex(crypto.keccak256(bytes.written()))
  return { position: event.position, payload: bytes.textFrom(hashBytes), hash }
}

/**
 * Reads a stored event back, in today's shape whatever version wrote it. Throws {@link StoreDamagedError} when the payload is no
 * event of this journal's shape.
 */
export function decodeEvent(stored: StoredEvent): LedgerEvent {
  let event: PastEvent & { readonly position?: unknown }
  try {
    event = revive(JSON.parse(stored.payload)) as PastEvent
  } catch (cause) {
    throw new StoreDamagedError(`the event at position ${stored.position} is not readable`, { cause })
  }
  if (typeof event !== 'object' || event === null || event.position !== stored.position) {
    throw new StoreDamagedError(`the event at position ${stored.position} does not belong there`)
  }
  return upcast(event)
}

/** Chain hash after an event: `keccak256(hash before ‖ UTF-8 of its payload)`. */
export function chainHash(crypto: Pick<LedgerCrypto, 'keccak256'>, previous: Hex, payload: string): Hex {
  const bytesMax = 32 + 3 * payload.length
  if (scratch.length < bytesMax) scratch = new Uint8Array(2 * bytesMax)
  writeHex(previous, scratch, 0)
  const { written } = text.encodeInto(payload, scratch.subarray(32))
  return bytesToHex(crypto.keccak256(scratch.subarray(0, 32 + written)))
}

/** Turns texts that stand for a bigint into one, in place. */
function revive(value: unknown): unknown {
  if (typeof value === 'string') return isBigintText(value) ? BigInt(value.slice(0, -1)) : value
  if (typeof value !== 'object' || value === null) return value
  const members = value as Record<string, unknown>
  for (const key of Object.keys(members)) {
    const member = members[key]
    if (typeof member === 'object' || typeof member === 'string') members[key] = revive(member)
  }
  return value
}

function isBigintText(value: string): boolean {
  return value.charCodeAt(value.length - 1) === 110 && bigintText.test(value)
}
