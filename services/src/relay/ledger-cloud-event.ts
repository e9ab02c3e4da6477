import { StoreDamagedError, type StoredEvent } from '@deparrow/ledger'
import type { LedgerCloudEvent } from './event-bus.port.ts'

/** `source` of all events unless an operator names another: a URI-reference, as CloudEvents 1.0.2 section 3.1 asks. */
export const cloudEventSourceDefault = 'urn:deparrow:ledger'

/** What CloudEvents calls an event of this type. The version is that of its payload's shape. */
export function cloudEventType(eventType: string): string {
  return `com.deparrow.ledger.${eventType}.v1`
}

/** A stored event with the attributes of a CloudEvent. Throws {@link StoreDamagedError} when its payload lacks what they tell. */
export function toCloudEvent(shard: string, source: string, stored: StoredEvent): LedgerCloudEvent {
  const { position, payload, hash } = stored
  const { type, atMs, commandId } = readMetadata(stored)
  const time = new Date(atMs).toISOString()
  return {
    position,
    hash,
    id: `${shard}/${position}`,
    source,
    type: cloudEventType(type),
    time,
    subject: commandId,
    payload,
  }
}

type Metadata = { readonly type: string; readonly atMs: number; readonly commandId: string }

/** Furthest time of ECMA-262's `Date`, in ms. */
const timeMaxMs = 8.64e15

function readMetadata({ position, payload }: StoredEvent): Metadata {
  let event: Partial<Metadata> | null
  try {
    event = JSON.parse(payload) as Partial<Metadata> | null
  } catch (cause) {
    throw new StoreDamagedError(`the event at position ${position} is not readable`, { cause })
  }
  const { type, atMs, commandId } = event ?? {}
  const isWhole =
    typeof type === 'string' &&
    typeof commandId === 'string' &&
    typeof atMs === 'number' &&
    Number.isSafeInteger(atMs) &&
    Math.abs(atMs) <= timeMaxMs
  if (!isWhole) throw new StoreDamagedError(`the event at position ${position} lacks its type, time or command`)
  return { type, atMs, commandId }
}
