import type { EventStore, StoredEvent } from '../ports/event-store.ts'

/** Events read at once; bounds memory, not time. */
const pageEventsMax = 1_000

/**
 * Catch-up subscription: all events of a shard after a position, page by page, then each append as it becomes durable, until
 * `signal` aborts. Order is journal order, without gaps and without repetition.
 */
export async function* followJournal(
  store: Pick<EventStore, 'read' | 'waitBeyond'>,
  shard: string,
  afterPosition: number,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredEvent[], void> {
  let position = afterPosition
  while (!signal.aborted) {
    const page = await store.read(shard, position, pageEventsMax)
    position = page.at(-1)?.position ?? position
    if (page.length > 0) yield page
    if (page.length < pageEventsMax) await store.waitBeyond(shard, position, signal)
  }
}
