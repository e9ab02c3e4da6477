import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Actor, digestOfOrder, ledgerActor, testConfig, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { InMemoryEventStore, InMemoryJournal } from '../testing/in-memory-event-store.ts'
import type { LedgerEvent } from './event.ts'
import { FollowingEndedError, FollowingLedger, type LedgerWriter } from './following-ledger.ts'
import { JournalLedger } from './journal-ledger.ts'
import { JournalListeners } from './journal-listeners.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const node = new Actor(3)

async function scene() {
  const store = new InMemoryEventStore(new InMemoryJournal(() => testStartMs))
  const clock = { nowMs: () => testStartMs }
  const shared = { store, shard: 'main', crypto: ethersCrypto, clock }
  const writer = await JournalLedger.open({ ...shared, signer: ledgerActor.asLedgerSigner() })
  await writer.submit({ type: 'OpenLedger', config: testConfig })
  const place = { transactionHash: `0x${'00'.repeat(32)}`, blockNumber: 1n, logIndex: 0 } as const
  const deposit = { index: 0, kind: 'deposit', account: ann.address, amountMicrocredits: 10_000_000n, place } as const
  await writer.submit({ type: 'RecordInboxItem', ...deposit })
  const follow = (from: LedgerWriter = writer) =>
    FollowingLedger.open({ ...shared, writer: from, listeners: new JournalListeners() })
  return { store, writer, follow }
}

function pay(nonce: bigint, amountMicrocredits = 1n) {
  return { type: 'TransferCredits', transfer: ann.transfer({ to: bob.address, amountMicrocredits, nonce }) } as const
}

