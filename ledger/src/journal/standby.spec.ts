import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EventStore } from '../ports/event-store.ts'
import type { Snapshot, SnapshotStore } from '../ports/snapshot-store.ts'
import { Actor, ledgerActor, testConfig, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { InMemoryEventStore, InMemoryJournal } from '../testing/in-memory-event-store.ts'
import { JournalLedger } from './journal-ledger.ts'
import { LedgerClosedError, leaseMs, WriterFencedError } from './journal-writer.ts'
import { Replica } from './replica.ts'
import { Standby } from './standby.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const place = { transactionHash: `0x${'00'.repeat(32)}`, blockNumber: 1n, logIndex: 0 } as const

/** One store, and as many writers and standbys on it as a test wants, under one clock. */
class Scene {
  nowMs = testStartMs
  readonly journal = new InMemoryJournal(() => this.nowMs)
  readonly store = new InMemoryEventStore(this.journal)

  parts(store: EventStore = this.store, snapshots?: SnapshotStore) {
    const clock = { nowMs: () => this.nowMs }
    const shared = { store, shard: 'main', crypto: ethersCrypto, clock, signer: ledgerActor.asLedgerSigner() }
    return snapshots === undefined ? shared : { ...shared, snapshots }
  }

  async openLedger(): Promise<JournalLedger> {
    const ledger = await JournalLedger.open(this.parts())
    await ledger.submit({ type: 'OpenLedger', config: testConfig })
    await ledger.submit({
      type: 'RecordInboxItem',
      index: 0,
      kind: 'deposit',
      account: ann.address,
      amountMicrocredits: 1_000n,
      place,
    })
    return ledger
  }
}

function pay(nonce: bigint) {
  return {
    type: 'TransferCredits',
    transfer: ann.transfer({ to: bob.address, amountMicrocredits: 1n, nonce }),
  } as const
}

class MemorySnapshots implements SnapshotStore {
  kept: Snapshot | undefined

  async save(_: string, snapshot: Snapshot): Promise<void> {
    this.kept = structuredClone(snapshot)
  }

  async newest(): Promise<Snapshot | undefined> {
    return this.kept
  }
}

describe('a standby', () => {
  it('waits while the writer renews its lease', async () => {
    const scene = new Scene()
    const ledger = await scene.openLedger()
    const standby = await Standby.open(scene.parts())
    for (let round = 0; round < 5; round++) {
      scene.nowMs += leaseMs - 1
      assert.equal(await ledger.renewLease(), true)
      assert.equal(await standby.step(), undefined)
    }
  })

  it('takes over when the lease has run out, with everything that was written', async () => {
    const scene = new Scene()
    const ledger = await scene.openLedger()
    const standby = await Standby.open(scene.parts())
    await ledger.submit(pay(1n))
    scene.nowMs += leaseMs + 1
    const taken = await standby.step()
    assert.ok(taken)
    assert.equal(taken.balance(bob.address).availableMicrocredits, 1n)
    assert.equal((await taken.submit(pay(1n))).status === 'accepted', true, 'the first answer')
    assert.equal(taken.balance(bob.address).availableMicrocredits, 1n)
  })

  it('takes over at once from a writer that closes', async () => {
    const scene = new Scene()
    const ledger = await scene.openLedger()
    const standby = await Standby.open(scene.parts())
    await ledger.close()
    assert.ok(await standby.step())
  })

  it('takes over from a writer that lives on and has closed because the store did not take its write', async () => {
    const scene = new Scene()
    await scene.openLedger()
    const store = new InMemoryEventStore(scene.journal)
    const ledger = await JournalLedger.open(scene.parts(store))
    const standby = await Standby.open(scene.parts())
    store.append = async () => {
      throw new Error('the disk is full')
    }
    await assert.rejects(ledger.submit(pay(1n)), { message: 'the disk is full' })
    assert.equal(await ledger.renewLease(), false, 'a closed writer keeps nobody else from the shard')
    scene.nowMs += leaseMs + 1
    const taken = await standby.step()
    assert.equal((await taken?.submit(pay(1n)))?.status, 'accepted')
  })

  it('keeps what it took when the writer that gave the shard up renews once more', async () => {
    const scene = new Scene()
    const ledger = await scene.openLedger()
    const standby = await Standby.open(scene.parts())
    await ledger.close()
    assert.equal(await ledger.renewLease(), false)
    assert.ok(await standby.step())
  })

  it('is one of two: the other finds the lease taken', async () => {
    const scene = new Scene()
    await scene.openLedger()
    const standbys = await Promise.all([Standby.open(scene.parts()), Standby.open(scene.parts())])
    scene.nowMs += leaseMs + 1
    const taken = await Promise.all(standbys.map(standby => standby.step()))
    assert.equal(taken.filter(ledger => ledger !== undefined).length, 1)
  })

  it('leaves the old writer with nothing: it learns so by its next command, or by its next renewal', async () => {
    for (const learn of ['command', 'renewal'] as const) {
      const scene = new Scene()
      const old = await scene.openLedger()
      const standby = await Standby.open(scene.parts())
      scene.nowMs += leaseMs + 1
      const taken = await standby.step()
      assert.ok(taken)
      if (learn === 'command') await assert.rejects(old.submit(pay(1n)), WriterFencedError)
      else assert.equal(await old.renewLease(), false)
      await assert.rejects(old.submit(pay(2n)), LedgerClosedError)
      assert.equal(taken.balance(bob.address).availableMicrocredits, 0n)
      assert.equal((await taken.submit(pay(3n))).status, 'accepted')
    }
  })
})

describe('a snapshot', () => {
  it('is where the next start begins to read', async () => {
    const scene = new Scene()
    const snapshots = new MemorySnapshots()
    const first = await scene.openLedger()
    await first.close()
    const ledger = await JournalLedger.open(scene.parts(scene.store, snapshots))
    await ledger.submit(pay(1n))
    await ledger.saveSnapshot()
    await ledger.submit(pay(2n))
    const read: number[] = []
    const counting = new Proxy(scene.store, {
      get: (store, name) =>
        name === 'read'
          ? (shard: string, after: number, limit: number) => {
              read.push(after)
              return store.read(shard, after, limit)
            }
          : Reflect.get(store, name).bind(store),
    })
    const second = await JournalLedger.open(scene.parts(counting, snapshots))
    assert.deepEqual(read.slice(0, 2), [2, 3], 'the event at the snapshot, then what came after it')
    assert.equal(second.balance(bob.address).availableMicrocredits, 2n)
    assert.equal((await second.submit(pay(1n))).status, 'accepted', 'decisions are remembered across it')
    assert.equal(second.balance(bob.address).availableMicrocredits, 2n)
  })

  it('gives the same state as the whole journal', async () => {
    const scene = new Scene()
    const snapshots = new MemorySnapshots()
    const ledger = await scene.openLedger()
    await ledger.submit({ type: 'OpenHold', order: ann.order({ nonce: 5n, maxPriceMicrocredits: 3n }) })
    await ledger.close()
    const again = await JournalLedger.open(scene.parts(scene.store, snapshots))
    await again.saveSnapshot()
    const restored = await Replica.restore(scene.parts(scene.store, snapshots))
    const replayed = new Replica(scene.parts())
    await replayed.catchUp()
    assert.deepEqual(restored.state, replayed.state)
  })

  it('is left aside when the journal has another event at its position, or none', async () => {
    const scene = new Scene()
    const ledger = await scene.openLedger()
    await ledger.close()
    for (const wrong of [{ hash: `0x${'ab'.repeat(32)}` as const }, { position: 99 }, { format: -1 }, { state: {} }]) {
      const snapshots = new MemorySnapshots()
      const writer = await JournalLedger.open(scene.parts(scene.store, snapshots))
      await writer.saveSnapshot()
      assert.ok(snapshots.kept)
      snapshots.kept = { ...snapshots.kept, ...wrong }
      const replica = await Replica.restore(scene.parts(scene.store, snapshots))
      assert.equal(replica.state.position, 0, JSON.stringify(wrong))
    }
  })

  it('that cannot be written is an error of the snapshot, not of the ledger', async () => {
    const scene = new Scene()
    await (await scene.openLedger()).close()
    const broken: SnapshotStore = {
      save: async () => Promise.reject(new Error('disk full')),
      newest: async () => undefined,
    }
    const ledger = await JournalLedger.open(scene.parts(scene.store, broken))
    await assert.rejects(ledger.saveSnapshot(), /disk full/)
    assert.equal((await ledger.submit(pay(1n))).status, 'accepted')
  })
})
