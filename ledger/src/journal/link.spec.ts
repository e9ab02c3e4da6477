import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Actor, digestOfOrder, testStartMs } from '../testing/actors.ts'
import { grantOf } from '../testing/rewards-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import type { LedgerCommand } from './command.ts'
import { linkedCommandsMax } from './link.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const cho = new Actor(3)

function pay(from: Actor, to: Actor, amountMicrocredits: bigint, nonce: bigint): LedgerCommand {
  return { type: 'TransferCredits', transfer: from.transfer({ to: to.address, amountMicrocredits, nonce }) }
}

function link(...commands: readonly LedgerCommand[]): LedgerCommand & { type: 'Link' } {
  return { type: 'Link', commands }
}

function ledgerWithCredits(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 1_000n)
  return ledger
}

describe('linked commands', () => {
  it('are refused when there are fewer than two, or too many', () => {
    const ledger = ledgerWithCredits()
    const many = Array.from({ length: linkedCommandsMax + 1 }, (_, index) => pay(ann, bob, 1n, BigInt(index)))
    for (const commands of [[], many.slice(0, 1), many]) ledger.refuse(link(...commands), 'MALFORMED')
    assert.equal(ledger.balance(bob.address), 0n)
  })

  it('are refused when one of them is not signed, or is there twice', () => {
    const ledger = ledgerWithCredits()
    const order = ann.order({ nonce: 9n, maxPriceMicrocredits: 1n })
    ledger.accept({ type: 'OpenHold', order })
    const paid = pay(ann, bob, 1n, 10n)
    ledger.refuse(link(paid, { type: 'ReleaseHold', orderDigest: digestOfOrder(order) }), 'MALFORMED')
    ledger.refuse(link(paid, link(paid, pay(ann, bob, 2n, 11n))), 'MALFORMED')
    ledger.refuse(link(paid, paid), 'MALFORMED')
  })

  it('change nothing when a later one is refused, and name it with its own refusal', () => {
    const ledger = ledgerWithCredits()
    const { refusal } = ledger.refuse(link(pay(ann, bob, 600n, 1n), pay(ann, cho, 600n, 2n)), 'LINK_FAILED')
    assert.deepEqual(refusal, {
      code: 'LINK_FAILED',
      index: 1,
      refusal: { code: 'INSUFFICIENT_CREDITS', requiredMicrocredits: 600n, availableMicrocredits: 400n },
    })
    assert.deepEqual([ledger.balance(ann.address), ledger.balance(bob.address)], [1_000n, 0n])
    assert.equal(ledger.state.nonces.size, 0, 'no nonce is used up')
  })

  it('are refused the same for ever when it was for want of credits', () => {
    const ledger = ledgerWithCredits()
    const command = link(pay(ann, bob, 600n, 1n), pay(ann, cho, 600n, 2n))
    const first = ledger.refuse(command, 'LINK_FAILED')
    ledger.deposit(ann.address, 10_000n)
    assert.deepEqual(ledger.refuse(command, 'LINK_FAILED'), first)
  })

  it('are decided anew when what was wrong did not depend on the state', () => {
    const ledger = ledgerWithCredits()
    const forged = {
      ...ann.transfer({ to: cho.address, amountMicrocredits: 1n, nonce: 2n }),
      signature: bob.signDigest(`0x${'11'.repeat(32)}`),
    }
    const before = ledger.events.length
    ledger.refuse(link(pay(ann, bob, 1n, 1n), { type: 'TransferCredits', transfer: forged }), 'LINK_FAILED')
    assert.equal(ledger.events.length, before, 'nothing is journalled')
  })

  it('are refused when one of them has happened alone', () => {
    const ledger = ledgerWithCredits()
    const paid = pay(ann, bob, 1n, 1n)
    ledger.accept(paid)
    const { refusal } = ledger.refuse(link(pay(ann, cho, 1n, 2n), paid), 'LINK_FAILED')
    assert.equal(refusal.code === 'LINK_FAILED' && refusal.refusal.code, 'COMMAND_CONFLICT')
  })

  it('see what the ones before them did', () => {
    const ledger = ledgerWithCredits()
    ledger.accept(link(pay(ann, bob, 1_000n, 1n), pay(bob, cho, 1_000n, 1n)))
    assert.deepEqual(
      [ann, bob, cho].map(({ address }) => ledger.balance(address)),
      [0n, 0n, 1_000n],
    )
  })

  it('pay and buy in one: a transfer that only happens with the hold', () => {
    const ledger = ledgerWithCredits()
    const order = ann.order({ nonce: 2n, maxPriceMicrocredits: 500n })
    const poor = ann.order({ nonce: 4n, maxPriceMicrocredits: 500n })
    ledger.accept(link(pay(ann, bob, 400n, 1n), { type: 'OpenHold', order }))
    ledger.refuse(link(pay(ann, bob, 50n, 3n), { type: 'OpenHold', order: poor }), 'LINK_FAILED')
    assert.deepEqual([ledger.balance(ann.address), ledger.balance(bob.address)], [100n, 400n])
    ledger.nowMs = testStartMs + 86_400_000
    ledger.submit()
    assert.equal(ledger.balance(ann.address), 600n, 'the hold expires like any other')
  })

  it('happen once: the link, and each of its commands alone, get the first answer', () => {
    const ledger = ledgerWithCredits()
    const command = link(pay(ann, bob, 1n, 1n), pay(ann, cho, 2n, 2n))
    const first = ledger.accept(command)
    assert.deepEqual(ledger.accept(command), { ...first, repeated: true })
    assert.equal(first.lastPosition - first.firstPosition, 2)
    for (const member of command.commands) assert.equal(ledger.accept(member).repeated, true)
    assert.deepEqual([ledger.balance(bob.address), ledger.balance(cho.address)], [1n, 2n])
  })

  it('leave nothing behind when what a later one would write has no form in the journal', () => {
    const ledger = ledgerWithCredits()
    ledger.fundRewards(10_000_000n)
    for (const reason of ['7n', '-0n']) {
      const grant = grantOf(bob.address, { nonce: 1n, reason })
      ledger.refuse(link(pay(ann, bob, 600n, 1n), { type: 'GrantCredits', grant }), 'LINK_FAILED')
      ledger.refuse({ type: 'GrantCredits', grant }, 'MALFORMED')
    }
    assert.deepEqual([ledger.balance(ann.address), ledger.balance(bob.address)], [1_000n, 0n])
  })

  it('leave nothing behind when a later one has no form that could be decided', () => {
    const ledger = ledgerWithCredits()
    const { message, signature } = ann.transfer({ to: cho.address, amountMicrocredits: 1n, nonce: 2n })
    const hostile = { message: { ...message, lane: -1 }, signature }
    const command = link(pay(ann, bob, 600n, 1n), { type: 'TransferCredits', transfer: hostile })
    assert.throws(() => ledger.submit(command), { name: 'TypedDataFieldError' })
    assert.equal(ledger.balance(ann.address), 1_000n)
  })
})