describe('a ledger that follows its writer from elsewhere', () => {
  it('knows what was there before it, and answers a command when it sees what the command did', async () => {
    const { follow } = await scene()
    const ledger = await follow()
    assert.equal(ledger.balance(ann.address).availableMicrocredits, 10_000_000n)
    const answer = await ledger.submit(pay(1n))
    assert.equal(answer.status, 'accepted')
    assert.equal(ledger.balance(bob.address).availableMicrocredits, 1n)
    await ledger.close()
  })

  it('passes a refusal on as it is', async () => {
    const { follow } = await scene()
    const ledger = await follow()
    const answer = await ledger.submit(pay(1n, 10_000_001n))
    assert.equal(answer.status === 'refused' && answer.refusal.code, 'INSUFFICIENT_CREDITS')
    await ledger.close()
  })

  it('tells its subscribers every event once, in order', async () => {
    const { writer, follow } = await scene()
    const ledger = await follow()
    const heard: LedgerEvent[] = []
    ledger.subscribe(events => heard.push(...events))
    for (let nonce = 1n; nonce <= 20n; nonce++) await writer.submit(pay(nonce))
    await ledger.whenAt(writer.head().position)
    assert.deepEqual(
      heard.map(event => event.position),
      Array.from({ length: 20 }, (_, index) => index + 3),
    )
    assert.deepEqual(ledger.head(), writer.head())
    await ledger.close()
  })

  it('has certificates and acceptances signed by the writer', async () => {
    const { follow } = await scene()
    const ledger = await follow()
    const order = ann.order({ nonce: 1n })
    const orderDigest = digestOfOrder(order)
    await ledger.submit({ type: 'OpenHold', order })
    await ledger.submit({ type: 'RegisterNode', registration: node.registration() })
    await ledger.submit({ type: 'AssignHold', orderDigest, node: node.address, attempt: 1 })
    assert.equal((await ledger.holdCertificate(orderDigest))?.message.node, node.address)
    assert.equal((await ledger.acceptance(orderDigest))?.acceptance.digest, orderDigest)
    assert.equal(ledger.hold(orderDigest)?.assignment?.node, node.address)
    await ledger.close()
  })

  it('says that it cannot know when it stops while a command is under way', async () => {
    const { writer, follow } = await scene()
    const far: LedgerWriter = {
      submit: async () => ({
        status: 'accepted',
        commandId: 'x',
        firstPosition: 99,
        lastPosition: 99,
        repeated: false,
      }),
      holdCertificate: digest => writer.holdCertificate(digest),
      acceptance: id => writer.acceptance(id),
      inboxImported: untilMs => writer.inboxImported(untilMs),
    }
    const ledger = await follow(far)
    const answer = ledger.submit(pay(1n))
    const refused = assert.rejects(answer, FollowingEndedError)
    await ledger.close()
    await refused
    await assert.rejects(ledger.submit(pay(2n)), FollowingEndedError)
  })

  it('gives the events of the store, read and as they are stored, after a position and up to a number', async () => {
    const { writer, follow } = await scene()
    const ledger = await follow()
    for (let nonce = 1n; nonce <= 4n; nonce++) await ledger.submit(pay(nonce))
    for (const [after, limit, positions] of [
      [0, 2, [1, 2]],
      [2, 10, [3, 4, 5, 6]],
      [6, 10, []],
    ] as const) {
      assert.deepEqual(await ledger.storedEvents(after, limit), await writer.storedEvents(after, limit))
      const events = await ledger.events(after, limit)
      assert.deepEqual(events, await writer.events(after, limit))
      assert.deepEqual(
        events.map(event => event.position),
        positions,
      )
    }
    await ledger.close()
  })

  it('answers each that waits when its position has come, and no other', async () => {
    const { writer, follow } = await scene()
    const ledger = await follow()
    const here = ledger.head().position
    const come: number[] = []
    const waits = [here + 3, here + 1, here, here + 2].map(position =>
      ledger.whenAt(position).then(() => come.push(position)),
    )
    await waits[2]
    assert.deepEqual(come, [here])
    for (const nonce of [1n, 2n]) await writer.submit(pay(nonce))
    await Promise.all([waits[1], waits[3]])
    assert.deepEqual(
      come.filter(position => position > here + 2),
      [],
    )
    await writer.submit(pay(3n))
    await waits[0]
    assert.deepEqual(come.toSorted(), [here, here + 1, here + 2, here + 3])
    await ledger.close()
    await ledger.whenAt(here + 3)
  })

  it('does not wait for anything when the writer refuses, also after it was closed', async () => {
    const { follow } = await scene()
    const ledger = await follow()
    await ledger.close()
    const answer = await ledger.submit(pay(1n, 10_000_001n))
    assert.equal(answer.status, 'refused')
  })

  it('says why it follows no longer: that it was closed, or what the store or a changed journal made it end with', async () => {
    const message = 'the journal is no longer followed; look the command up by sending it again'
    const { follow } = await scene()
    const closed = await follow()
    const waiting = closed.whenAt(99)
    const isClosed = (error: unknown) =>
      error instanceof FollowingEndedError &&
      error.name === 'FollowingEndedError' &&
      error.message === message &&
      (error.cause as Error).message === 'the ledger was closed'
    const rejected = assert.rejects(waiting, isClosed)
    await closed.close()
    await rejected
    await assert.rejects(closed.whenAt(99), isClosed)

    const { store, follow: followOther } = await scene()
    const broken = await followOther()
    const alsoWaiting = broken.whenAt(99)
    const isBroken = (error: unknown) =>
      error instanceof FollowingEndedError && (error.cause as Error).message === 'the event store was closed'
    const alsoRejected = assert.rejects(alsoWaiting, isBroken)
    await store.close()
    await alsoRejected
    await assert.rejects(broken.whenAt(99), isBroken)
    await broken.close()
  })

  it('knows the time and what is due as its writer does', async () => {
    const { writer, follow } = await scene()
    const ledger = await follow()
    assert.deepEqual([ledger.dueInstructions(), ledger.dueBonuses()], [[], []])
    await ledger.submit({ type: 'InstructPayouts', instruction: ann.instruction() })
    assert.deepEqual(ledger.dueInstructions(), [ann.address])
    assert.deepEqual(writer.dueInstructions(), [ann.address])
    await ledger.submit({ type: 'PayByInstruction', wallet: ann.address })
    assert.deepEqual([ledger.dueInstructions(), ledger.payeesToRegister()], [[], [ann.address]])
    await ledger.submit({ type: 'RecordPayee', wallet: ann.address, id: 1 })
    assert.deepEqual([ledger.payeesToRegister(), ledger.payoutWallet(node.address)], [[], undefined])
    await ledger.submit({ type: 'RegisterNode', registration: node.registration({ payoutWallet: bob.address }) })
    assert.equal(ledger.payoutWallet(node.address), bob.address)
    assert.deepEqual([ledger.permissions(ann.address), ledger.permission(ann.address, bob.address)], [[], undefined])
    assert.deepEqual([ledger.escrow(bob.address), ledger.iou(bob.address)], [undefined, undefined])
    await ledger.close()
  })
})
