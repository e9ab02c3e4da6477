import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { purchaseType } from '../account/purchase.ts'
import { transferType } from '../account/transfer.ts'
import { type Address, zeroHash } from '../hex.ts'
import { type JobOrder, jobOrderType, orderCancellationType } from '../hold/job-order.ts'
import { lanesMax } from '../journal/decision.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { withdrawalType } from '../payout/withdrawal.ts'
import { Actor, digestOfOrder, testStartMs } from '../testing/actors.ts'
import { digestOfPermission, permissionOf, revocationOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import type { PermissionTotals, SpendPermission } from './spend-permission.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const gateway = new Actor(3)
const mallory = new Actor(4)
const node = new Actor(11)

const deadline = BigInt(testStartMs / 1000 + 600)
const hourMs = 3_600_000

/** Ann has 10 credits and lets the gateway spend up to 1 at once, 2 an hour, 3 a day. */
function ledgerWith(fields: Partial<SpendPermission> = {}): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 10_000_000n)
  ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, gateway, fields) })
  return ledger
}

function order(nonce: bigint, fields: Partial<JobOrder> = {}, signer = gateway) {
  return signer.sign(jobOrderType, ann.order({ nonce, ...fields }).message)
}

const open = (nonce: bigint, fields: Partial<JobOrder> = {}, signer = gateway) =>
  ({ type: 'OpenHold', order: order(nonce, fields, signer) }) as const

function transfer(nonce: bigint, amountMicrocredits = 1_000_000n, to: Address = bob.address, late = 0n) {
  const message = { from: ann.address, to, amountMicrocredits, lane: 0, nonce, deadline: deadline + late }
  return { type: 'TransferCredits', transfer: gateway.sign(transferType, message) } as const
}

function purchase(nonce: bigint, seller: Address = bob.address) {
  const message = { wallet: ann.address, seller, amountMicrocredits: 1n, reference: zeroHash, lane: 0, nonce, deadline }
  return { type: 'BuyService', purchase: gateway.sign(purchaseType, message) } as const
}

function totalsOf(event: LedgerEvent | undefined): PermissionTotals | undefined {
  return event !== undefined && 'spend' in event.data ? event.data.spend : undefined
}

const digest = digestOfPermission(permissionOf(ann, gateway))

function totals(hourMicrocredits: bigint, dayMicrocredits = hourMicrocredits, totalMicrocredits = dayMicrocredits) {
  return { permission: digest, delegate: gateway.address, hourMicrocredits, dayMicrocredits, totalMicrocredits }
}

