import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Auditor } from '../audit/auditor.ts'
import type { Hex } from '../hex.ts'
import { JournalLedger } from '../index.ts'
import { sealEvent } from '../journal/codec.ts'
import type { LedgerEvent, LedgerEventData } from '../journal/event.ts'
import { Actor, digestOfOrder, ledgerActor, testConfig, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { InMemoryEventStore } from '../testing/in-memory-event-store.ts'
import { TestLedger } from '../testing/test-ledger.ts'

const ann = new Actor(1)
const node = new Actor(11)

/** A job that a node has, an inbox that is journalled up to a moment before its end, and a clock two minutes after it. */
function overdue() {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 5_000_000n)
  const orderDigest = ledger.assigned(ann.order({ nonce: 1n }), node)
  const endMs = ledger.state.holds.get(orderDigest)?.expiresAtMs ?? 0
  ledger.inboxUntilMs = endMs - 1
  ledger.nowMs = endMs + 120_000
  return { ledger, orderDigest, endMs }
}

function typesOf(ledger: TestLedger, count: number) {
  return ledger.events.slice(-count).map(({ type, commandId, atMs }) => ({ type, commandId, atMs }))
}

describe('an assigned hold whose time is over while the inbox is behind', () => {
  it('does not end before the inbox is journalled up to its end', () => {
    const { ledger, orderDigest, endMs } = overdue()
    ledger.submit()
    assert.ok(ledger.state.holds.has(orderDigest))
    ledger.inboxUntilMs = endMs
    ledger.submit()
    assert.deepEqual(typesOf(ledger, 1), [{ type: 'HoldExpired', commandId: `expiry:${orderDigest}`, atMs: endMs }])
    assert.equal(ledger.balance(ann.address), 5_000_000n)
  })

  it('is paid by the receipt that its node had pushed, and not by one that comes to the ledger now', () => {
    const { ledger, orderDigest } = overdue()
    const receipt = node.receipt(orderDigest, {})
    ledger.refuse({ type: 'ReceiveReceipt', receipt }, 'JOB_ENDED')
    ledger.push(receipt)
    ledger.inboxUntilMs = ledger.nowMs
    ledger.submit()
    assert.equal(ledger.events.at(-1)?.type, 'JobSettled')
    assert.equal(ledger.balance(node.address), 95_000n)
  })

  it('can neither be given back nor be cancelled, and has no part in what else goes on', () => {
    const { ledger, orderDigest } = overdue()
    ledger.refuse({ type: 'ReleaseAssignment', release: node.release(orderDigest) }, 'JOB_ENDED')
    ledger.refuse({ type: 'ReleaseHold', orderDigest }, 'HOLD_ASSIGNED')
    ledger.deposit(ann.address, 1n)
    assert.ok(ledger.state.holds.has(orderDigest))
  })

  it('ends late, dated then, when something else has happened meanwhile', () => {
    const { ledger, endMs } = overdue()
    ledger.deposit(ann.address, 1n)
    const { nowMs } = ledger
    ledger.nowMs += 1_000
    ledger.inboxUntilMs = endMs
    ledger.submit()
    assert.deepEqual(
      typesOf(ledger, 1).map(({ type, atMs }) => [type, atMs]),
      [['HoldExpired', nowMs]],
    )
  })

  it('keeps no other hold from ending: not one that nobody has, nor one that ends later', () => {
    const { ledger, orderDigest, endMs } = overdue()
    ledger.nowMs = testStartMs + 1_000
    const [free, later] = [2n, 3n].map(nonce =>
      ann.order({ nonce, deadline: ann.order({ nonce }).message.deadline + nonce }),
    )
    assert.ok(free && later)
    ledger.accept({ type: 'OpenHold', order: free })
    ledger.assigned(later, node)
    ledger.nowMs = endMs + 120_000
    ledger.submit()
    assert.deepEqual([...ledger.state.holds.keys()], [orderDigest, digestOfOrder(later)])
    ledger.inboxUntilMs = Number.POSITIVE_INFINITY
    ledger.submit()
    assert.deepEqual(
      typesOf(ledger, 3).map(({ type, atMs }) => [type, atMs]),
      [
        ['HoldExpired', endMs + 2_000],
        ['HoldExpired', endMs + 2_000],
        ['HoldExpired', endMs + 3_000],
      ],
    )
  })

  it('lets no epoch close, because none may show it as open', () => {
    const { ledger, orderDigest, endMs } = overdue()
    const { refusal } = ledger.refuse({ type: 'CloseEpoch', epoch: 1 }, 'RECEIPT_PENDING')
    assert.deepEqual(refusal, { code: 'RECEIPT_PENDING', orderDigest })
    ledger.inboxUntilMs = endMs
    ledger.accept({ type: 'CloseEpoch', epoch: 1 })
  })

  it('ends by the clock alone in journals that no contract judges', () => {
    const { protocol: _, ...config } = testConfig
    const ledger = new TestLedger(config)
    ledger.deposit(ann.address, 5_000_000n)
    const orderDigest = ledger.assigned(ann.order({ nonce: 1n }), node)
    ledger.inboxUntilMs = 0
    ledger.nowMs = ledger.state.holds.get(orderDigest)?.expiresAtMs ?? 0
    ledger.submit()
    assert.equal(ledger.state.holds.size, 0)
  })
})

