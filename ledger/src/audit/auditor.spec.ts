import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, zeroHash } from '../hex.ts'
import { chainHash, encodeEvent } from '../journal/codec.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { Actor, digestOfOrder, testConfig, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { type AuditFinding, Auditor } from './auditor.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const node = new Actor(3)

/** Deposit, transfer, order, job, receipt, release, cancel, withdrawal: a journal with most kinds of events. */
function journal(): readonly LedgerEvent[] {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 5_000_000n)
  ledger.accept({
    type: 'TransferCredits',
    transfer: ann.transfer({ to: bob.address, amountMicrocredits: 5n, nonce: 1n }),
  })
  const orderDigest = ledger.assigned(ann.order({ nonce: 2n }), node)
  ledger.nowMs = testStartMs + 1_000
  ledger.settle(node.receipt(orderDigest, {}))
  const order = ann.order({ nonce: 3n })
  ledger.accept({ type: 'OpenHold', order })
  ledger.accept({ type: 'CancelOrder', cancellation: ann.cancellation(digestOfOrder(order)) })
  ledger.accept({ type: 'WithdrawCredits', withdrawal: bob.withdrawal({ amountMicrocredits: 5n, nonce: 1n }) })
  return ledger.events
}

/** Follows events whose chain of hashes is whole: what is wrong with them is in the events themselves. */
function audit(events: readonly LedgerEvent[]): AuditFinding | undefined {
  const auditor = new Auditor(ethersCrypto)
  let hash: Hex = zeroHash
  for (const event of events) {
    const payload = encodeEvent(event)
    hash = chainHash(ethersCrypto, hash, payload)
    const finding = auditor.follow(event, payload, hash)
    if (finding !== undefined) return finding
  }
  return undefined
}

/** The journal with its first event of a type changed. */
function altered<T extends LedgerEvent['type']>(
  type: T,
  change: (event: Extract<LedgerEvent, { type: T }>) => object,
): { readonly events: readonly LedgerEvent[]; readonly position: number } {
  const events = [...journal()]
  const index = events.findIndex(event => event.type === type)
  const event = events[index] as Extract<LedgerEvent, { type: T }>
  events[index] = { ...event, ...change(event) } as LedgerEvent
  return { events, position: index + 1 }
}

