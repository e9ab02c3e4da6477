import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { transferType } from '../account/transfer.ts'
import { type Hex, zeroHash } from '../hex.ts'
import { jobOrderType } from '../hold/job-order.ts'
import { chainHash, encodeEvent } from '../journal/codec.ts'
import type { LedgerEvent, LedgerEventType } from '../journal/event.ts'
import type { PermissionTotals, SpendPermission } from '../permission/spend-permission.ts'
import { Actor, digestOfOrder, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { digestOfPermission, permissionOf, revocationOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { Auditor } from './auditor.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const gateway = new Actor(3)
const mallory = new Actor(4)
const node = new Actor(11)

const hourMs = 3_600_000

const deadline = BigInt(testStartMs / 1000 + 4 * 3600)

function transferBy(signer: Actor, nonce: bigint) {
  const message = { from: ann.address, to: bob.address, amountMicrocredits: 100n, lane: 0, nonce, deadline }
  return signer.sign(transferType, message)
}

/** The gateway spends out of Ann's wallet: a transfer, a job that is settled, two hours later another that is released, and a transfer. */
function journal(): readonly LedgerEvent[] {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 5_000_000n)
  ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, gateway) })
  ledger.accept({ type: 'TransferCredits', transfer: transferBy(gateway, 1n) })
  const order = (nonce: bigint) => gateway.sign(jobOrderType, ann.order({ nonce, deadline }).message)
  const orderDigest = ledger.assigned(order(2n), node)
  ledger.nowMs += 1_000
  ledger.settle(node.receipt(orderDigest, {}))
  ledger.nowMs += 2 * hourMs
  ledger.accept({ type: 'OpenHold', order: order(3n) })
  ledger.accept({ type: 'ReleaseHold', orderDigest: digestOfOrder(order(3n)) })
  ledger.accept({ type: 'TransferCredits', transfer: transferBy(gateway, 4n) })
  return ledger.events
}

/** The first finding about events whose chain of hashes and positions is whole: what is wrong with them is in the events themselves. */
function findingIn(
  events: readonly LedgerEvent[],
): { readonly type: LedgerEventType; readonly problem: string } | undefined {
  const auditor = new Auditor(ethersCrypto)
  let hash: Hex = zeroHash
  for (const [index, event] of events.entries()) {
    const placed = { ...event, position: index + 1 }
    const payload = encodeEvent(placed)
    hash = chainHash(ethersCrypto, hash, payload)
    const finding = auditor.follow(placed, payload, hash)
    if (finding !== undefined) return { type: event.type, problem: finding.problem }
  }
  return undefined
}

/** The journal as an operator could have written it, who ignores the permission that Ann really signed. */
function underPermission(fields: Partial<SpendPermission>): readonly LedgerEvent[] {
  const permission = permissionOf(ann, gateway, fields)
  const digest = digestOfPermission(permission)
  return journal().map(event => {
    if (event.type === 'PermissionGranted') return { ...event, commandId: digest, data: { permission, digest } }
    if (!('spend' in event.data) || event.data.spend === undefined) return event
    return { ...event, data: { ...event.data, spend: { ...event.data.spend, permission: digest } } } as LedgerEvent
  })
}

function finds(events: readonly LedgerEvent[], type: LedgerEventType, problem: RegExp): void {
  const finding = findingIn(events)
  assert.equal(finding?.type, type, `found ${finding?.type}: ${finding?.problem}`)
  assert.match(finding.problem, problem)
}

function changed(type: LedgerEventType, change: (event: LedgerEvent) => object): readonly LedgerEvent[] {
  const events = [...journal()]
  const index = events.findIndex(event => event.type === type)
  const event = events[index] as LedgerEvent
  events[index] = { ...event, data: { ...event.data, ...change(event) } } as LedgerEvent
  return events
}

function spendOf(event: LedgerEvent): PermissionTotals {
  assert.ok('spend' in event.data && event.data.spend !== undefined)
  return event.data.spend
}