describe('the auditor, about a hold whose time is over', () => {
  /** What it says of the journal with one more event. */
  function findingOn(
    { events }: TestLedger,
    next: LedgerEventData & Pick<LedgerEvent, 'entries' | 'commandId' | 'atMs'>,
  ) {
    const auditor = new Auditor(ethersCrypto)
    for (const event of [...events, { ...next, position: events.length + 1 } as LedgerEvent]) {
      const { payload, hash } = sealEvent(ethersCrypto, auditor.head().hash, event)
      const finding = auditor.follow(event, payload, hash)
      if (finding !== undefined) return finding.problem.replace(/0x[0-9a-f]+/, '…')
    }
    return undefined
  }

  it('finds a receipt that did not come by the inbox, a release, and an epoch that closes over it', () => {
    const { ledger, orderDigest } = overdue()
    const atMs = ledger.nowMs
    const entries: [] = []
    const commandId: Hex = `0x${'ab'.repeat(32)}`
    const receipt = node.receipt(orderDigest, {})
    const about = { commandId, entries, atMs }
    assert.equal(
      findingOn(ledger, { ...about, type: 'ReceiptReceived', data: { receipt } }),
      'is a receipt for a job whose time is over',
    )
    assert.equal(
      findingOn(ledger, { ...about, type: 'HoldUnassigned', data: { release: node.release(orderDigest) } }),
      'releases a job whose time is over',
    )
    ledger.inboxUntilMs = ledger.nowMs
    const { events } = ledger
    const before = events.length
    ledger.accept({ type: 'CloseEpoch', epoch: 1 })
    const closed = events.at(-1)
    assert.ok(closed?.type === 'EpochClosed')
    events.length = before
    assert.equal(findingOn(ledger, closed), 'closes although … was due')
  })

  it('finds a hold that nobody has and that is still there', () => {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 5_000_000n)
    const order = ann.order({ nonce: 1n })
    ledger.accept({ type: 'OpenHold', order })
    const endMs = ledger.state.holds.get(digestOfOrder(order))?.expiresAtMs ?? 0
    const registration = node.registration()
    const next = { type: 'NodeRegistered', data: { registration }, entries: [] } as const
    assert.equal(
      findingOn(ledger, { ...next, commandId: `0x${'ab'.repeat(32)}`, atMs: endMs }),
      `happens although … was due at ${endMs} ms`,
    )
  })
})

describe('a ledger that awaits the inbox', () => {
  async function opened(awaitsInbox: boolean) {
    const clock = { ms: testStartMs, nowMs: () => clock.ms }
    const parts = { store: new InMemoryEventStore(), shard: 'main', crypto: ethersCrypto, clock, awaitsInbox }
    const open = () => JournalLedger.open({ ...parts, signer: ledgerActor.asLedgerSigner() })
    const ledger = await open()
    const place = { transactionHash: testConfig.genesisHash, blockNumber: 1n, logIndex: 0 }
    const deposit = { type: 'RecordInboxItem', index: 0, kind: 'deposit', account: ann.address, place } as const
    const order = ann.order({ nonce: 1n })
    const orderDigest = digestOfOrder(order)
    for (const command of [
      { type: 'OpenLedger', config: testConfig },
      { ...deposit, amountMicrocredits: 5_000_000n },
      { type: 'OpenHold', order },
      { type: 'RegisterNode', registration: node.registration() },
      { type: 'AssignHold', orderDigest, node: node.address, attempt: 1 },
    ] as const) {
      assert.equal((await ledger.submit(command)).status, 'accepted')
    }
    clock.ms = (ledger.hold(orderDigest)?.expiresAtMs ?? 0) + 1_000
    return { ledger, orderDigest, open, clock }
  }

  it('ends an assigned hold once it hears that the inbox is journalled so far, and forgets it with its process', async () => {
    const { ledger, orderDigest, open, clock } = await opened(true)
    await ledger.expireHolds()
    await ledger.inboxImported(clock.ms - 1_001)
    assert.ok(ledger.hold(orderDigest), 'of no use for a hold that ends a millisecond later')
    const next = await open()
    await next.expireHolds()
    assert.ok(next.hold(orderDigest))
    await next.inboxImported(clock.ms - 1_000)
    assert.equal(next.hold(orderDigest), undefined)
    await next.close()
  })

  it('ends it by the clock when nobody takes the inbox in', async () => {
    const { ledger, orderDigest } = await opened(false)
    await ledger.expireHolds()
    assert.equal(ledger.hold(orderDigest), undefined)
    await ledger.close()
  })
})
