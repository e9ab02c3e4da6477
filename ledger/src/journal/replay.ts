import type { LedgerCrypto } from '../ports/crypto.ts'
import type { EventStore } from '../ports/event-store.ts'
import { Replica } from './replica.ts'
import type { LedgerState } from './state.ts'

/** The state after a shard's journal, read from nothing. Throws `StoreDamagedError` as {@link Replica.catchUp} does. */
export async function replayJournal(
  store: Pick<EventStore, 'read' | 'head'>,
  shard: string,
  crypto: LedgerCrypto,
): Promise<LedgerState> {
  const replica = new Replica({ store, shard, crypto })
  await replica.catchUp()
  return replica.state
}
