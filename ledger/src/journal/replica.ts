import type { LedgerCrypto } from '../ports/crypto.ts'
import { type EventStore, StoreDamagedError, type StoredEvent } from '../ports/event-store.ts'
import type { SnapshotStore } from '../ports/snapshot-store.ts'
import { chainHash, decodeEvent } from './codec.ts'
import type { LedgerEvent } from './event.ts'
import { evolve } from './evolve.ts'
import { remember } from './repetition.ts'
import { stateOf } from './snapshot.ts'
import { initialState, type LedgerState } from './state.ts'

/** Events read at once while replaying; bounds memory, not time. */
const pageEventsMax = 1_000

export type ReplicaParts = {
  readonly store: Pick<EventStore, 'read' | 'head'>
  readonly shard: string
  readonly crypto: LedgerCrypto
  readonly snapshots?: SnapshotStore
}

/** A state that follows a shard's journal and writes nothing. */
export class Replica {
  constructor(
    private readonly parts: ReplicaParts,
    readonly state: LedgerState = initialState(),
  ) {}

  /** A replica at the newest snapshot that the journal confirms by its hash, or at the journal's beginning. */
  static async restore(parts: ReplicaParts): Promise<Replica> {
    const snapshot = await parts.snapshots?.newest(parts.shard)
    if (snapshot === undefined || snapshot.position === 0) return new Replica(parts)
    const [stored] = await parts.store.read(parts.shard, snapshot.position - 1, 1)
    const state = stored?.hash === snapshot.hash ? stateOf(snapshot) : undefined
    return new Replica(parts, state)
  }

  /**
   * Adds the next event. Throws {@link StoreDamagedError} when it is not the one that was written: a gap, another payload, a hash that
   * does not continue the chain.
   */
  apply(stored: StoredEvent): LedgerEvent {
    const { state } = this
    const { crypto } = this.parts
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
    return event
  }

  /**
   * Reads the journal to its end. Throws {@link StoreDamagedError} naming the first event that is not the one that was written, or
   * when the journal does not end where its head says.
   */
  async catchUp(): Promise<void> {
    const { store, shard } = this.parts
    for (;;) {
      const page = await store.read(shard, this.state.position, pageEventsMax)
      for (const stored of page) this.apply(stored)
      if (page.length === pageEventsMax) continue
      const head = await store.head(shard)
      if (head.position === this.state.position && head.hash === this.state.hash) return
      if (head.position < this.state.position || !(await this.isLonger())) {
        throw new StoreDamagedError(
          `the journal ends at position ${this.state.position}, its head says ${head.position}: restore it from a copy`,
        )
      }
    }
  }

  /** Whether another writer has appended since; then the head was not wrong, only later. */
  private async isLonger(): Promise<boolean> {
    return (await this.parts.store.read(this.parts.shard, this.state.position, 1)).length > 0
  }
}
