import type { Hex } from '../hex.ts'
import type { AppendBatch, EventStore, StoredEvent } from '../ports/event-store.ts'

/**
 * Events as a store keeps them; the payload means nothing to it. The same position always gives the same event in one
 * `history`, and another one in another.
 */
export function sampleEvents(afterPosition: number, count: number, history = 0): readonly StoredEvent[] {
  return Array.from({ length: count }, (_, index) => sampleEvent(afterPosition + index + 1, history))
}

/** A batch of {@link sampleEvents} decided on the head at `expectedPosition`. */
export function sampleBatch(
  shard: string,
  leaseEpoch: number,
  expectedPosition: number,
  count: number,
  history = 0,
): AppendBatch {
  return { shard, leaseEpoch, expectedPosition, events: sampleEvents(expectedPosition, count, history) }
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

function sampleEvent(position: number, history: number): StoredEvent {
  const type = position % 2 === 0 ? 'CreditsTransferred' : 'HoldOpened'
  const hash: Hex = `0x${history.toString(16).padStart(8, '0')}${position.toString(16).padStart(56, '0')}`
  return {
    position,
    payload: `{"history":${history},"note":"${'x'.repeat(position % 60)}","position":${position},"type":"${type}"}`,
    hash,
  }
}
