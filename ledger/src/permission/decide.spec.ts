import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroAddress } from '../hex.ts'
import { Actor, testStartMs } from '../testing/actors.ts'
import { digestOfPermission, permissionOf, revocationOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import type { Delegation } from './delegation.ts'
import { delegatesMax, permissionSecondsMax, type SpendPermission } from './spend-permission.ts'
import { noUsage } from './spend-usage.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const gateway = new Actor(3)
const mallory = new Actor(4)

const startSeconds = BigInt(testStartMs / 1000)

function grant(fields: Partial<SpendPermission> = {}, signer = ann) {
  const { message } = permissionOf(ann, gateway, fields)
  return { type: 'GrantPermission', permission: permissionOf(signer, gateway, message) } as const
}

function granted(...nonces: readonly bigint[]): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 10_000_000n)
  for (const nonce of nonces) ledger.accept(grant({ nonce }))
  return ledger
}

const revoke = (nonce: bigint, signer = ann) =>
  ({ type: 'RevokePermission', revocation: revocationOf(ann, gateway, nonce, signer) }) as const

const transfer = (nonce: bigint, signer = gateway) =>
  ({
    type: 'TransferCredits',
    transfer: signer.transfer({ from: ann.address, to: bob.address, amountMicrocredits: 100n, nonce }),
  }) as const

describe('a permission', () => {
  it('is refused under any signature but its wallet’s, the delegate’s own too', () => {
    const ledger = new TestLedger()
    for (const signer of [gateway, mallory]) ledger.refuse(grant({}, signer), 'INVALID_SIGNATURE')
    assert.equal(ledger.state.delegations.size, 0)
  })

  it('is refused for the wallet itself, the zero address, unknown engines, and more counterparties than a message may name', () => {
    const ledger = new TestLedger()
    const others = Array.from({ length: 33 }, (_, index) => new Actor(100 + index).address)
    for (const fields of [
      { delegate: ann.address },
      { delegate: zeroAddress },
      { engines: ['native'] },
      { engines: ['1n'] },
      { engines: ['wasm', 'wasm', 'wasm'] },
      { counterparties: others },
    ]) {
      ledger.refuse(grant(fields), 'MALFORMED')
    }
  })

  it('is refused when it has expired, or stands for longer than two years', () => {
    const ledger = new TestLedger()
    ledger.refuse(grant({ expires: startSeconds }), 'DEADLINE_PASSED')
    ledger.refuse(grant({ expires: startSeconds + BigInt(permissionSecondsMax) + 1n }), 'DEADLINE_TOO_FAR')
    ledger.accept(grant({ expires: startSeconds + BigInt(permissionSecondsMax) }))
  })

  it('is refused with a nonce that was granted or revoked before, or lies below one', () => {
    const ledger = granted(5n)
    ledger.refuse(grant({ nonce: 4n }), 'NONCE_USED')
    ledger.refuse(grant({ nonce: 5n, jobMicrocreditsMax: 9n }), 'NONCE_USED')
    ledger.accept(revoke(7n))
    for (const nonce of [6n, 7n]) ledger.refuse(grant({ nonce }), 'NONCE_USED')
    ledger.accept(grant({ nonce: 8n }))
  })

  it('is refused for one delegate more than a wallet may ever name, and taken for one that was named', () => {
    const ledger = granted(1n)
    const others = Array.from({ length: delegatesMax - 1 }, (_, index) => new Actor(1_000 + index).address)
    ledger.state.delegates.set(ann.address, [gateway.address, ...others])
    const refused = ledger.refuse(grant({ delegate: bob.address }), 'TOO_MANY_DELEGATES')
    assert.deepEqual(refused.refusal, { code: 'TOO_MANY_DELEGATES', wallet: ann.address, delegatesMax })
    ledger.refuse({ type: 'RevokePermission', revocation: revocationOf(ann, bob, 1n) }, 'TOO_MANY_DELEGATES')
    ledger.accept(grant({ nonce: 2n }))
  })

  it('stands once it is journalled, and is answered the same when it is sent again', () => {
    const ledger = granted(1n)
    assert.equal(ledger.accept(grant({ nonce: 1n })).repeated, true)
    const delegation: Delegation = {
      permission: permissionOf(ann, gateway),
      digest: digestOfPermission(permissionOf(ann, gateway)),
      lastNonce: 1n,
      endsAtMs: testStartMs + 86_400_000,
      usage: noUsage,
    }
    assert.deepEqual(ledger.state.delegations.get(`${ann.address}:${gateway.address}`), delegation)
  })

  it('takes the place of the one before, and what was spent goes on counting', () => {
    const ledger = granted(1n)
    ledger.accept(transfer(1n))
    ledger.accept(grant({ nonce: 2n, hourMicrocreditsMax: 150n }))
    const refused = ledger.refuse(transfer(2n), 'CAP_EXCEEDED')
    assert.deepEqual(refused.refusal, {
      code: 'CAP_EXCEEDED',
      cap: 'hour',
      limitMicrocredits: 150n,
      usedMicrocredits: 100n,
      requestedMicrocredits: 100n,
    })
    ledger.accept(grant({ nonce: 3n, hourMicrocreditsMax: 200n }))
    ledger.accept(transfer(3n))
  })
})

