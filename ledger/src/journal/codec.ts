import { canonicalJson, type Json } from '../canonical-json.ts'
import { bytesToHex, concatBytes, type Hex, hexToBytes } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { StoreDamagedError, type StoredEvent } from '../ports/event-store.ts'
import type { LedgerEvent } from './event.ts'

const text = new TextEncoder()

const bigintText = /^-?\d+n$/

/**
 * The bytes of an event, for ever: canonical JSON in which a bigint is a text of digits followed by `n`. No other text may look
 * like that; hexadecimal, names and outcomes do not.
 */
export function encodeEvent(event: LedgerEvent): string {
  return canonicalJson(toJson(event))
}

/** Reads a stored event back. Throws {@link StoreDamagedError} when the payload is no event of this journal's shape. */
export function decodeEvent(stored: StoredEvent): LedgerEvent {
  let event: LedgerEvent
  try {
    event = JSON.parse(stored.payload, (_, value) =>
      typeof value === 'string' && bigintText.test(value) ? BigInt(value.slice(0, -1)) : value,
    ) as LedgerEvent
  } catch (cause) {
    throw new StoreDamagedError(`the event at position ${stored.position} is not readable`, { cause })
  }
  if (typeof event !== 'object' || event === null || event.position !== stored.position) {
    throw new StoreDamagedError(`the event at position ${stored.position} does not belong there`)
  }
  return event
}

/** Chain hash after an event: `keccak256(hash before ‖ UTF-8 of its payload)`. */
export function chainHash(crypto: Pick<LedgerCrypto, 'keccak256'>, previous: Hex, payload: string): Hex {
  return bytesToHex(crypto.keccak256(concatBytes(hexToBytes(previous), text.encode(payload))))
}

function toJson(value: unknown): Json {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') {
    if (bigintText.test(value)) throw new EventEncodingError(value)
    return value
  }
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    return Object.fromEntries(members.map(([key, member]) => [key, toJson(member)]))
  }
  return value as Json
}

/** Thrown when code puts a text into an event that would be read back as a number. */
export class EventEncodingError extends Error {
  override readonly name = 'EventEncodingError'
  constructor(value: string) {
    super(`the text ${JSON.stringify(value)} cannot stand in an event`)
  }
}
