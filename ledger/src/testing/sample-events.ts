import type { Hex } from '../hex.ts'
import type { AppendBatch, EventStore, StoredEvent } from '../ports/event-store.ts'

/** Events as a store keeps them; the payload means nothing to it. The same position always gives the same event. */
export function sampleEvents(afterPosition: number, count: number): readonly StoredEvent[] {
  return Array.from({ length: count }, (_, index) => sampleEvent(afterPosition + index + 1))
}

/** A batch of {@link sampleEvents} decided on the head at `expectedPosition`. */
export function sampleBatch(shard: string, leaseEpoch: number, expectedPosition: number, count: number): AppendBatch {
  return { shard, leaseEpoch, expectedPosition, events: sampleEvents(expectedPosition, count) }
}

/** All events of a shard, by pages of `pageSize`. */
export async function readToEnd(store: EventStore, shard: string, pageSize: number): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = []
  for (;;) {
    const page = await store.read(shard, events.length, pageSize)
    if (page.length === 0) return events
    events.push(...page)
  }
}

function sampleEvent(position: number): StoredEvent {
  const hash: Hex = `0x${position.toString(16).padStart(64, '0')}`
  return {
    position,
    type: position % 2 === 0 ? 'CreditsTransferred' : 'HoldOpened',
    atMs: 1_700_000_000_000 + position,
    commandId: `0x${(position * 7).toString(16).padStart(64, '0')}`,
    payload: `{"position":${position},"note":"${'x'.repeat(position % 60)}"}`,
    hash,
  }
}
