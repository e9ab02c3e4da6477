import { canonicalJson, chainHash, type EventStore, type Hex, type StoredEvent, zeroHash } from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import type { DeliveredEvent, EventBus, LedgerCloudEvent } from './event-bus.port.ts'
import { cloudEventSourceDefault, toCloudEvent } from './ledger-cloud-event.ts'

/** A journal of transfers with a true hash chain. `history` names another ledger; `noteLength` makes payloads longer. */
export function sampleChain(count: number, history = 'one', noteLength = 20): readonly StoredEvent[] {
  let hash: Hex = zeroHash
  return Array.from({ length: count }, (_, index) => {
    const position = index + 1
    const payload = samplePayload(position, history, noteLength)
    hash = chainHash(ethersCrypto, hash, payload)
    return { position, payload, hash }
  })
}

export function sampleCloudEvents(shard: string, count: number, history = 'one'): readonly LedgerCloudEvent[] {
  return sampleChain(count, history).map(stored => toCloudEvent(shard, cloudEventSourceDefault, stored))
}

/** Appends stored events under a new lease, as the ledger's writer would, 50 at a time. */
export async function appendAll(store: EventStore, shard: string, events: readonly StoredEvent[]): Promise<void> {
  const { leaseEpoch, head } = await store.acquire(shard, 60_000)
  for (let from = head.position; from < events.length; from += 50) {
    await store.append({ shard, leaseEpoch, expectedPosition: from, events: events.slice(from, from + 50) })
  }
}

/** Follows a shard until `count` events have come. */
export async function collect(
  bus: EventBus,
  shard: string,
  count: number,
  cursor?: string,
): Promise<readonly DeliveredEvent[]> {
  const events: DeliveredEvent[] = []
  for await (const page of bus.follow(shard, cursor, AbortSignal.timeout(20_000))) {
    events.push(...page)
    if (events.length >= count) return events
  }
  throw new Error(`of ${count} events, ${events.length} came within 20 s`)
}

export function withoutCursor({ cursor: _, ...event }: DeliveredEvent): LedgerCloudEvent {
  return event
}

/** Resolves when a condition holds; throws after 20 s. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(20_000)
  while (!holds()) {
    if (deadline.aborted) throw new Error(`not within 20 s: ${what}`)
    await new Promise<void>(resolve => setTimeout(resolve, 5))
  }
}

function samplePayload(position: number, history: string, noteLength: number): string {
  const amount = BigInt(position % 97) + 1n
  return canonicalJson({
    atMs: 1_700_000_000_000 + position,
    commandId: `0x${position.toString(16).padStart(64, '0')}`,
    data: { history, note: '"{}\\ä€😀 '.repeat(noteLength / 10) },
    entries: [
      { account: `wallet:0x${'a'.repeat(40)}`, amountMicrocredits: `${-amount}n` },
      { account: `wallet:0x${'b'.repeat(40)}`, amountMicrocredits: `${amount}n` },
    ],
    position,
    type: position % 3 === 0 ? 'HoldOpened' : 'CreditsTransferred',
  })
}
