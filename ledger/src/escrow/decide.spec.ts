import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroAddress, zeroHash } from '../hex.ts'
import { holdSecondsMax } from '../hold/job-order.ts'
import { Actor, testStartMs } from '../testing/actors.ts'
import { digestOfEscrow, escrowCapture, escrowOrder, escrowRelease } from '../testing/escrow-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { type EscrowOrder, escrowCaptureType, escrowOrderType, escrowReleaseType } from './escrow-order.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const cho = new Actor(3)
const seller = bob.address
const now = BigInt(testStartMs / 1000)

function ledgerWithCredits(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 3_000_000n)
  return ledger
}

function order(fields: Partial<EscrowOrder> = {}) {
  return escrowOrder(ann, { seller, nonce: 1n, ...fields })
}

/** An escrow of 1 credit from Ann for Bob, and its id. */
function escrowed() {
  const ledger = ledgerWithCredits()
  const signed = order()
  ledger.accept({ type: 'OpenEscrow', order: signed })
  return { ledger, escrow: digestOfEscrow(signed) }
}

describe('an escrow order', () => {
  it('is refused under the signature of somebody else, also of the seller', () => {
    for (const stranger of [bob, cho]) {
      const forged = stranger.sign(escrowOrderType, order().message)
      const { refusal } = ledgerWithCredits().refuse({ type: 'OpenEscrow', order: forged }, 'INVALID_SIGNATURE')
      assert.deepEqual(refusal, { code: 'INVALID_SIGNATURE', expectedSigner: ann.address })
    }
  })

  it('is refused for oneself and for nobody', () => {
    for (const nobody of [ann.address, zeroAddress]) {
      ledgerWithCredits().refuse({ type: 'OpenEscrow', order: order({ seller: nobody }) }, 'MALFORMED')
    }
  })

  it('is refused when it expires before its deadline, or for longer after it than any escrow may stand', () => {
    const deadline = now + 600n
    for (const expires of [0n, now - 1n, deadline - 1n, deadline + BigInt(holdSecondsMax), 2n ** 64n - 1n]) {
      ledgerWithCredits().refuse({ type: 'OpenEscrow', order: order({ deadline, expires }) }, 'MALFORMED')
    }
  })

  it('is refused after its deadline', () => {
    for (const deadline of [now - 86_400n, now - 1n, now]) {
      ledgerWithCredits().refuse(
        { type: 'OpenEscrow', order: order({ deadline, expires: now + 1n }) },
        'DEADLINE_PASSED',
      )
    }
  })

  it('is refused when the escrow would stand for longer than 30 days', () => {
    const latest = now + BigInt(holdSecondsMax)
    const tooFar = [
      { deadline: now + 600n, expires: latest + 1n },
      { deadline: latest + 1n, expires: latest + 1n },
    ]
    for (const times of tooFar) {
      ledgerWithCredits().refuse({ type: 'OpenEscrow', order: order(times) }, 'DEADLINE_TOO_FAR')
    }
    ledgerWithCredits().accept({ type: 'OpenEscrow', order: order({ deadline: now + 600n, expires: latest }) })
  })

  it('is refused with a nonce that does not ascend within its lane', () => {
    const { ledger } = escrowed()
    ledger.refuse({ type: 'OpenEscrow', order: order({ amountMicrocredits: 7n }) }, 'NONCE_USED')
    ledger.accept({ type: 'OpenEscrow', order: order({ amountMicrocredits: 7n, lane: 1 }) })
  })

  it('is refused beyond the balance, now and ever after', () => {
    const ledger = ledgerWithCredits()
    const command = { type: 'OpenEscrow', order: order({ amountMicrocredits: 3_000_001n }) } as const
    const first = ledger.refuse(command, 'INSUFFICIENT_CREDITS')
    ledger.deposit(ann.address, 1n)
    assert.deepEqual(ledger.refuse(command, 'INSUFFICIENT_CREDITS'), first)
  })

  it('sets the credits aside, once', () => {
    const { ledger, escrow } = escrowed()
    assert.equal(ledger.accept({ type: 'OpenEscrow', order: order() }).repeated, true)
    assert.equal(ledger.balance(ann.address), 2_000_000n)
    assert.equal(ledger.state.balances.get(`hold:${escrow}`), 1_000_000n)
    assert.equal(ledger.state.held.get(ann.address), 1_000_000n)
    assert.equal(ledger.balance(seller), 0n)
  })
})

