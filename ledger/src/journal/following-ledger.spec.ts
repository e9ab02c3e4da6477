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
    }
    const ledger = await follow(far)
    const answer = ledger.submit(pay(1n))
    const refused = assert.rejects(answer, FollowingEndedError)
    await ledger.close()
    await refused
    await assert.rejects(ledger.submit(pay(2n)), FollowingEndedError)
  })
})
