import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rememberStepMs } from '../journal/repetition.ts'
import type { SpendPermission } from '../permission/spend-permission.ts'
import { Actor, testStartMs } from '../testing/actors.ts'
import { digestOfEscrow, escrowCapture, escrowOrder, escrowRelease } from '../testing/escrow-actors.ts'
import { permissionOf, revocationOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'

const wallet = new Actor(1)
const seller = new Actor(2)
const delegate = new Actor(3)
const otherDelegate = new Actor(4)

/** The wallet has 10 credits, and lets two delegates spend 1 credit at once and 2 an hour. */
function delegated(fields: Partial<SpendPermission> = {}): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(wallet.address, 10_000_000n)
  for (const each of [delegate, otherDelegate]) {
    ledger.accept({ type: 'GrantPermission', permission: permissionOf(wallet, each, fields) })
  }
  return ledger
}

function order(nonce: bigint, amountMicrocredits = 1_000_000n, signer = delegate) {
  return escrowOrder(signer, { wallet: wallet.address, seller: seller.address, amountMicrocredits, nonce })
}

/** An escrow of 1 credit that the delegate opened, and its id. */
function escrowed() {
  const ledger = delegated()
  ledger.accept({ type: 'OpenEscrow', order: order(1n) })
  return { ledger, escrow: digestOfEscrow(order(1n)) }
}

function capture(escrow: `0x${string}`, amount: bigint, signer: Actor) {
  return { type: 'CaptureEscrow', capture: escrowCapture(signer, escrow, amount, wallet.address) } as const
}

describe('an escrow by a delegate', () => {
  it('is refused to a key without a permission', () => {
    const stranger = order(1n, 5n, new Actor(5))
    delegated().refuse({ type: 'OpenEscrow', order: stranger }, 'INVALID_SIGNATURE')
  })

  it('is refused for a seller whom the permission does not name', () => {
    const ledger = delegated({ counterparties: [otherDelegate.address] })
    ledger.refuse({ type: 'OpenEscrow', order: order(1n) }, 'COUNTERPARTY_NOT_ALLOWED')
  })

  it('is refused above the caps, over all the escrows that are open', () => {
    const ledger = delegated()
    ledger.refuse({ type: 'OpenEscrow', order: order(1n, 1_000_001n) }, 'CAP_EXCEEDED')
    ledger.accept({ type: 'OpenEscrow', order: order(2n) })
    ledger.accept({ type: 'OpenEscrow', order: order(3n) })
    ledger.refuse({ type: 'OpenEscrow', order: order(4n, 1n) }, 'CAP_EXCEEDED')
  })

  it('counts no longer with what returned from it, however it ended', () => {
    const { ledger, escrow } = escrowed()
    ledger.accept({ type: 'OpenEscrow', order: order(2n) })
    ledger.accept(capture(escrow, 400_000n, delegate))
    ledger.refuse({ type: 'OpenEscrow', order: order(3n, 600_001n) }, 'CAP_EXCEEDED')
    ledger.accept({ type: 'OpenEscrow', order: order(4n, 600_000n) })
    ledger.accept({ type: 'ReleaseEscrow', release: escrowRelease(seller, digestOfEscrow(order(2n))) })
    ledger.accept({ type: 'OpenEscrow', order: order(5n, 1_000_000n) })
    ledger.nowMs = testStartMs + 600_000
    ledger.deposit(seller.address, 1n)
    const ended = ledger.events.filter(event => event.type === 'EscrowExpired')
    assert.deepEqual([ended.length, ended.at(-1)?.data.spend?.totalMicrocredits], [2, 400_000n])
  })
})

describe('a capture by a delegate', () => {
  it('is refused for an escrow that the wallet or another delegate opened', () => {
    const { ledger, escrow } = escrowed()
    const own = escrowOrder(wallet, { seller: seller.address, nonce: 2n })
    ledger.accept({ type: 'OpenEscrow', order: own })
    ledger.refuse(capture(escrow, 1n, otherDelegate), 'INVALID_SIGNATURE')
    ledger.refuse(capture(digestOfEscrow(own), 1n, delegate), 'INVALID_SIGNATURE')
    assert.equal(ledger.balance(seller.address), 0n)
  })

  it('is refused once the permission was revoked or has expired; the wallet itself may still pay', () => {
    const revoked = escrowed()
    revoked.ledger.accept({ type: 'RevokePermission', revocation: revocationOf(wallet, delegate, 1n) })
    revoked.ledger.refuse(capture(revoked.escrow, 1n, delegate), 'PERMISSION_EXPIRED')
    revoked.ledger.accept(capture(revoked.escrow, 1n, wallet))
    const ledger = delegated({ expires: BigInt(testStartMs / 1000 + 60) })
    ledger.accept({ type: 'OpenEscrow', order: order(1n) })
    ledger.nowMs = testStartMs + 60_000
    const { refusal } = ledger.refuse(capture(digestOfEscrow(order(1n)), 1n, delegate), 'PERMISSION_EXPIRED')
    const endedAtMs = testStartMs + 60_000
    assert.deepEqual(refusal, { code: 'PERMISSION_EXPIRED', delegate: delegate.address, endedAtMs })
  })

  it('pays the seller once, and its retry gets the first answer for a day, after the escrow has ended too', () => {
    const { ledger, escrow } = escrowed()
    const first = ledger.accept(capture(escrow, 400_000n, delegate))
    ledger.nowMs = testStartMs + rememberStepMs - 1
    ledger.deposit(seller.address, 1n)
    assert.deepEqual(ledger.accept(capture(escrow, 400_000n, delegate)), { ...first, repeated: true })
    assert.deepEqual([ledger.balance(wallet.address), ledger.balance(seller.address)], [9_600_000n, 400_001n])
  })
})