describe('a capture', () => {
  it('is refused to the seller and to strangers, whomever they name', () => {
    const { ledger, escrow } = escrowed()
    const forged = bob.sign(escrowCaptureType, escrowCapture(ann, escrow, 1n).message)
    const { refusal } = ledger.refuse({ type: 'CaptureEscrow', capture: forged }, 'INVALID_SIGNATURE')
    assert.deepEqual(refusal, { code: 'INVALID_SIGNATURE', expectedSigner: ann.address })
    for (const stranger of [bob, cho]) {
      const own = ledger.refuse(
        { type: 'CaptureEscrow', capture: escrowCapture(stranger, escrow, 1n) },
        'INVALID_SIGNATURE',
      )
      assert.deepEqual(own.refusal, { code: 'INVALID_SIGNATURE', expectedSigner: ann.address })
    }
  })

  it('is refused for nothing, and for more than the escrow holds', () => {
    const { ledger, escrow } = escrowed()
    ledger.refuse({ type: 'CaptureEscrow', capture: escrowCapture(ann, escrow, 0n) }, 'AMOUNT_OUT_OF_RANGE')
    const { refusal } = ledger.refuse(
      { type: 'CaptureEscrow', capture: escrowCapture(ann, escrow, 1_000_001n) },
      'ESCROW_EXCEEDED',
    )
    assert.deepEqual(refusal, { code: 'ESCROW_EXCEEDED', escrow, heldMicrocredits: 1_000_000n })
    assert.equal(ledger.state.escrows.size, 1)
  })

  it('is refused for an escrow that is not there, such as a job’s hold', () => {
    const ledger = ledgerWithCredits()
    ledger.refuse({ type: 'CaptureEscrow', capture: escrowCapture(ann, zeroHash, 1n) }, 'UNKNOWN_ESCROW')
    const orderDigest = ledger.assigned(ann.order({ nonce: 1n }), cho)
    ledger.refuse({ type: 'CaptureEscrow', capture: escrowCapture(ann, orderDigest, 1n) }, 'UNKNOWN_ESCROW')
  })

  it('is refused after another capture', () => {
    const { ledger, escrow } = escrowed()
    ledger.accept({ type: 'CaptureEscrow', capture: escrowCapture(ann, escrow, 400_000n) })
    ledger.refuse({ type: 'CaptureEscrow', capture: escrowCapture(ann, escrow, 600_000n) }, 'ESCROW_ENDED')
    assert.equal(ledger.balance(seller), 400_000n)
  })

  it('is refused at the moment of the expiry, and accepted a millisecond before', () => {
    for (const [beforeMs, isInTime] of [
      [1, true],
      [0, false],
    ] as const) {
      const { ledger, escrow } = escrowed()
      ledger.nowMs = testStartMs + 600_000 - beforeMs
      const capture = { type: 'CaptureEscrow', capture: escrowCapture(ann, escrow, 1_000_000n) } as const
      if (isInTime) ledger.accept(capture)
      else ledger.refuse(capture, 'ESCROW_ENDED')
      assert.equal(ledger.balance(seller), isInTime ? 1_000_000n : 0n)
    }
  })

  it('pays the seller its part and returns the rest, once', () => {
    const { ledger, escrow } = escrowed()
    const command = { type: 'CaptureEscrow', capture: escrowCapture(ann, escrow, 400_000n) } as const
    const first = ledger.accept(command)
    assert.deepEqual(ledger.accept(command), { ...first, repeated: true })
    assert.deepEqual([ledger.balance(ann.address), ledger.balance(seller)], [2_600_000n, 400_000n])
    assert.deepEqual([ledger.state.held.size, ledger.state.balances.has(`hold:${escrow}`)], [0, false])
    assert.equal(ledger.state.expiries.size, 0)
  })
})

