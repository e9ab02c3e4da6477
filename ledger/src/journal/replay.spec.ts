import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from '../hex.ts'
import { type AppendBatch, StoreDamagedError, type StoredEvent } from '../ports/event-store.ts'
import { Actor } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { InMemoryEventStore, InMemoryJournal } from '../testing/in-memory-event-store.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { chainHash } from './codec.ts'
import { Replica } from './replica.ts'
import { takeSnapshot } from './snapshot.ts'
import { initialState } from './state.ts'

const ann = new Actor(1)
const bob = new Actor(2)

function journal(): readonly StoredEvent[] {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 100n)
  for (const nonce of [1n, 2n, 3n]) {
    const transfer = ann.transfer({ to: bob.address, amountMicrocredits: 1n, nonce })
    ledger.accept({ type: 'TransferCredits', transfer })
  }
  return ledger.stored
}

/** A store that holds these events and says that its head is the last of them, or what is given. */
function storeOf(events: readonly StoredEvent[], head = events.at(-1)): InMemoryEventStore {
  const shared = new InMemoryJournal()
  shared.shard('main').events.push(...events)
  const store = new InMemoryEventStore(shared)
  store.head = async () => ({ position: head?.position ?? 0, hash: head?.hash ?? zeroHash })
  return store
}

async function replay(store: InMemoryEventStore) {
  const replica = new Replica({ store, shard: 'main', crypto: ethersCrypto })
  await replica.catchUp()
  return replica.state
}

/** The events with the hashes that an attacker would write who can write the whole store. */
function rehashed(events: readonly StoredEvent[]): readonly StoredEvent[] {
  let hash = zeroHash
  return events.map(event => {
    hash = chainHash(ethersCrypto, hash, event.payload)
    return { ...event, hash }
  })
}

function damaged(events: readonly StoredEvent[], message: RegExp, head = journal().at(-1)) {
  return assert.rejects(
    replay(storeOf(events, head)),
    (error: unknown) => error instanceof StoreDamagedError && message.test(error.message),
  )
}

function changed(index: number, change: (event: StoredEvent) => Partial<StoredEvent>): readonly StoredEvent[] {
  return journal().map((event, at) => (at === index ? { ...event, ...change(event) } : event))
}

describe('a replay', () => {
  it('names the event whose payload was flipped', async () => {
    const events = changed(2, ({ payload }) => ({ payload: payload.replace('"1n"', '"9n"') }))
    assert.notEqual(events[2]?.payload, journal()[2]?.payload)
    await damaged(events, /position 3 was changed/)
  })

  it('finds an event that was removed', async () => {
    await damaged(
      journal().filter((_, index) => index !== 2),
      /position 4 after 2/,
    )
  })

  it('finds events in another order', async () => {
    const [a, b, c, d, e] = journal() as [StoredEvent, StoredEvent, StoredEvent, StoredEvent, StoredEvent]
    await damaged([a, b, d, c, e], /position 4 after 2/)
    await damaged([a, b, { ...d, position: 3 }, { ...c, position: 4 }, e], /position 3 was changed/)
  })

  it('finds an end that is missing', async () => {
    await damaged(journal().slice(0, -1), /ends at position 4, its head says 5/)
    await damaged([], /ends at position 0, its head says 5/)
  })

  it('finds events behind the head and a head of another history', async () => {
    await damaged(journal(), /ends at position 5, its head says 4/, journal()[3])
    const last = journal().at(-1) as StoredEvent
    await damaged(journal(), /ends at position 5, its head says 5/, { ...last, hash: zeroHash })
  })

  it('finds an event that names another position than its own, also under right hashes', async () => {
    const events = rehashed(changed(2, ({ payload }) => ({ payload: payload.replace('"position":3', '"position":4') })))
    await damaged(events, /position 3 does not belong there/, events.at(-1))
  })

  it('finds payloads that are no events, also under right hashes', async () => {
    for (const payload of ['', 'null', '7', '"text"', '[]', '{', '{}']) {
      const events = rehashed(changed(2, () => ({ payload })))
      await damaged(events, /position 3 (is not readable|does not belong there)/, events.at(-1))
    }
  })

  it('stops at an event that would break the books, also under right hashes', async () => {
    const events = rehashed(changed(2, ({ payload }) => ({ payload: payload.replaceAll('"1n"', '"101n"') })))
    await assert.rejects(replay(storeOf(events)), { name: 'LedgerInvariantError' })
  })

  it('goes on when another writer appends meanwhile', async () => {
    const events = journal()
    const store = storeOf(events.slice(0, 3), events.at(-1))
    const shared = storeOf(events)
    let reads = 0
    store.read = (shard, after, limit) => {
      reads += 1
      return reads === 1 ? Promise.resolve(events.slice(0, 3)) : shared.read(shard, after, limit)
    }
    assert.equal((await replay(store)).position, 5)
  })

  it('reads more than one page', async () => {
    const ledger = new TestLedger()
    const index = (number: number) => ({ transactionHash: zeroHash, blockNumber: 1n, logIndex: number })
    const account = ann.address
    ledger.submit(
      ...Array.from({ length: 1_000 }, (_, at) => {
        return {
          type: 'RecordInboxItem',
          index: at,
          kind: 'deposit',
          account,
          amountMicrocredits: 1n,
          place: index(at),
        } as const
      }),
    )
    const store = new InMemoryEventStore()
    const { leaseEpoch } = await store.acquire('main', 1_000)
    const batch: AppendBatch = { shard: 'main', leaseEpoch, expectedPosition: 0, events: ledger.stored }
    assert.equal(await store.append(batch), 'appended')
    const state = await replay(store)
    assert.deepEqual([state.position, state.hash], [1_001, ledger.state.hash])
  })

  it('begins at the beginning where a snapshot is of nothing, of another history, or of another shape', async () => {
    const events = journal()
    const store = storeOf(events)
    const whole = await replay(store)
    const nothing = takeSnapshot(initialState())
    const last = takeSnapshot(whole)
    for (const [snapshot, position] of [
      [undefined, 0],
      [nothing, 0],
      [{ ...last, hash: zeroHash }, 0],
      [{ ...last, position: last.position + 5 }, 0],
      [{ ...last, format: last.format + 1 }, 0],
      [last, events.length],
    ] as const) {
      const snapshots = { newest: async () => snapshot && structuredClone(snapshot), save: async () => undefined }
      const replica = await Replica.restore({ store, shard: 'main', crypto: ethersCrypto, snapshots })
      assert.equal(replica.state.position, position)
      await replica.catchUp()
      assert.deepEqual([replica.state.hash, replica.state.balances], [whole.hash, whole.balances])
    }
  })
})
