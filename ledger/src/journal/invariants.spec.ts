import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkTreasurer } from '../config/check-treasurer.ts'
import { changeConfig } from '../config/decide.ts'
import { type Hex, zeroHash } from '../hex.ts'
import { totalsAfterReturn } from '../permission/decide.ts'
import { settlementOf } from '../receipt/decide.ts'
import { uptimeBonus } from '../rewards/bonus.ts'
import { grantType } from '../rewards/grant.ts'
import { grantCredits } from '../rewards/grant-credits.ts'
import { newNodeRewards } from '../rewards/node-rewards.ts'
import { Actor, digestOfOrder, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { iouDefault, iouRedemption } from '../testing/iou-actors.ts'
import { changeOf, grantOf, referralOf } from '../testing/rewards-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { commandIdOf, decide } from './decide.ts'
import { type DecisionContext, domainOf, LedgerNotOpenError, signedDigest } from './decision.ts'
import { endOfTime } from './end-of-time.ts'
import type { LedgerEvent } from './event.ts'
import { evolve } from './evolve.ts'
import { LedgerInvariantError } from './invariant-error.ts'
import { initialState, type LedgerState } from './state.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const node = new Actor(11)
const id: Hex = `0x${'ab'.repeat(32)}`
const { address: wallet } = ann

type Draft = { readonly type: string; readonly data?: unknown; readonly entries?: unknown; readonly clearing?: unknown }

/** Brings a state to after an event that no decision makes. */
function bring(state: LedgerState, { type, data = {}, entries = [], ...rest }: Draft, ahead = 1): void {
  const placed = { position: state.position + ahead, atMs: testStartMs, commandId: id }
  evolve(state, { type, data, entries, ...placed, ...rest } as unknown as LedgerEvent, zeroHash, ethersCrypto)
}

function opened(): LedgerState {
  return new TestLedger().state
}

function contextOf(state: LedgerState): DecisionContext {
  return { state, crypto: ethersCrypto, nowMs: testStartMs, digest: undefined, signer: undefined } as never
}

const spend = {
  permission: zeroHash,
  delegate: bob.address,
  hourMicrocredits: 1n,
  dayMicrocredits: 1n,
  totalMicrocredits: 1n,
}
const redemption = iouRedemption(ann, { iou: id, amountMicrocredits: 1n, nonce: 1n })
const entry = (account: string, amountMicrocredits: bigint) => ({ account, amountMicrocredits })
const paid = { node: node.address, day: 1, countedMicrocredits: 1n }

const broken: readonly (readonly [string, Draft, string])[] = [
  [
    'an account would be below zero',
    { type: 'InboxItemRecorded', entries: [entry('burn', -1n)] },
    'burn would be -1 µcr',
  ],
  [
    'its entries do not balance',
    { type: 'InboxItemRecorded', entries: [entry('reserve', 3n), entry('burn', 1n)] },
    'entries are out of balance by 2 µcr',
  ],
  [
    'a sending leaves a gap',
    { type: 'CommandRefused', clearing: [{ toShard: 1, sequence: 2, credits: [] }] },
    'sending 2 to shard 1 comes after 0',
  ],
  ['nobody has the hold that is assigned', { type: 'HoldAssigned', data: { orderDigest: id } }, `no hold ${id}`],
  [
    'nobody has the hold that is given back',
    { type: 'HoldUnassigned', data: { release: node.release(id) } },
    `no hold ${id}`,
  ],
  ['nobody has the hold that ends', { type: 'HoldReleased', data: { orderDigest: id } }, `no hold ${id}`],
  ['nobody has the hold that expires', { type: 'HoldExpired', data: { orderDigest: id } }, `no hold ${id}`],
  [
    'nobody has the hold of a receipt',
    { type: 'ReceiptReceived', data: { receipt: node.receipt(id, {}) } },
    `no hold ${id}`,
  ],
  ['nobody has the escrow that expires', { type: 'EscrowExpired', data: { escrow: id } }, `no escrow ${id}`],
  [
    'nobody owes the IOU that is redeemed',
    { type: 'IouRedeemed', data: { redemption, outstandingMicrocredits: 1n } },
    `no IOU ${id}`,
  ],
  [
    'nobody owes the IOU in default',
    { type: 'IouDefaulted', data: { declaration: iouDefault(bob, id) } },
    `no IOU ${id}`,
  ],
  [
    'nobody named the delegate that spends',
    { type: 'ServiceBought', data: { purchase: { message: { wallet, lane: 0, nonce: 1n } }, spend } },
    `wallet ${wallet} never named delegate ${bob.address}`,
  ],
  [
    'no rewards are kept for the node of a bonus',
    { type: 'UptimeBonusPaid', data: paid },
    `no rewards are kept for node ${node.address}`,
  ],
  [
    'no rewards are kept for the node of a referral',
    { type: 'ReferralRecorded', data: { referral: referralOf(ann, node.address, bob.address) } },
    `no rewards are kept for node ${node.address}`,
  ],
]

describe('an event is not taken into the state when', () => {
  for (const [what, draft, message] of broken) {
    it(what, () => assert.throws(() => bring(opened(), draft), new LedgerInvariantError(message)))
  }

  it('its position does not follow', () => {
    for (const [ahead, position] of [
      [0, 1],
      [2, 3],
    ] as const) {
      const message = `position ${position} after 1`
      assert.throws(() => bring(opened(), { type: 'CommandRefused' }, ahead), new LedgerInvariantError(message))
    }
  })

  it('it takes credits out of a wallet and is of no kind that may', () => {
    const ledger = new TestLedger()
    ledger.deposit(wallet, 5n)
    const entries = [entry(`wallet:${wallet}`, -1n), entry('burn', 1n)]
    const message = `PayeeRegistered may not take credits out of wallet:${wallet}`
    assert.throws(() => bring(ledger.state, { type: 'PayeeRegistered', entries }), new LedgerInvariantError(message))
  })

  it('a bonus counts more fees than there were', () => {
    const ledger = new TestLedger()
    ledger.accept({ type: 'RegisterNode', registration: node.registration() })
    const message = 'fees are counted twice for a bonus: -1 µcr would be left'
    for (const type of ['UptimeBonusPaid', 'ReferralBonusPaid']) {
      const data = { ...paid, paidMicrocredits: 0n, amountMicrocredits: 1n }
      assert.throws(() => bring(ledger.state, { type, data }), new LedgerInvariantError(message))
    }
  })

  it('the ledger is not open for it', () => {
    const hold = { type: 'HoldOpened', data: { orderDigest: id, order: ann.order({ nonce: 1n }) } }
    const before = 'an event stands before the ledger is open'
    assert.throws(() => bring(initialState(), hold), new LedgerInvariantError(before))
    const changed = 'the configuration changes before the ledger is open'
    assert.throws(() => bring(initialState(), { type: 'ConfigChanged' }), new LedgerInvariantError(changed))
  })
})

describe('a decision that the state gives no ground for is not made:', () => {
  it('before the ledger is open', () => {
    const context = contextOf(initialState())
    const grant = grantOf(wallet, { nonce: 1n })
    const error = { name: 'LedgerNotOpenError', message: new LedgerNotOpenError().message }
    assert.equal(error.message, 'the journal has no LedgerOpened event; submit OpenLedger first')
    for (const decision of [
      () => domainOf(context.state),
      () => decide(context, { type: 'CloseEpoch', epoch: 1 }),
      () => grantCredits(context, grant),
      () => changeConfig(context, changeOf({ nonce: 1n })),
      () => checkTreasurer(context, grantType, grant),
    ]) {
      assert.throws(decision, error)
    }
    assert.throws(() => uptimeBonus(context.state, newNodeRewards(testStartMs), 1), {
      name: 'TypeError',
      message: 'there are no reward limits before the ledger is open',
    })
  })

  it('on a link as a whole, whose members are decided one by one', () => {
    const message = 'a link is decided member by member'
    assert.throws(() => decide(contextOf(opened()), { type: 'Link', commands: [] }), { message })
  })

  it('about a digest of what nobody signed', () => {
    const message = 'a command without a signature has no digest'
    assert.throws(() => signedDigest(contextOf(opened())), { name: 'TypeError', message })
    assert.equal(signedDigest({ ...contextOf(opened()), digest: id }), id)
    const command = {
      type: 'WithdrawCredits',
      withdrawal: ann.withdrawal({ amountMicrocredits: 1n, nonce: 1n }),
    } as const
    const unnamed = { name: 'TypeError', message: 'WithdrawCredits is a signed command and has a digest' }
    assert.throws(() => commandIdOf(contextOf(opened()), command), unnamed)
    assert.equal(commandIdOf({ ...contextOf(opened()), digest: id }, command), id)
  })

  it('that ends what is not open', () => {
    assert.throws(() => endOfTime(opened(), id, 1), new LedgerInvariantError(`hold ${id} expires but is not open`))
  })

  it('that settles a hold without a receipt, or without its assignment', () => {
    const ledger = new TestLedger()
    ledger.deposit(wallet, 5_000_000n)
    const order = ann.order({ nonce: 1n })
    const digest = digestOfOrder(order)
    const error = { name: 'TypeError', message: `hold ${digest} has no receipt to be settled by` }
    const settle = (fields: object) => {
      const hold = ledger.state.holds.get(digest)
      assert.ok(hold)
      return settlementOf(ledger.state, { ...hold, ...fields }, testStartMs)
    }
    ledger.accept({ type: 'OpenHold', order })
    assert.throws(() => settle({}), error)
    ledger.accept({ type: 'RegisterNode', registration: node.registration() })
    ledger.accept({ type: 'AssignHold', orderDigest: digest, node: node.address, attempt: 1 })
    assert.throws(() => settle({}), error)
    ledger.accept({ type: 'ReceiveReceipt', receipt: node.receipt(digest, {}) })
    assert.throws(() => settle({ assignment: undefined }), error)
    assert.throws(() => settle({ received: undefined }), error)
    assert.equal(settle({}).type, 'JobSettled')
  })

  it('that gives credits back to a permission which nobody gave', () => {
    const under = { permission: id, delegate: bob.address, spentAtMs: testStartMs }
    const message = `wallet ${wallet} never named delegate ${bob.address}`
    assert.throws(() => totalsAfterReturn(opened(), wallet, under, 1n, testStartMs), { name: 'TypeError', message })
    assert.deepEqual(totalsAfterReturn(opened(), wallet, undefined, 1n, testStartMs), {})
  })
})
