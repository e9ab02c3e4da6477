import assert from 'node:assert/strict'
import {
  type AppendBatch,
  type EventStore,
  followJournal,
  type StoredEvent,
  UnknownOutcomeError,
} from '@deparrow/ledger'

/** Sends a batch until its answer comes, and gives how many answers were lost. */
export async function appendThroughFailures(store: EventStore, batch: AppendBatch): Promise<number> {
  for (let lost = 0; ; lost++) {
    try {
      assert.equal(await store.append(batch), 'appended')
      return lost
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError)) throw error
    }
  }
}

/** Follows a shard up to a position and begins again where it was whenever the store fails. */
export async function followThroughFailures(
  store: EventStore,
  shard: string,
  toPosition: number,
): Promise<readonly StoredEvent[]> {
  const seen: StoredEvent[] = []
  while (seen.length < toPosition) {
    const controller = new AbortController()
    try {
      for await (const page of followJournal(store, shard, seen.length, controller.signal)) {
        seen.push(...page)
        if (seen.length >= toPosition) controller.abort()
      }
    } catch (error) {
      assert.ok(error instanceof Error)
    }
  }
  return seen
}
