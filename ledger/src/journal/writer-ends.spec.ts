import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Hex } from '../hex.ts'
import {
  type AppendBatch,
  type AppendResult,
  type JournalHead,
  type Lease,
  UnknownOutcomeError,
} from '../ports/event-store.ts'
import type { Snapshot, SnapshotStore } from '../ports/snapshot-store.ts'
import { Actor, digestOfOrder, ledgerActor, testConfig, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { InMemoryEventStore, InMemoryJournal } from '../testing/in-memory-event-store.ts'
import type { LedgerCommand } from './command.ts'
import { digestOfCommand } from './identify.ts'
import { JournalLedger } from './journal-ledger.ts'
import { LedgerClosedError, WriterFencedError } from './journal-writer.ts'

const ann = new Actor(1)
const node = new Actor(3)
const otherHash: Hex = `0x${'ab'.repeat(32)}`

/** A store that can lose or refuse the next write, say of the journal's head what it is told, and counts leases. */
class MovingStore extends InMemoryEventStore {
  next: 'lost' | 'lostAfter' | 'broken' | undefined
  gate: Promise<void> = Promise.resolve()
  headInstead: ((head: JournalHead) => JournalHead) | undefined
  acquired = 0
  released = 0

  override async append(batch: AppendBatch): Promise<AppendResult> {
    await this.gate
    const { next } = this
    this.next = undefined
    if (next === 'broken') throw new Error('the disk is full')
    if (next === 'lostAfter') await super.append(batch)
    if (next !== undefined) throw new UnknownOutcomeError({ cause: new Error('reset') })
    return super.append(batch)
  }

  override async acquire(shard: string, leaseMs: number): Promise<Lease> {
    this.acquired += 1
    const lease = await super.acquire(shard, leaseMs)
    return this.headInstead === undefined ? lease : { ...lease, head: this.headInstead(lease.head) }
  }

  override async release(shard: string, leaseEpoch: number): Promise<void> {
    this.released += 1
    return super.release(shard, leaseEpoch)
  }
}

async function openLedger(store = new MovingStore(), snapshots?: SnapshotStore) {
  const clock = { now: testStartMs, isBroken: false, nowMs: () => (clock.isBroken ? fail('no time') : clock.now) }
  const signer = ledgerActor.asLedgerSigner()
  const parts = { store, shard: 'main', crypto: ethersCrypto, clock, signer }
  const ledger = await JournalLedger.open(snapshots === undefined ? parts : { ...parts, snapshots })
  await ledger.submit({ type: 'OpenLedger', config: testConfig })
  return { ledger, store, clock }
}

function fail(message: string): never {
  throw new Error(message)
}

function deposit(index: number): LedgerCommand {
  const place = { transactionHash: testConfig.genesisHash, blockNumber: 1n, logIndex: index }
  return {
    type: 'RecordInboxItem',
    index,
    kind: 'deposit',
    account: ann.address,
    amountMicrocredits: 5_000_000n,
    place,
  }
}

const fenced = { name: 'WriterFencedError', message: 'another writer holds shard main; this one has closed' }

function isClosedBy(message: string) {
  return (error: unknown) =>
    error instanceof LedgerClosedError &&
    error.name === 'LedgerClosedError' &&
    error.message === 'the ledger is closed and takes no more commands' &&
    (error.cause as Error).message === message
}

describe('a writer whose write was lost', () => {
  it('says of the outcome that nobody knows it', () => {
    const error = new UnknownOutcomeError({ cause: 1 })
    const message = 'the event store did not answer whether the batch was written'
    assert.deepEqual([error.name, error.message, error.cause], ['UnknownOutcomeError', message, 1])
  })

  const heads: readonly (readonly [string, 'lost' | 'lostAfter', (head: JournalHead) => JournalHead])[] = [
    ['where its write would end, by another hash', 'lostAfter', ({ position }) => ({ position, hash: otherHash })],
    ['behind its write, by the same hash', 'lostAfter', ({ position, hash }) => ({ position: position + 1, hash })],
    ['where it stood, by another hash', 'lost', ({ position }) => ({ position, hash: otherHash })],
    ['elsewhere, by the hash where it stood', 'lost', ({ position, hash }) => ({ position: position + 5, hash })],
  ]
  for (const [what, next, headInstead] of heads) {
    it(`closes when the journal ends ${what}`, async () => {
      const { ledger, store } = await openLedger()
      Object.assign(store, { next, headInstead })
      await assert.rejects(ledger.submit(deposit(0)), fenced)
      await assert.rejects(ledger.submit(deposit(1)), isClosedBy(fenced.message))
    })
  }

  it('does not take the shard back from a writer that has it since', async () => {
    const journal = new InMemoryJournal()
    const { ledger, store } = await openLedger(new MovingStore(journal))
    const { promise, resolve } = Promise.withResolvers<void>()
    Object.assign(store, { next: 'lost', gate: promise })
    const lost = ledger.submit(deposit(0))
    const { ledger: successor } = await openLedger(new MovingStore(journal))
    resolve()
    await assert.rejects(lost, fenced)
    assert.deepEqual([store.acquired, await ledger.renewLease(), await successor.renewLease()], [1, false, true])
    assert.equal((await successor.submit(deposit(0))).status, 'accepted')
  })
})

describe('a writer that had to close', () => {
  it('rejects everybody who waits: the write’s callers, who came behind, and who wants a durable state', async () => {
    const kept: SnapshotStore = { save: async () => undefined, newest: async () => undefined }
    const { ledger, store } = await openLedger(new MovingStore(), kept)
    const { promise, resolve } = Promise.withResolvers<void>()
    Object.assign(store, { next: 'broken', gate: promise })
    const waiting = [ledger.submit(deposit(0))]
    await new Promise(setImmediate)
    waiting.push(ledger.submit(deposit(1)))
    await new Promise(setImmediate)
    const snapshot = ledger.saveSnapshot()
    waiting.push(ledger.submit(deposit(2)))
    const all = Promise.allSettled([...waiting, snapshot])
    resolve()
    const reasons = (await all).map(result => result.status === 'rejected' && (result.reason as Error).message)
    assert.deepEqual(reasons, Array(4).fill('the disk is full'))
  })

  it('says so to everybody who comes, and gives no lease back that is not its own', async () => {
    const kept: SnapshotStore = { save: async () => undefined, newest: async () => undefined }
    const { ledger, store, clock } = await openLedger(new MovingStore(), kept)
    await ledger.submit(deposit(0))
    await ledger.submit({ type: 'OpenHold', order: ann.order({ nonce: 1n }) })
    store.next = 'broken'
    await assert.rejects(ledger.submit(deposit(1)), { message: 'the disk is full' })
    const closed = isClosedBy('the disk is full')
    await ledger.expireHolds()
    clock.now += 10_000_000
    for (const asked of [ledger.submit(deposit(2)), ledger.expireHolds(), ledger.saveSnapshot()]) {
      await assert.rejects(asked, closed)
    }
    await ledger.close()
    assert.equal(store.released, 0)
  })

  it('because its clock failed tells that to all who wait, and to who comes later', async () => {
    const { ledger, clock } = await openLedger()
    clock.isBroken = true
    const waiting = await Promise.allSettled([ledger.submit(deposit(0)), ledger.submit(deposit(1))])
    assert.deepEqual(
      waiting.map(settled => settled.status === 'rejected' && (settled.reason as Error).message),
      ['no time', 'no time'],
    )
    clock.isBroken = false
    await assert.rejects(ledger.submit(deposit(0)), isClosedBy('no time'))
  })
})

describe('a writer that was closed', () => {
  it('gives its lease back once, takes nothing more without a reason, and has nothing to end', async () => {
    const { ledger, store, clock } = await openLedger()
    await ledger.submit(deposit(0))
    await ledger.submit({ type: 'OpenHold', order: ann.order({ nonce: 1n }) })
    await ledger.close()
    assert.equal(store.released, 1)
    const refused = await ledger.submit(deposit(1)).catch((error: unknown) => error)
    assert.ok(refused instanceof LedgerClosedError && refused.cause === undefined)
    clock.now += 10_000_000
    await ledger.expireHolds()
    assert.deepEqual([await ledger.renewLease(), ledger.head().position], [false, 3])
  })
})

describe('a ledger of one shard', () => {
  it('saves nothing when there is nowhere to save', async () => {
    const { ledger } = await openLedger()
    await ledger.saveSnapshot()
    assert.equal((await ledger.submit(deposit(0))).status, 'accepted')
  })

  it('goes on when a snapshot cannot even be begun', async () => {
    const snapshots: SnapshotStore = {
      save: (_: string, __: Snapshot) => fail('no room'),
      newest: async () => undefined,
    }
    const { ledger } = await openLedger(new MovingStore(), snapshots)
    await assert.rejects(ledger.saveSnapshot(), { message: 'no room' })
    assert.equal((await ledger.submit(deposit(0))).status, 'accepted')
  })

  it('ends a hold at its time, to the millisecond, and certifies it until then, in whole seconds', async () => {
    const { ledger, clock } = await openLedger()
    await ledger.submit(deposit(0))
    const order = ann.order({ nonce: 1n })
    const orderDigest = digestOfOrder(order)
    await ledger.submit({ type: 'OpenHold', order })
    const registration = node.registration()
    const { commandId } = await ledger.submit({ type: 'RegisterNode', registration })
    await ledger.submit({ type: 'AssignHold', orderDigest, node: node.address, attempt: 1 })
    const { deadline, graceSeconds } = order.message
    const certificate = await ledger.holdCertificate(orderDigest)
    assert.equal(certificate?.message.expires, deadline + BigInt(graceSeconds))
    assert.equal((await ledger.acceptance(commandId as Hex))?.acceptance.position, 4n)
    clock.now = (Number(deadline) + graceSeconds) * 1_000 - 1
    await ledger.expireHolds()
    assert.ok(ledger.hold(orderDigest))
    clock.now += 1
    await ledger.expireHolds()
    assert.equal(ledger.hold(orderDigest), undefined)
  })

  it('has no acceptance of anything before it is open', async () => {
    const store = new MovingStore()
    const clock = { nowMs: () => testStartMs }
    const signer = ledgerActor.asLedgerSigner()
    const ledger = await JournalLedger.open({ store, shard: 'main', crypto: ethersCrypto, clock, signer })
    assert.deepEqual([await ledger.acceptance(otherHash), ledger.config()], [undefined, undefined])
    await assert.rejects(ledger.submit({ type: 'PayByInstruction', wallet: ann.address }), {
      name: 'LedgerNotOpenError',
    })
  })
})

it('a command’s digest is none without a signature', () => {
  const domain = { chainId: testConfig.chainId, verifyingContract: testConfig.settlement }
  assert.equal(digestOfCommand(ethersCrypto, domain, deposit(0)), undefined)
  assert.equal(new WriterFencedError('main').message, fenced.message)
})
