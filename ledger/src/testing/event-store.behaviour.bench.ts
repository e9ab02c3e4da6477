import assert from 'node:assert/strict'
import type { EventStore, StoredEvent } from '../ports/event-store.ts'
import { sampleEvents } from './sample-events.ts'

/** Stored data on which stores are opened: at the same time, as two processes would, or one after another. */
export type EventStorage = {
  open(): Promise<EventStore>
  /** How long the tests' leases last in milliseconds, an even number: longer than a test's steps between two calls of `passTime`. */
  readonly leaseMs: number
  /** Makes so many milliseconds pass on the clock that the leases go by. */
  passTime(ms: number): Promise<void>
  /** Called when a test has closed all its stores. */
  remove(): Promise<void>
}

/** A wait that has not ended after so long has failed. */
const waitMsMax = 5_000

/** Empty data for each test, and the stores that the test opens on it. */
export class Bench {
  store!: EventStore
  private storage!: EventStorage
  private opened: EventStore[] = []

  constructor(private readonly createStorage: () => Promise<EventStorage>) {}

  async setUp(): Promise<void> {
    this.storage = await this.createStorage()
    this.store = await this.openAnother()
  }

  async openAnother(): Promise<EventStore> {
    const store = await this.storage.open()
    this.opened.push(store)
    return store
  }

  async reopen(): Promise<EventStore> {
    await this.closeAll()
    return this.openAnother()
  }

  get leaseMs(): number {
    return this.storage.leaseMs
  }

  /** Acquires the shard and appends sample events as its first batch. */
  async acquireAndAppend(
    store: EventStore,
    shard: string,
    count: number,
  ): Promise<{ readonly leaseEpoch: number; readonly events: readonly StoredEvent[] }> {
    const { leaseEpoch } = await store.acquire(shard, this.leaseMs)
    const events = sampleEvents(0, count)
    assert.equal(await store.append({ shard, leaseEpoch, expectedPosition: 0, events }), 'appended')
    return { leaseEpoch, events }
  }

  passTime(ms: number): Promise<void> {
    return this.storage.passTime(ms)
  }

  async tearDown(): Promise<void> {
    await this.closeAll()
    await this.storage.remove()
  }

  private async closeAll(): Promise<void> {
    for (const store of this.opened.splice(0)) await store.close()
  }
}

/** The outcome of a promise, or a failed test when it takes longer than a store may take. */
export async function soon<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`nothing happened within ${waitMsMax} ms`)), waitMsMax)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