describe('a release of an escrow', () => {
  it('is refused to the payer and to strangers', () => {
    const { ledger, escrow } = escrowed()
    const forged = ann.sign(escrowReleaseType, escrowRelease(bob, escrow).message)
    for (const release of [forged, escrowRelease(ann, escrow), escrowRelease(cho, escrow)]) {
      const { refusal } = ledger.refuse({ type: 'ReleaseEscrow', release }, 'INVALID_SIGNATURE')
      assert.deepEqual(refusal, { code: 'INVALID_SIGNATURE', expectedSigner: seller })
    }
  })

  it('is refused for an escrow that is not there, or has ended', () => {
    const { ledger, escrow } = escrowed()
    ledger.refuse({ type: 'ReleaseEscrow', release: escrowRelease(bob, zeroHash) }, 'UNKNOWN_ESCROW')
    ledger.accept({ type: 'CaptureEscrow', capture: escrowCapture(ann, escrow, 1n) })
    ledger.refuse({ type: 'ReleaseEscrow', release: escrowRelease(bob, escrow) }, 'ESCROW_ENDED')
  })

  it('returns everything, once', () => {
    const { ledger, escrow } = escrowed()
    ledger.accept({ type: 'ReleaseEscrow', release: escrowRelease(bob, escrow) })
    assert.equal(ledger.accept({ type: 'ReleaseEscrow', release: escrowRelease(bob, escrow) }).repeated, true)
    assert.deepEqual([ledger.balance(ann.address), ledger.balance(seller)], [3_000_000n, 0n])
    ledger.refuse({ type: 'CaptureEscrow', capture: escrowCapture(ann, escrow, 1n) }, 'ESCROW_ENDED')
  })
})

describe('the expiry of an escrow', () => {
  it('comes at its exact time, among those of the holds, before any command of that batch', () => {
    const ledger = ledgerWithCredits()
    const job = ann.order({ nonce: 3n, graceSeconds: 0, deadline: now + 650n })
    ledger.accept({ type: 'OpenEscrow', order: order({ nonce: 2n, expires: now + 700n }) })
    ledger.accept({ type: 'OpenHold', order: job })
    ledger.accept({ type: 'OpenEscrow', order: order({ nonce: 4n, expires: now + 600n, amountMicrocredits: 5n }) })
    const count = ledger.events.length
    ledger.nowMs = testStartMs + 1_000_000
    ledger.deposit(bob.address, 1n)
    assert.deepEqual(
      ledger.events.slice(count).map(event => [event.type, event.atMs - testStartMs]),
      [
        ['EscrowExpired', 600_000],
        ['HoldExpired', 650_000],
        ['EscrowExpired', 700_000],
        ['InboxItemRecorded', 1_000_000],
      ],
    )
    assert.equal(ledger.balance(ann.address), 3_000_000n)
    assert.deepEqual([ledger.state.escrows.size, ledger.state.held.size, ledger.state.expiries.size], [0, 0, 0])
  })

  it('does not come for an escrow that has ended', () => {
    const { ledger, escrow } = escrowed()
    ledger.accept({ type: 'CaptureEscrow', capture: escrowCapture(ann, escrow, 1_000_000n) })
    ledger.nowMs = testStartMs + 600_000
    ledger.deposit(bob.address, 1n)
    assert.equal(
      ledger.events.some(event => event.type === 'EscrowExpired'),
      false,
    )
  })
})

describe('linked commands with escrows', () => {
  it('open and capture in one, and leave nothing behind when a later one is refused', () => {
    const ledger = ledgerWithCredits()
    const signed = order()
    const opened = { type: 'OpenEscrow', order: signed } as const
    const captured = { type: 'CaptureEscrow', capture: escrowCapture(ann, digestOfEscrow(signed), 9n) } as const
    const exceeding = {
      type: 'CaptureEscrow',
      capture: escrowCapture(ann, digestOfEscrow(signed), 1_000_001n),
    } as const
    ledger.refuse({ type: 'Link', commands: [opened, exceeding] }, 'LINK_FAILED')
    assert.deepEqual([ledger.state.escrows.size, ledger.balance(ann.address)], [0, 3_000_000n])
    ledger.accept({ type: 'Link', commands: [opened, captured] })
    assert.deepEqual([ledger.balance(ann.address), ledger.balance(seller)], [2_999_991n, 9n])
  })
})