describe('a spend that a delegate signs', () => {
  it('is refused for a wallet that gave no permission, and from a key that was given none', () => {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 10_000_000n)
    ledger.refuse(open(1n), 'INVALID_SIGNATURE')
    ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, mallory) })
    for (const command of [open(1n), transfer(1n), purchase(1n)]) ledger.refuse(command, 'INVALID_SIGNATURE')
  })

  it('is refused for what stays the wallet’s own: withdrawals, permissions, payout instructions', () => {
    const ledger = ledgerWith()
    const withdrawal = gateway.sign(withdrawalType, ann.withdrawal({ amountMicrocredits: 1n, nonce: 1n }).message)
    ledger.refuse({ type: 'WithdrawCredits', withdrawal }, 'INVALID_SIGNATURE')
    const instruction = gateway.instruction({ wallet: ann.address })
    ledger.refuse({ type: 'InstructPayouts', instruction }, 'INVALID_SIGNATURE')
    const more = permissionOf(gateway, mallory, { wallet: ann.address })
    ledger.refuse({ type: 'GrantPermission', permission: more }, 'INVALID_SIGNATURE')
  })

  it('is refused from the moment on at which the permission expires', () => {
    const ledger = ledgerWith({ expires: deadline - 300n })
    ledger.nowMs = Number(deadline - 300n) * 1000 - 1
    ledger.accept(transfer(1n))
    ledger.nowMs += 1
    const { refusal } = ledger.refuse(transfer(2n), 'PERMISSION_EXPIRED')
    assert.deepEqual(refusal, { code: 'PERMISSION_EXPIRED', delegate: gateway.address, endedAtMs: ledger.nowMs })
  })

  it('gets its first answer again after the permission was revoked, accepted or refused', () => {
    const ledger = ledgerWith()
    ledger.accept(transfer(1n))
    ledger.refuse(transfer(2n, 1_000_001n), 'CAP_EXCEEDED')
    ledger.accept({ type: 'RevokePermission', revocation: revocationOf(ann, gateway, 1n) })
    assert.equal(ledger.accept(transfer(1n)).repeated, true)
    ledger.refuse(transfer(2n, 1_000_001n), 'CAP_EXCEEDED')
    ledger.refuse(transfer(3n), 'PERMISSION_EXPIRED')
  })

  it('is refused to a recipient, a seller or with an engine that the permission does not name', () => {
    const ledger = ledgerWith({ counterparties: [bob.address, node.address], engines: ['wasm'] })
    const refused = ledger.refuse(transfer(1n, 1n, mallory.address), 'COUNTERPARTY_NOT_ALLOWED')
    assert.deepEqual(refused.refusal, { code: 'COUNTERPARTY_NOT_ALLOWED', counterparty: mallory.address })
    ledger.refuse(purchase(1n, mallory.address), 'COUNTERPARTY_NOT_ALLOWED')
    const docker = open(1n, { engine: 'docker', fuelMax: 0n, cpuMillicoresMax: 1_000 })
    assert.deepEqual(ledger.refuse(docker, 'ENGINE_NOT_ALLOWED').refusal, {
      code: 'ENGINE_NOT_ALLOWED',
      engine: 'docker',
    })
    ledger.accept(transfer(1n, 1n))
    ledger.accept(purchase(2n))
    ledger.accept(open(3n))
  })

  it('is refused with a nonce of its own lane again; the wallet’s lanes are others', () => {
    const ledger = ledgerWith()
    ledger.accept(open(5n))
    ledger.refuse(transfer(5n, 1n), 'NONCE_USED')
    ledger.accept(open(5n, { maxPriceMicrocredits: 7n }, ann))
    ledger.refuse(open(5n, { maxPriceMicrocredits: 8n }, ann), 'NONCE_USED')
    const lanes = [...ledger.state.nonces.values()]
    const used = [gateway, ann].map(({ address }) => [{ signer: address, lane: 0, nonce: 5n }])
    assert.deepEqual(lanes, used, 'a list each, so that no delegate makes the wallet’s own long')
  })

  it('is refused above the cap of one spend, naming it', () => {
    const { refusal } = ledgerWith().refuse(transfer(1n, 1_000_001n), 'CAP_EXCEEDED')
    const used = { usedMicrocredits: 0n, requestedMicrocredits: 1_000_001n }
    assert.deepEqual(refusal, { code: 'CAP_EXCEEDED', cap: 'job', limitMicrocredits: 1_000_000n, ...used })
  })

  it('is refused above the cap of the hour, over jobs, transfers and purchases together', () => {
    const ledger = ledgerWith()
    ledger.accept(open(1n))
    ledger.accept(transfer(2n, 999_999n))
    ledger.accept(purchase(3n))
    const { refusal } = ledger.refuse(transfer(4n, 1n), 'CAP_EXCEEDED')
    const used = { usedMicrocredits: 2_000_000n, requestedMicrocredits: 1n }
    assert.deepEqual(refusal, { code: 'CAP_EXCEEDED', cap: 'hour', limitMicrocredits: 2_000_000n, ...used })
  })

  it('is refused above the cap of the day, when the hours have room', () => {
    const ledger = ledgerWith()
    const spend = (nonce: bigint, hours: number) => {
      ledger.nowMs = testStartMs + hours * hourMs
      return transfer(nonce, 1_000_000n, bob.address, BigInt(hours * 3600))
    }
    for (const nonce of [1n, 2n, 3n]) ledger.accept(spend(nonce, Number(nonce) * 2))
    const { refusal } = ledger.refuse(spend(4n, 8), 'CAP_EXCEEDED')
    assert.ok(refusal.code === 'CAP_EXCEEDED' && refusal.cap === 'day' && refusal.usedMicrocredits === 3_000_000n)
    assert.deepEqual(totalsOf(ledger.events.at(-2)), totals(1_000_000n, 3_000_000n))
  })

  it('is refused the same again when there is room by then', () => {
    const ledger = ledgerWith()
    for (const nonce of [1n, 2n]) ledger.accept(transfer(nonce))
    const late = transfer(3n, 1n, bob.address, 2n * 3600n)
    ledger.refuse(late, 'CAP_EXCEEDED')
    ledger.nowMs += hourMs + 60_000
    ledger.refuse(late, 'CAP_EXCEEDED')
    ledger.accept(transfer(4n, 1n, bob.address, 2n * 3600n))
  })

  it('is refused for more than the wallet has, which counts for nothing', () => {
    const ledger = ledgerWith()
    ledger.accept({
      type: 'TransferCredits',
      transfer: ann.transfer({ to: bob.address, amountMicrocredits: 9_999_999n, nonce: 1n }),
    })
    ledger.refuse(transfer(1n, 2n), 'INSUFFICIENT_CREDITS')
    ledger.accept(transfer(2n, 1n))
    assert.deepEqual(totalsOf(ledger.events.at(-1)), totals(1n))
  })

  it('is refused in a lane beyond the last, so that no delegate makes its wallet’s list of lanes long, nor does the wallet', () => {
    const ledger = ledgerWith()
    for (const signer of [gateway, ann]) {
      const { refusal } = ledger.refuse(open(1n, { lane: lanesMax }, signer), 'MALFORMED')
      assert.ok(refusal.code === 'MALFORMED' && refusal.field === 'lane')
    }
    ledger.accept(open(1n, { lane: lanesMax - 1 }))
  })

  it('takes nothing of the wallet’s own spends off its caps', () => {
    const ledger = ledgerWith()
    ledger.accept({
      type: 'TransferCredits',
      transfer: ann.transfer({ to: bob.address, amountMicrocredits: 5_000_000n, nonce: 1n }),
    })
    ledger.accept(transfer(1n))
    assert.equal(totalsOf(ledger.events.at(-2)), undefined)
    assert.deepEqual(totalsOf(ledger.events.at(-1)), totals(1_000_000n))
  })

  it('is refused with a linked spend that breaks the cap which both share, and neither counts', () => {
    const ledger = ledgerWith()
    ledger.accept(transfer(1n))
    ledger.refuse({ type: 'Link', commands: [transfer(2n), transfer(3n, 1n)] }, 'LINK_FAILED')
    ledger.accept({ type: 'Link', commands: [transfer(4n, 400_000n), transfer(5n, 600_000n)] })
    assert.deepEqual(totalsOf(ledger.events.at(-2)), totals(2_000_000n))
  })
})

