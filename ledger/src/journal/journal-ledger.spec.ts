import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hexToBytes } from '../hex.ts'
import { holdCertificateType } from '../hold/hold-certificate.ts'
import { type AppendBatch, type AppendResult, StoreDamagedError, UnknownOutcomeError } from '../ports/event-store.ts'
import { Actor, digestOfOrder, ledgerActor, testConfig, testDomain, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { InMemoryEventStore, InMemoryJournal } from '../testing/in-memory-event-store.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { LedgerCommand } from './command.ts'
import { LedgerNotOpenError } from './decision.ts'
import type { LedgerEvent } from './event.ts'
import { JournalLedger } from './journal-ledger.ts'
import { LedgerClosedError, WriterFencedError } from './journal-writer.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const node = new Actor(3)

/** A store whose appends can be held up, and whose answers can be lost before, after, or long before the write arrives. */
class FaultyStore extends InMemoryEventStore {
  readonly appended: AppendBatch[] = []
  readonly faults: ('lostBefore' | 'lostAfter' | 'late' | 'broken')[] = []
  readonly lateResults: AppendResult[] = []
  private readonly late: (() => Promise<AppendResult>)[] = []
  gate: Promise<void> = Promise.resolve()

  override async append(batch: AppendBatch): Promise<AppendResult> {
    await this.gate
    for (const arrive of this.late.splice(0)) this.lateResults.push(await arrive())
    const fault = this.faults.shift()
    if (fault === 'broken') throw new Error('the disk is full')
    if (fault === 'late') this.late.push(() => super.append(batch))
    if (fault === 'lostBefore' || fault === 'late') throw new UnknownOutcomeError({ cause: new Error('reset') })
    const result = await super.append(batch)
    if (result === 'appended') this.appended.push(batch)
    if (fault === 'lostAfter') throw new UnknownOutcomeError({ cause: new Error('reset') })
    return result
  }

  /** Appends wait from now on; the function lets them go. */
  holdUp(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.gate = promise
    return resolve
  }
}

async function openLedger(store = new FaultyStore(), onListenerError?: (error: unknown) => void) {
  const clock = { now: testStartMs, nowMs: () => clock.now }
  const signer = ledgerActor.asLedgerSigner()
  const parts = { store, shard: 'main', crypto: ethersCrypto, clock, signer }
  const ledger = await JournalLedger.open(onListenerError === undefined ? parts : { ...parts, onListenerError })
  await ledger.submit({ type: 'OpenLedger', config: testConfig })
  return { ledger, store, clock }
}

function deposit(index: number, amountMicrocredits = 1_000_000n): LedgerCommand {
  const place = { transactionHash: testConfig.genesisHash, blockNumber: 1n, logIndex: index }
  return { type: 'RecordInboxItem', index, kind: 'deposit', account: ann.address, amountMicrocredits, place }
}

function transfer(nonce: bigint): LedgerCommand {
  return { type: 'TransferCredits', transfer: ann.transfer({ to: bob.address, amountMicrocredits: 10n, nonce }) }
}

async function assign(ledger: JournalLedger, nonce = 1n): Promise<{ orderDigest: `0x${string}`; last: LedgerCommand }> {
  const order = ann.order({ nonce, maxPriceMicrocredits: 1_000n })
  await ledger.submit({ type: 'OpenHold', order })
  await ledger.submit({ type: 'RegisterNode', registration: node.registration() })
  const orderDigest = digestOfOrder(order)
  return { orderDigest, last: { type: 'AssignHold', orderDigest, node: node.address, attempt: 1 } }
}

describe('the group commit', () => {
  it('writes all commands that queued while it wrote in one append, and answers each', async () => {
    const { ledger, store } = await openLedger()
    await ledger.submit(deposit(0))
    const letGo = store.holdUp()
    const first = ledger.submit(transfer(1n))
    const queued = Array.from({ length: 20 }, (_, index) => ledger.submit(transfer(BigInt(index + 2))))
    letGo()
    const answers = await Promise.all([first, ...queued])
    assert.ok(answers.every(answer => answer.status === 'accepted'))
    assert.deepEqual(
      store.appended.slice(2).map(batch => batch.events.length),
      [21],
    )
    const later = [22n, 23n].map(nonce => ledger.submit(transfer(nonce)))
    await Promise.all(later)
    assert.equal(store.appended.at(-1)?.events.length, 2)
  })

  it('answers, publishes and moves its head only after the events are durable', async () => {
    const { ledger, store } = await openLedger()
    const letGo = store.holdUp()
    const seen: string[] = []
    ledger.subscribe(events => seen.push(...events.map(event => event.type)))
    const answer = ledger.submit(deposit(0)).then(() => seen.push('answer'))
    await new Promise(setImmediate)
    assert.deepEqual([seen, ledger.head().position, (await ledger.events(0, 10)).length], [[], 1, 1])
    letGo()
    await answer
    assert.deepEqual([seen, ledger.head().position], [['InboxItemRecorded', 'answer'], 2])
    assert.equal(ledger.head().hash, (await store.head('main')).hash)
  })

  it('writes nothing for refusals that are recomputed', async () => {
    const { ledger, store } = await openLedger()
    const answer = await ledger.submit({ type: 'ReleaseHold', orderDigest: testConfig.genesisHash })
    assert.ok(answer.status === 'refused' && answer.refusal.code === 'UNKNOWN_JOB')
    assert.equal(store.appended.length, 1)
  })

  it('lets a command that has no form fail alone', async () => {
    const { ledger } = await openLedger()
    const { message, signature } = ann.transfer({ to: bob.address, amountMicrocredits: 1n, nonce: 1n })
    const hostile = { message: { ...message, to: '0xnowhere' as const }, signature }
    const [broken, whole] = await Promise.allSettled([
      ledger.submit({ type: 'TransferCredits', transfer: hostile }),
      ledger.submit(deposit(0)),
    ])
    assert.equal(broken.status === 'rejected' && broken.reason.name, 'TypedDataFieldError')
    assert.ok(whole.status === 'fulfilled' && whole.value.status === 'accepted')
    assert.equal((await ledger.submit(transfer(1n))).status, 'accepted')
  })

  it('lets a command that comes before the ledger is open fail alone', async () => {
    const parts = { store: new FaultyStore(), shard: 'main', crypto: ethersCrypto, clock: { nowMs: () => testStartMs } }
    const ledger = await JournalLedger.open({ ...parts, signer: ledgerActor.asLedgerSigner() })
    await assert.rejects(ledger.submit(deposit(0)), LedgerNotOpenError)
    await assert.rejects(ledger.submit({ type: 'PayByInstruction', wallet: ann.address }), LedgerNotOpenError)
    assert.equal((await ledger.submit({ type: 'OpenLedger', config: testConfig })).status, 'accepted')
  })
})

describe('a subscriber', () => {
  it('that throws neither stops the writer nor keeps the events from the others', async () => {
    const errors: unknown[] = []
    const { ledger } = await openLedger(new FaultyStore(), error => errors.push(error))
    const seen: number[] = []
    ledger.subscribe(() => assert.fail('a subscriber’s mistake'))
    ledger.subscribe(events => seen.push(events.length))
    assert.equal((await ledger.submit(deposit(0))).status, 'accepted')
    assert.equal((await ledger.submit(deposit(1))).status, 'accepted')
    assert.deepEqual([seen, errors.length], [[1, 1], 2])
  })

  it('may submit commands itself and hears of them in order', async () => {
    const { ledger } = await openLedger()
    const positions: number[] = []
    const end = ledger.subscribe(events => {
      positions.push(...events.map(event => event.position))
      if (positions.length === 1) void ledger.submit(deposit(1))
    })
    await ledger.submit(deposit(0))
    await ledger.submit(deposit(2))
    end()
    await ledger.submit(deposit(3))
    assert.deepEqual(positions, [2, 3, 4])
  })
})

describe('a write whose answer was lost', () => {
  it('is answered as it was decided when it had arrived, and published once', async () => {
    const { ledger, store } = await openLedger()
    await ledger.submit(deposit(0))
    const seen: LedgerEvent[] = []
    ledger.subscribe(events => seen.push(...events))
    store.faults.push('lostAfter')
    const answer = await ledger.submit(transfer(1n))
    assert.deepEqual([answer.status, answer.status === 'accepted' && answer.repeated], ['accepted', false])
    assert.equal(ledger.balance(bob.address).availableMicrocredits, 10n)
    assert.deepEqual(
      seen.map(event => event.position),
      [3],
    )
    await ledger.submit(transfer(2n))
    assert.equal(ledger.balance(bob.address).availableMicrocredits, 20n)
  })

  it('is answered rightly also for a payout by instruction and a first registration, which change who may ask again', async () => {
    const { ledger, store } = await openLedger()
    await ledger.submit(deposit(0, 500n))
    await ledger.submit({ type: 'InstructPayouts', instruction: ann.instruction() })
    store.faults.push('lostAfter')
    const registration = node.registration({ payoutWallet: bob.address })
    const answers = await Promise.all([
      ledger.submit({ type: 'PayByInstruction', wallet: ann.address }),
      ledger.submit({ type: 'RegisterNode', registration }),
    ])
    assert.deepEqual(
      answers.map(answer => answer.status),
      ['accepted', 'accepted'],
    )
    assert.equal(ledger.balance(ann.address).payableMicrocredits, 500n)
  })

  it('is decided anew when it had not arrived', async () => {
    const { ledger, store } = await openLedger()
    await ledger.submit(deposit(0))
    const seen: number[] = []
    ledger.subscribe(events => seen.push(...events.map(event => event.position)))
    store.faults.push('lostBefore', 'lostBefore')
    const answer = await ledger.submit(transfer(1n))
    assert.deepEqual([answer.status, ledger.balance(bob.address).availableMicrocredits, seen], ['accepted', 10n, [3]])
  })

  it('cannot arrive any more once its commands were decided anew', async () => {
    const { ledger, store } = await openLedger()
    await ledger.submit(deposit(0))
    store.faults.push('late')
    assert.equal((await ledger.submit(transfer(1n))).status, 'accepted')
    assert.deepEqual(store.lateResults, ['fenced'])
    assert.equal((await ledger.submit(transfer(2n))).status, 'accepted')
    assert.equal((await store.head('main')).position, 4)
  })

  it('closes the ledger rather than guess when the store never answers', async () => {
    const { ledger, store } = await openLedger()
    store.faults.push('lostBefore', 'lostBefore', 'lostBefore', 'lostBefore', 'lostBefore')
    await assert.rejects(ledger.submit(deposit(0)), UnknownOutcomeError)
    await assert.rejects(ledger.submit(deposit(0)), LedgerClosedError)
    assert.equal((await store.head('main')).position, 1)
  })

  it('closes the ledger when another writer has gone on in the meantime', async () => {
    const journal = new InMemoryJournal()
    const { ledger, store } = await openLedger(new FaultyStore(journal))
    const letGo = store.holdUp()
    store.faults.push('lostBefore')
    const answer = ledger.submit(deposit(0))
    const successor = (await openLedger(new FaultyStore(journal))).ledger
    await successor.submit(deposit(0, 7n))
    letGo()
    await assert.rejects(answer, WriterFencedError)
    assert.equal((await store.head('main')).position, 2)
  })
})

describe('a writer that lost its lease', () => {
  it('writes nothing, tells all its callers, and takes nothing more', async () => {
    const journal = new InMemoryJournal()
    const { ledger, clock } = await openLedger(new FaultyStore(journal))
    const successor = (await openLedger(new FaultyStore(journal))).ledger
    const results = await Promise.allSettled([ledger.submit(deposit(0)), ledger.submit(deposit(1))])
    assert.ok(results.every(result => result.status === 'rejected' && result.reason instanceof WriterFencedError))
    const refused = await ledger.submit(deposit(0)).catch((error: unknown) => error)
    assert.ok(refused instanceof LedgerClosedError && refused.cause instanceof WriterFencedError)
    assert.equal(ledger.head().position, 1)
    assert.equal((await successor.submit(deposit(0, 5n))).status, 'accepted')
    clock.now += 1
    await ledger.close()
  })

  it('signs no certificate for an assignment that was never written', async () => {
    const journal = new InMemoryJournal()
    const { ledger, store } = await openLedger(new FaultyStore(journal))
    await ledger.submit(deposit(0))
    const { orderDigest, last } = await assign(ledger)
    const letGo = store.holdUp()
    const answer = ledger.submit(last)
    await new Promise(setImmediate)
    assert.ok(ledger.hold(orderDigest)?.assignment !== undefined, 'the views may be ahead')
    const certificate = ledger.holdCertificate(orderDigest)
    await openLedger(new FaultyStore(journal))
    letGo()
    await assert.rejects(answer, WriterFencedError)
    assert.equal(await certificate, undefined)
    assert.equal(await ledger.holdCertificate(orderDigest), undefined)
  })

  it('says so when it should have ended holds', async () => {
    const { ledger, store, clock } = await openLedger()
    await ledger.submit(deposit(0))
    await assign(ledger)
    clock.now += 10_000_000
    store.faults.push('broken')
    const failure = await ledger.expireHolds().catch((error: unknown) => error)
    assert.ok(failure instanceof LedgerClosedError && failure.cause instanceof Error)
    assert.equal(failure.cause.message, 'the disk is full')
  })
})

describe('a ledger', () => {
  it('signs a certificate for a durable assignment, and none for a hold that nobody has', async () => {
    const { ledger } = await openLedger()
    await ledger.submit(deposit(0))
    const { orderDigest, last } = await assign(ledger)
    assert.equal(await ledger.holdCertificate(orderDigest), undefined)
    const answer = await ledger.submit(last)
    const signed = await ledger.holdCertificate(orderDigest)
    assert.ok(signed !== undefined && answer.status === 'accepted')
    assert.equal(signed.message.position, BigInt(answer.firstPosition))
    const digest = typedDataDigest(ethersCrypto, testDomain, holdCertificateType, signed.message)
    assert.equal(ethersCrypto.recoverSigner(hexToBytes(digest), signed.signature), ledgerActor.address)
  })

  it('ends holds when their time has come, without a command', async () => {
    const { ledger, clock } = await openLedger()
    await ledger.submit(deposit(0))
    const { orderDigest } = await assign(ledger)
    await ledger.expireHolds()
    assert.ok(ledger.hold(orderDigest))
    clock.now += 10_000_000
    await ledger.expireHolds()
    assert.equal(ledger.hold(orderDigest), undefined)
    assert.equal(ledger.balance(ann.address).availableMicrocredits, 1_000_000n)
  })

  it('ends any number of holds that are due together, in writes of bounded size, before it decides a command', async () => {
    const { ledger, store, clock } = await openLedger()
    await ledger.submit(deposit(0))
    const holds = Array.from({ length: 1_100 }, (_, index) => {
      const order = ann.order({ nonce: BigInt(index + 1), maxPriceMicrocredits: 1n })
      return ledger.submit({ type: 'OpenHold', order })
    })
    await Promise.all(holds)
    const before = store.appended.length
    clock.now += 10_000_000
    await ledger.submit(deposit(1, 5n))
    assert.deepEqual(
      store.appended.slice(before).map(batch => batch.events.length),
      [256, 256, 256, 256, 77],
    )
    assert.match(store.appended.at(-1)?.events.at(-1)?.payload ?? '', /"type":"InboxItemRecorded"}$/)
    assert.equal(ledger.balance(ann.address).availableMicrocredits, 1_000_005n)
  })

  it('answers what is queued before it has closed, and takes nothing after', async () => {
    const { ledger, store } = await openLedger()
    const letGo = store.holdUp()
    const answers = [deposit(0), deposit(1)].map(command => ledger.submit(command))
    await new Promise(setImmediate)
    const queued = ledger.submit(deposit(2))
    const closing = ledger.close()
    await assert.rejects(ledger.submit(deposit(3)), LedgerClosedError)
    letGo()
    await closing
    assert.equal((await store.head('main')).position, 4)
    assert.deepEqual(
      (await Promise.all([...answers, queued])).map(answer => answer.status),
      ['accepted', 'accepted', 'accepted'],
    )
  })

  it('has closed only when also that is answered which came as the last write ended', async () => {
    const { ledger, store } = await openLedger()
    let late: Promise<unknown> | undefined
    ledger.subscribe(() => {
      late ??= ledger.submit(deposit(1))
    })
    const first = ledger.submit(deposit(0)).then(() => ledger.close())
    await first
    await late
    assert.equal((await store.head('main')).position, 3)
  })

  it('opens again at the same books, and opening it with the same parameters is a repetition', async () => {
    const journal = new InMemoryJournal()
    const { ledger } = await openLedger(new FaultyStore(journal))
    await ledger.submit(deposit(0))
    await ledger.submit(transfer(1n))
    await ledger.close()
    const again = (await openLedger(new FaultyStore(journal))).ledger
    assert.deepEqual([again.books(), again.head()], [ledger.books(), ledger.head()])
    const other = await again.submit({ type: 'OpenLedger', config: { ...testConfig, feeBasisPoints: 1 } })
    assert.ok(other.status === 'refused' && other.refusal.code === 'COMMAND_CONFLICT')
  })

  it('does not open on a journal that was changed', async () => {
    const journal = new InMemoryJournal()
    const { ledger } = await openLedger(new FaultyStore(journal))
    await ledger.submit(deposit(0))
    const { events } = journal.shard('main')
    events[1] = { ...(events[1] as (typeof events)[number]), payload: '{}' }
    await assert.rejects(openLedger(new FaultyStore(journal)), StoreDamagedError)
  })
})