describe('a revocation', () => {
  it('is refused under the signature of somebody who is neither the wallet nor its delegate', () => {
    granted(1n).refuse(revoke(1n, mallory), 'INVALID_SIGNATURE')
  })

  it('is refused from somebody whom the wallet never named, so that nobody fills its list', () => {
    const ledger = new TestLedger()
    ledger.refuse(revoke(1n, gateway), 'INVALID_SIGNATURE')
    assert.equal(ledger.state.delegates.size, 0)
  })

  it('is refused from a delegate about a nonce that it has not been given', () => {
    granted(1n).refuse(revoke(2n, gateway), 'INVALID_SIGNATURE')
  })

  it('is refused when a later permission stands', () => {
    const ledger = granted(1n, 3n)
    ledger.refuse(revoke(2n), 'NONCE_USED')
    ledger.refuse(revoke(1n, gateway), 'NONCE_USED')
    ledger.accept(transfer(1n))
  })

  it('is refused when the permission has ended by itself', () => {
    const ledger = granted(1n)
    ledger.nowMs += 86_400_000
    const refused = ledger.refuse(revoke(1n), 'PERMISSION_EXPIRED')
    const endedAtMs = testStartMs + 86_400_000
    assert.deepEqual(refused.refusal, { code: 'PERMISSION_EXPIRED', delegate: gateway.address, endedAtMs })
  })

  it('ends the permission at once, by the wallet as by the delegate, and is answered the same again', () => {
    for (const signer of [ann, gateway]) {
      const ledger = granted(1n)
      ledger.accept(transfer(1n))
      ledger.accept(revoke(1n, signer))
      ledger.refuse(transfer(2n), 'PERMISSION_EXPIRED')
      assert.equal(ledger.accept(revoke(1n, signer)).repeated, true)
    }
  })

  it('is answered the same to the delegate after a later permission', () => {
    const ledger = granted(1n)
    ledger.accept(revoke(1n, gateway))
    ledger.accept(grant({ nonce: 2n }))
    assert.equal(ledger.accept(revoke(1n, gateway)).repeated, true)
  })

  it('of a nonce that was never granted keeps it from ever standing, and gives no power', () => {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 1_000n)
    ledger.accept(revoke(4n))
    ledger.refuse(grant({ nonce: 4n }), 'NONCE_USED')
    ledger.refuse(transfer(1n), 'INVALID_SIGNATURE')
    ledger.accept(grant({ nonce: 5n }))
    ledger.accept(transfer(1n))
  })

  it('does not forget what was spent, so that a permission signed ahead makes no new room', () => {
    const ledger = granted(1n)
    ledger.accept(grant({ nonce: 2n, hourMicrocreditsMax: 150n }))
    ledger.accept(transfer(1n))
    ledger.accept(revoke(2n, gateway))
    ledger.accept(grant({ nonce: 3n, hourMicrocreditsMax: 150n }))
    ledger.refuse(transfer(2n), 'CAP_EXCEEDED')
  })
})
