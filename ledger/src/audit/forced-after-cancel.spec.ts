import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sealEvent } from '../journal/codec.ts'
import type { EventOf, LedgerEvent } from '../journal/event.ts'
import { inboxKey } from '../statement/movement-keys.ts'
import { StatementBook } from '../statement/statement-book.ts'
import { Actor } from '../testing/actors.ts'
import { cancelEpoch, closeEpoch, finaliseEpoch } from '../testing/economy.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { Auditor } from './auditor.ts'
import { changed, moving } from './forgery.spec.fixture.ts'

const [ann, bob] = [1, 2].map(number => new Actor(number)) as [Actor, Actor]
const wallet = `wallet:${ann.address}`
const payable = `payable:${ann.address}`

/** Ann asks for 350 µcr by force. Three epochs in a row pay 100 each and are cancelled; the fourth pays the rest out of 200. */
function insistent(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 100n)
  ledger.record('forcedWithdrawal', ann.address, 0n, { askedMicrocredits: 350n })
  for (let epoch = 1; epoch <= 3; epoch++) {
    closeEpoch(ledger)
    cancelEpoch(ledger)
    ledger.deposit(ann.address, epoch === 3 ? 200n : 100n)
  }
  closeEpoch(ledger)
  return ledger
}

function payouts({ events }: TestLedger): readonly EventOf<'PayoutScheduled'>[] {
  return events.filter(event => event.type === 'PayoutScheduled')
}

/** What an auditor that checks all finds in the last event of a journal, whose places and hashes are made anew. */
function problemIn(journal: readonly LedgerEvent[]): string | undefined {
  const auditor = new Auditor(ethersCrypto)
  for (const [index, event] of journal.entries()) {
    const placed = { ...event, position: index + 1 }
    const { payload, hash } = sealEvent(ethersCrypto, auditor.head().hash, placed)
    const finding = auditor.follow(placed, payload, hash)
    if (finding === undefined) continue
    assert.equal(finding.position, journal.length, finding.problem)
    return finding.problem
  }
  return undefined
}

describe('a forced withdrawal whose epochs are cancelled one after another', () => {
  const ledger = insistent()
  const last = payouts(ledger).at(-1) as EventOf<'PayoutScheduled'>
  const before = ledger.events.slice(0, last.position - 1)
  const paying = (amountMicrocredits: bigint, to = payable) =>
    changed(last, { 'data.amountMicrocredits': amountMicrocredits, entries: moving(wallet, to, amountMicrocredits) })

  it('is paid by each for what is left, until it is paid, and by no later one', () => {
    const paid = (of: TestLedger) => payouts(of).map(({ data }) => [data.inboxIndex, data.amountMicrocredits])
    const parts = [100n, 100n, 100n, 50n].map(amount => [1, amount])
    assert.deepEqual(paid(ledger), parts)
    const more = insistent()
    finaliseEpoch(more)
    more.deposit(ann.address, 500n)
    closeEpoch(more)
    assert.deepEqual(paid(more), parts)
  })

  it('is one entry in the statement of the epoch that stands, with all of it', () => {
    const book = new StatementBook(ethersCrypto)
    for (const event of ledger.events) book.apply(event)
    const entry = book.statement(ann.address)?.entries.find(({ key }) => key === inboxKey(ethersCrypto, 1))
    assert.deepEqual(
      [entry?.debitMicrocredits, entry?.creditMicrocredits, entry?.evidence],
      [350n, 0n, { kind: 'forced', inboxIndex: 1 }],
    )
  })

  it('is found by the auditor when the next epoch leaves the rest out', () => {
    const next = changed(ledger.events.at(-1) as LedgerEvent, { 'data.journalPosition': last.position - 1 })
    assert.equal(problemIn([...before, next]), 'does not pay what inbox item 1 asks for')
    for (const nth of [1, 2]) {
      const part = payouts(ledger)[nth] as EventOf<'PayoutScheduled'>
      const closed = ledger.events[part.position] as LedgerEvent
      const journal = [...ledger.events.slice(0, part.position - 1), closed]
      assert.equal(problemIn(journal), 'does not pay what inbox item 1 asks for', `cancelled ${nth} times`)
    }
  })

  it('is found when the next epoch pays more of it, or less although there is more', () => {
    assert.equal(problemIn([...before, last]), undefined)
    assert.equal(problemIn([...before, paying(51n)]), 'pays out what nobody asked of the contract')
    assert.equal(problemIn([...before, paying(200n)]), 'pays out what nobody asked of the contract')
    assert.equal(problemIn([...before, paying(49n)]), 'pays out less than was asked of the contract')
  })

  it('is found when a part goes elsewhere, or stands for another item', () => {
    const elsewhere = problemIn([...before, paying(50n, `payable:${bob.address}`)])
    assert.match(elsewhere ?? '', /^moves /)
    const another = changed(last, { 'data.inboxIndex': 0 })
    assert.equal(problemIn([...before, another]), 'pays out what nobody asked of the contract')
  })

  it('is found when it is paid once more, before the epoch is final and after', () => {
    const { events } = ledger
    const once = { ...paying(1n), commandId: 'epoch:5' }
    assert.equal(problemIn([...events, once]), 'pays out what nobody asked of the contract')
    const final = insistent()
    finaliseEpoch(final)
    assert.equal(problemIn([...final.events, once]), 'pays out what nobody asked of the contract')
  })
})