describe('the auditor', () => {
  it('has nothing to say about a journal that the decider wrote', () => {
    assert.equal(audit(journal()), undefined)
  })

  it('names the first event whose bytes were changed', () => {
    const auditor = new Auditor(ethersCrypto)
    const [first] = journal()
    assert.ok(first)
    const finding = auditor.follow(
      first,
      `${encodeEvent(first)} `,
      chainHash(ethersCrypto, zeroHash, encodeEvent(first)),
    )
    assert.deepEqual(finding, { position: 1, problem: 'its hash does not continue the chain' })
  })

  it('finds an event that is missing', () => {
    const events = journal()
    assert.deepEqual(audit([...events.slice(0, 3), ...events.slice(4)]), {
      position: 4,
      problem: 'says that it stands at 5',
    })
  })

  it('finds credits that come from nowhere', () => {
    const { events, position } = altered('InboxItemRecorded', event => ({ entries: event.entries.slice(1) }))
    assert.match(audit(events)?.problem ?? '', /reserve 0 µcr is not Σ of the others/)
    assert.equal(audit(events)?.position, position)
  })

  it('finds a transfer that its signer did not sign', () => {
    const { events, position } = altered('CreditsTransferred', ({ data }) => {
      const message = { ...data.transfer.message, to: node.address }
      return { data: { transfer: { ...data.transfer, message } } }
    })
    assert.deepEqual(audit(events), { position, problem: 'the sender did not sign the transfer' })
  })

  it('finds entries that say something else than the signed message', () => {
    const { events, position } = altered('CreditsTransferred', ({ entries }) => ({
      entries: entries.map(entry =>
        entry.account.endsWith(bob.address.slice(2)) ? { ...entry, account: `wallet:${node.address}` } : entry,
      ),
    }))
    assert.equal(audit(events)?.position, position)
    assert.match(audit(events)?.problem ?? '', /the signature allows/)
  })

  it('finds a settlement above the price of its receipt', () => {
    const { events, position } = altered('JobSettled', ({ data }) => ({
      data: { ...data, capturedMicrocredits: data.capturedMicrocredits + 1n },
    }))
    assert.equal(audit(events)?.position, position)
    assert.match(audit(events)?.problem ?? '', /captures 100001 µcr, the price is 100000 µcr/)
  })

  it('finds a receipt that is settled a second time', () => {
    const events = journal()
    const index = events.findIndex(event => event.type === 'ReceiptReceived')
    const twice = [...events.slice(0, index + 2), ...events.slice(index, index + 2)]
    const moved = twice.map((event, at) => ({ ...event, position: at + 1 }) as LedgerEvent)
    assert.deepEqual(audit(moved), {
      position: index + 3,
      problem: 'is a receipt for a job that the node does not have',
    })
  })

  it('finds a hold that was given back without the payer’s signature', () => {
    const { events, position } = altered('HoldReleased', ({ data }) => {
      const { cancellation: _, ...rest } = data
      return { data: rest }
    })
    assert.deepEqual(audit(events), { position, problem: 'the payer did not sign the cancellation' })
  })

  it('finds a hold that was given back under the cancellation of another order', () => {
    const { events, position } = altered('HoldReleased', ({ data }) => ({
      data: { ...data, cancellation: ann.cancellation(zeroHash) },
    }))
    assert.deepEqual(audit(events), { position, problem: 'the payer did not sign the cancellation' })
  })

  it('finds a registration and an instruction that come a second time', () => {
    const ledger = new TestLedger()
    ledger.accept({ type: 'RegisterNode', registration: node.registration() })
    ledger.accept({ type: 'InstructPayouts', instruction: ann.instruction() })
    const [opened, registered, instructed] = ledger.events as [LedgerEvent, LedgerEvent, LedgerEvent]
    for (const event of [registered, instructed]) {
      const events = [opened, { ...event, position: 2 }, { ...event, position: 3 }]
      assert.deepEqual(audit(events), { position: 3, problem: 'uses nonce 1 after 1' })
    }
  })

  it('finds a payout to somebody else', () => {
    const { events, position } = altered('PayoutScheduled', ({ data }) => ({ data: { ...data, wallet: node.address } }))
    assert.deepEqual(audit(events), { position, problem: 'the wallet did not sign the withdrawal' })
  })

  it('finds time that runs backwards', () => {
    const { events, position } = altered('JobSettled', event => ({ atMs: event.atMs - 1_000_000 }))
    assert.match(audit(events)?.problem ?? '', /before its predecessor/)
    assert.equal(audit(events)?.position, position)
  })

  it('says what an account has, and nothing of one that never moved', () => {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 70n)
    const { auditor } = ledger
    assert.equal(auditor.balance(`wallet:${ann.address}`), 70n)
    assert.equal(auditor.balance('reserve'), 70n)
    assert.equal(auditor.balance(`wallet:${bob.address}`), 0n)
  })

  it('finds a balance beyond exact numbers, in a clearing account too', () => {
    const ledger = new TestLedger({ ...testConfig, shardCount: 2 })
    const [opened] = ledger.events as [LedgerEvent]
    const half = 2n ** 52n
    for (const account of ['clearing:1', `wallet:${ann.address}`, 'reserve']) {
      const entries = [half, half].map(amountMicrocredits => ({ account, amountMicrocredits }))
      const sent = { ...opened, position: 2, commandId: 'twice', entries } as LedgerEvent
      assert.deepEqual(audit([opened, sent]), { position: 2, problem: `${account} would be NaN µcr` })
    }
  })

  it('finds an amount beyond exact numbers', () => {
    const [opened] = journal() as [LedgerEvent]
    const entries = [{ account: 'burn', amountMicrocredits: 2n ** 53n }] as const
    const finding = audit([opened, { ...opened, position: 2, commandId: 'twice', entries }])
    assert.deepEqual(finding, { position: 2, problem: 'burn would be NaN µcr' })
  })
})