describe('the auditor, about spends under a permission', () => {
  it('has nothing to say about those that the decider allowed', () => {
    assert.equal(findingIn(journal()), undefined)
  })

  it('finds a permission that its wallet did not sign', () => {
    const { signature } = permissionOf(mallory, gateway, permissionOf(ann, gateway).message)
    const forged = changed('PermissionGranted', () => {
      return { permission: { message: permissionOf(ann, gateway).message, signature } }
    })
    finds(forged, 'PermissionGranted', /did not sign/)
  })

  it('finds a spend without any permission, and one under somebody else’s key', () => {
    finds(
      journal().filter(event => event.type !== 'PermissionGranted'),
      'CreditsTransferred',
      /did not sign/,
    )
    finds(
      changed('CreditsTransferred', () => ({ transfer: transferBy(mallory, 1n) })),
      'CreditsTransferred',
      /did not sign/,
    )
  })

  it('finds each cap that is broken: at once, in an hour, in a day', () => {
    finds(underPermission({ jobMicrocreditsMax: 999_999n }), 'HoldOpened', /at once/)
    finds(underPermission({ hourMicrocreditsMax: 1_000_099n }), 'HoldOpened', /an hour/)
    finds(underPermission({ dayMicrocreditsMax: 1_100_099n }), 'HoldOpened', /a day/)
    assert.equal(
      findingIn(underPermission({ hourMicrocreditsMax: 1_000_100n, dayMicrocreditsMax: 1_100_100n })),
      undefined,
    )
  })

  it('finds a recipient, a node and an engine that the permission does not name', () => {
    finds(underPermission({ counterparties: [node.address] }), 'CreditsTransferred', /does not name/)
    finds(underPermission({ counterparties: [bob.address] }), 'HoldAssigned', /does not name/)
    finds(underPermission({ engines: ['docker'] }), 'HoldOpened', /does not name/)
    assert.equal(
      findingIn(underPermission({ counterparties: [node.address, bob.address], engines: ['wasm'] })),
      undefined,
    )
  })

  it('finds a spend after the permission has expired or was revoked', () => {
    finds(underPermission({ expires: BigInt(testStartMs / 1000 + 60) }), 'HoldOpened', /has ended/)
    const events = [...journal()]
    const index = events.findIndex(event => event.type === 'CreditsTransferred')
    const revocation = revocationOf(ann, gateway, 1n)
    const ledger = new TestLedger()
    const revoked = ledger.accept({ type: 'RevokePermission', revocation })
    const event = { ...(ledger.events[revoked.firstPosition - 1] as LedgerEvent), atMs: testStartMs }
    finds(events.toSpliced(index, 0, event), 'CreditsTransferred', /has ended/)
  })

  it('finds a revocation that neither the wallet nor its delegate signed', () => {
    const revocation = revocationOf(ann, gateway, 1n, mallory)
    const ledger = new TestLedger()
    ledger.accept({ type: 'RevokePermission', revocation: revocationOf(ann, gateway, 1n) })
    const event = { ...(ledger.events.at(-1) as LedgerEvent), data: { revocation } } as LedgerEvent
    finds([...journal().slice(0, 3), event], 'PermissionRevoked', /signed the revocation/)
  })

  it('finds totals that are not those of the spends, when they are made and when they come back', () => {
    for (const type of ['CreditsTransferred', 'HoldOpened', 'JobSettled', 'HoldReleased'] as const) {
      for (const field of ['hourMicrocredits', 'dayMicrocredits', 'totalMicrocredits'] as const) {
        const forged = changed(type, event => ({ spend: { ...spendOf(event), [field]: spendOf(event)[field] + 1n } }))
        finds(forged, type, /totals/)
      }
      const other = changed(type, event => ({ spend: { ...spendOf(event), permission: zeroHash } }))
      finds(other, type, /totals/)
    }
  })

  it('finds totals that are missing, or that are there although the wallet itself signed', () => {
    for (const type of ['CreditsTransferred', 'HoldOpened', 'JobSettled', 'HoldReleased'] as const) {
      assert.equal(findingIn(changed(type, () => ({ spend: undefined })))?.type, type)
    }
    finds(
      changed('CreditsTransferred', () => ({ transfer: transferBy(ann, 1n) })),
      'CreditsTransferred',
      /itself/,
    )
  })
})