describe('a job that a delegate ordered', () => {
  it('is refused to a node that the permission does not name, which leaves the hold free for one that it names', () => {
    const ledger = ledgerWith({ counterparties: [node.address] })
    for (const actor of [node, mallory]) ledger.accept({ type: 'RegisterNode', registration: actor.registration() })
    const orderDigest = digestOfOrder(order(1n))
    ledger.accept(open(1n))
    const permission = permissionOf(ann, gateway, { counterparties: [node.address] })
    assert.deepEqual(ledger.state.holds.get(orderDigest)?.permission, permission)
    const assign = { type: 'AssignHold', orderDigest, attempt: 1 } as const
    const refused = ledger.refuse({ ...assign, node: mallory.address }, 'COUNTERPARTY_NOT_ALLOWED')
    assert.deepEqual(refused.refusal, { code: 'COUNTERPARTY_NOT_ALLOWED', counterparty: mallory.address })
    ledger.accept({ ...assign, node: node.address })
  })

  it('goes on by what the permission said when it was ordered, also after its revocation', () => {
    const ledger = ledgerWith({ counterparties: [node.address] })
    ledger.accept({ type: 'RegisterNode', registration: node.registration() })
    ledger.accept(open(1n))
    ledger.accept({
      type: 'GrantPermission',
      permission: permissionOf(ann, gateway, { nonce: 2n, counterparties: [bob.address] }),
    })
    ledger.accept({ type: 'RevokePermission', revocation: revocationOf(ann, gateway, 2n) })
    const orderDigest = digestOfOrder(order(1n))
    ledger.accept({ type: 'AssignHold', orderDigest, node: node.address, attempt: 1 })
    ledger.settle(node.receipt(orderDigest, {}))
    const permission = digestOfPermission(permissionOf(ann, gateway, { counterparties: [node.address] }))
    assert.deepEqual(totalsOf(ledger.events.at(-1)), { ...totals(100_000n), permission })
  })

  it('counts its whole hold until it ends, and then what was captured', () => {
    const ledger = ledgerWith()
    const orderDigest = ledger.assigned(order(1n), node)
    ledger.accept(open(2n))
    ledger.refuse(transfer(3n, 1n), 'CAP_EXCEEDED')
    ledger.settle(node.receipt(orderDigest, {}))
    assert.deepEqual(totalsOf(ledger.events.at(-1)), totals(1_100_000n))
    ledger.accept(transfer(4n, 900_000n))
    ledger.refuse(transfer(5n, 1n), 'CAP_EXCEEDED')
  })

  it('counts no longer once its hold is released or has expired', () => {
    const ledger = ledgerWith()
    ledger.accept(open(1n))
    ledger.accept(open(2n))
    ledger.accept({ type: 'ReleaseHold', orderDigest: digestOfOrder(order(1n)) })
    assert.deepEqual(totalsOf(ledger.events.at(-1)), totals(1_000_000n))
    ledger.nowMs = Number(deadline + 900n) * 1000
    ledger.accept({ type: 'RegisterNode', registration: node.registration({ deadline: deadline + 901n }) })
    assert.equal(ledger.events.at(-2)?.type, 'HoldExpired')
    assert.deepEqual(totalsOf(ledger.events.at(-2)), totals(0n))
  })

  it('gives back what was spent before the windows without touching what is in them', () => {
    const ledger = ledgerWith()
    const days = BigInt(3 * 86_400)
    ledger.accept({
      type: 'GrantPermission',
      permission: permissionOf(ann, gateway, { nonce: 2n, expires: deadline + days }),
    })
    ledger.accept(open(1n, { deadline: deadline + days }))
    ledger.nowMs += 2 * 24 * hourMs
    ledger.accept(transfer(2n, 5n, bob.address, days))
    ledger.accept({ type: 'ReleaseHold', orderDigest: digestOfOrder(order(1n, { deadline: deadline + days })) })
    const spend = totalsOf(ledger.events.at(-1))
    assert.deepEqual([spend?.hourMicrocredits, spend?.dayMicrocredits, spend?.totalMicrocredits], [5n, 5n, 5n])
  })

  it('is not cancelled by another delegate, nor by a stranger, but by its own, also after the revocation', () => {
    const ledger = ledgerWith()
    ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, bob) })
    ledger.accept(open(1n))
    const { message } = ann.cancellation(digestOfOrder(order(1n)))
    const cancel = (signer: Actor) =>
      ({ type: 'CancelOrder', cancellation: signer.sign(orderCancellationType, message) }) as const
    ledger.refuse(cancel(mallory), 'INVALID_SIGNATURE')
    ledger.refuse(cancel(bob), 'INVALID_SIGNATURE')
    ledger.accept({ type: 'RevokePermission', revocation: revocationOf(ann, gateway, 1n) })
    ledger.accept(cancel(gateway))
    assert.equal(ledger.accept(cancel(gateway)).repeated, true)
    assert.deepEqual(totalsOf(ledger.events.at(-1)), totals(0n))
  })
})
