import type { LedgerCrypto } from '../ports/crypto.ts'
import { type EventStore, StoreDamagedError, type StoredEvent } from '../ports/event-store.ts'
import { chainHash, decodeEvent } from './codec.ts'
import { evolve } from './evolve.ts'
import { remember } from './repetition.ts'
import { initialState, type LedgerState } from './state.ts'

/** Events read at once while replaying; bounds memory, not time. */
const pageSize = 1_000

/**
 * The state after a shard's journal, read from nothing. Throws {@link StoreDamagedError} naming the first event that is not
 * the one that was written: a gap, another payload, a hash that does not continue the chain, an end that is not the head's.
 */
export async function replayJournal(store: EventStore, shard: string, crypto: LedgerCrypto): Promise<LedgerState> {
  const state = initialState()
  for (;;) {
    const page = await store.read(shard, state.position, pageSize)
    for (const stored of page) apply(state, stored, crypto)
    if (page.length === pageSize) continue
    const head = await store.head(shard)
    if (head.position === state.position && head.hash === state.hash) return state
    if (!(await isLonger(store, shard, state.position)) || head.position < state.position) {
      throw new StoreDamagedError(
        `the journal ends at position ${state.position}, its head says ${head.position}: restore it from a copy`,
      )
    }
  }
}

function apply(state: LedgerState, stored: StoredEvent, crypto: LedgerCrypto): void {
  if (stored.position !== state.position + 1) {
    throw new StoreDamagedError(`the journal has position ${stored.position} after ${state.position}`)
  }
  if (chainHash(crypto, state.hash, stored.payload) !== stored.hash) {
    throw new StoreDamagedError(
      `the event at position ${stored.position} was changed: its hash does not continue the chain`,
    )
  }
  const event = decodeEvent(stored)
  evolve(state, event, stored.hash, crypto)
  remember(state, event)
}

/** Whether another writer has appended since; then the head was not wrong, only later. */
async function isLonger(store: EventStore, shard: string, position: number): Promise<boolean> {
  return (await store.read(shard, position, 1)).length > 0
}
