import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Actor } from '../testing/actors.ts'
import { digestOfEscrow, escrowCapture, escrowOrder, escrowRelease } from '../testing/escrow-actors.ts'
import { permissionOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import type { SpendPermission } from './spend-permission.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const gateway = new Actor(3)
const mallory = new Actor(4)

/** Ann has 10 credits and lets the gateway spend up to 1 at once, 2 an hour, 3 a day. */
function ledgerWith(fields: Partial<SpendPermission> = {}): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 10_000_000n)
  ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, gateway, fields) })
  return ledger
}

/** What the newest event says that the gateway has spent within the hour. */
function hourOf(ledger: TestLedger): bigint | undefined {
  const data = ledger.events.at(-1)?.data
  return data !== undefined && 'spend' in data ? data.spend?.hourMicrocredits : undefined
}

describe('an escrow that a delegate opened', () => {
  const escrow = (nonce: bigint, seller = bob.address) =>
    escrowOrder(gateway, { wallet: ann.address, seller, nonce, amountMicrocredits: 1_000_000n })

  it('is refused for a seller that the permission does not name, and above its caps', () => {
    const ledger = ledgerWith({ counterparties: [bob.address], hourMicrocreditsMax: 1_999_999n })
    ledger.refuse({ type: 'OpenEscrow', order: escrow(1n, mallory.address) }, 'COUNTERPARTY_NOT_ALLOWED')
    ledger.accept({ type: 'OpenEscrow', order: escrow(1n) })
    ledger.refuse({ type: 'OpenEscrow', order: escrow(2n) }, 'CAP_EXCEEDED')
  })

  it('is not captured by another delegate', () => {
    const ledger = ledgerWith()
    ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, mallory) })
    ledger.accept({ type: 'OpenEscrow', order: escrow(1n) })
    const capture = escrowCapture(mallory, digestOfEscrow(escrow(1n)), 1n, ann.address)
    ledger.refuse({ type: 'CaptureEscrow', capture }, 'INVALID_SIGNATURE')
  })

  it('counts with all of it while it is open, and then with what was captured, or with nothing once it is released', () => {
    const ledger = ledgerWith()
    for (const nonce of [1n, 2n]) ledger.accept({ type: 'OpenEscrow', order: escrow(nonce) })
    assert.equal(hourOf(ledger), 2_000_000n)
    const [first, second] = [digestOfEscrow(escrow(1n)), digestOfEscrow(escrow(2n))]
    ledger.accept({ type: 'CaptureEscrow', capture: escrowCapture(gateway, first, 300_000n, ann.address) })
    assert.equal(hourOf(ledger), 1_300_000n)
    ledger.accept({ type: 'ReleaseEscrow', release: escrowRelease(bob, second) })
    assert.equal(hourOf(ledger), 300_000n)
  })
})
