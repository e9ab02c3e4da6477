import { describe } from 'node:test'
import { zeroAddress, zeroHash } from '../hex.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { Actor, testStartMs } from '../testing/actors.ts'
import {
  again,
  before,
  type Changes,
  changed,
  eventOf,
  type Forgery,
  forged,
  itJudges,
  moving,
  of,
} from './forgery.spec.fixture.ts'

const stranger = new Actor(77).address
const startSeconds = BigInt(testStartMs / 1000)
const monthSeconds = 2_592_000n
const tooFar = 'has a deadline that lies too far ahead'

function passed(atMs: number): string {
  return `happens after the deadline of its signature, ${atMs} ms`
}

describe('the auditor, about the opening of an escrow', () => {
  const order = (changes: Changes, more: Changes = {}) => forged('EscrowOpened', { ...of('order', changes), ...more })
  const { wallet } = eventOf('EscrowOpened').data.order.message
  itJudges([
    [
      'one under another name',
      forged('EscrowOpened', { 'data.escrow': zeroHash }),
      'the escrow is not named by its order',
    ],
    ['one that is open already', again('EscrowOpened'), 'opens an escrow that is open'],
    ['one for its own wallet', order({ seller: wallet }), 'is an escrow for nobody else'],
    ['one for the zero address', order({ seller: zeroAddress }), 'is an escrow for nobody else'],
    ['one whose time is over', order({ expires: startSeconds }), 'opens an escrow for 0 ms'],
    ['one that stands for a second', order({ expires: startSeconds + 1n, deadline: startSeconds + 1n }), undefined],
    ['one that stands for a month', order({ expires: startSeconds + monthSeconds }), undefined],
    [
      'one that stands for longer',
      order({ expires: startSeconds + monthSeconds + 1n }),
      'opens an escrow for 2592001000 ms',
    ],
    ['one that was signed until now', order({ deadline: startSeconds }), passed(testStartMs)],
    ['one a second before its deadline', order({ deadline: startSeconds + 1n }), undefined],
    ['one of nothing', order({ amountMicrocredits: 0n }, { entries: [] }), 'moves 0 µcr, which is no amount'],
    ['a nonce that was used', forged('EscrowOpened', of('order', { nonce: 1n }), 1), 'uses nonce 1 after 1'],
    [
      'one that sets more aside than was signed',
      order({ amountMicrocredits: 999_999n }),
      `moves -1000000 µcr on wallet:${wallet}, the signature allows -999999 µcr`,
    ],
  ])
})

describe('the auditor, about the end of an escrow', () => {
  const captured = eventOf('EscrowCaptured')
  const { escrow } = captured.data.capture.message
  const { wallet, seller } = eventOf('EscrowOpened').data.order.message
  const notCapturable = 'captures what is no open escrow of this wallet'
  const notReleasable = 'releases what is no open escrow of this seller'
  const split = 'does not split the escrow rightly'
  const expired = eventOf('EscrowExpired')
  const capturing = (amount: bigint, released: bigint): readonly LedgerEvent[] =>
    forged('EscrowCaptured', {
      'data.capture.message.amountMicrocredits': amount,
      'data.releasedMicrocredits': released,
      entries: [
        { account: `hold:${escrow}`, amountMicrocredits: -1_000_000n },
        { account: `wallet:${seller}`, amountMicrocredits: 1_000_000n - released },
        { account: `wallet:${wallet}`, amountMicrocredits: released },
      ],
    })
  const until = eventOf('EscrowOpened').data.order.message.expires
  itJudges([
    ['a capture of no escrow', forged('EscrowCaptured', of('capture', { escrow: zeroHash })), notCapturable],
    ['a capture by another wallet', forged('EscrowCaptured', of('capture', { wallet: stranger })), notCapturable],
    ['a second capture', again('EscrowCaptured', { entries: [] }), notCapturable],
    ['a capture of all', capturing(1_000_000n, 0n), undefined],
    ['a capture of 1 µcr', capturing(1n, 999_999n), undefined],
    ['a capture of nothing', capturing(0n, 1_000_000n), split],
    ['a capture that keeps something back', capturing(400_000n, 599_999n), split],
    ['a capture of more than there is', capturing(1_000_001n, 0n), split],
    ['a release of no escrow', forged('EscrowReleased', of('release', { escrow: zeroHash })), notReleasable],
    ['a release by another seller', forged('EscrowReleased', of('release', { seller: stranger })), notReleasable],
    ['a second release', again('EscrowReleased', { entries: [] }), notReleasable],
    [
      'a release of less than there is',
      forged('EscrowReleased', { 'data.amountMicrocredits': 999_999n }),
      'does not return the whole escrow',
    ],
    ['an expiry of no escrow', forged('EscrowExpired', { 'data.escrow': zeroHash }), 'expires what is no open escrow'],
    [
      'an expiry of a job’s hold as if it were an escrow',
      [...before('HoldExpired'), changed(expired, { ...dueAs('HoldExpired'), entries: [] })],
      'expires what is no open escrow',
    ],
    [
      'an expiry before its time',
      forged('EscrowExpired', { atMs: expired.atMs - 1 }),
      `ends ${expired.data.escrow} out of time`,
    ],
    [
      'an expiry after its time',
      forged('EscrowExpired', { atMs: expired.atMs + 1 }),
      `ends ${expired.data.escrow} out of time`,
    ],
    [
      'an expiry of what is not due',
      forged('EscrowExpired', { commandId: `expiry:${escrow}` }),
      `ends ${escrow} out of time`,
    ],
    [
      'a capture when the time is over',
      [
        ...before('EscrowExpired'),
        changed(captured, { ...of('capture', { escrow: expired.data.escrow }), atMs: Number(until) * 1000 }),
      ],
      `happens although ${expired.data.escrow} was due at ${Number(until) * 1000} ms`,
    ],
  ])
})

/** The id and the time of an expiry, for another event. */
function dueAs(type: 'HoldExpired'): Changes {
  const { commandId, atMs, data } = eventOf(type)
  return { commandId, atMs, 'data.escrow': data.orderDigest }
}

describe('the auditor, about an escrow under a permission', () => {
  const order = eventOf('EscrowOpened')
  const captured = eventOf('EscrowCaptured')
  const permission = eventOf('PermissionGranted')
  const { wallet, delegate } = permission.data.permission.message
  const { escrow } = order.data
  const spent = (microcredits: bigint) => ({
    permission: permission.data.digest,
    delegate,
    hourMicrocredits: microcredits,
    dayMicrocredits: microcredits,
    totalMicrocredits: microcredits,
  })
  /** The delegate opens an escrow; `changes` make its capture. */
  const journal = (openedAs: Changes, ...after: readonly LedgerEvent[]) => [
    ...before('CreditsTransferred'),
    changed(order, { 'data.spend': spent(1_000_000n), ...openedAs }),
    ...after,
  ]
  const totals = 'does not carry the totals of the permission under which it was signed'
  const capture = (spend: unknown) => changed(captured, { 'data.spend': spend })
  const left = moving(`hold:${escrow}`, `wallet:${wallet}`, 1_000_000n)
  const release = changed(eventOf('EscrowReleased'), {
    'data.release.message.escrow': escrow,
    'data.amountMicrocredits': 1_000_000n,
    entries: left,
  })
  const revoked = changed(eventOf('PermissionRevoked'), { atMs: order.atMs })
  itJudges([
    ['one that a delegate opens', journal({}), undefined],
    ['one whose totals are too low', journal({ 'data.spend': spent(999_999n) }), totals],
    [
      'one of a permission that has ended',
      [...before('CreditsTransferred'), revoked, journal({}).at(-1) as LedgerEvent],
      'is signed under a permission that has ended',
    ],
    ['a capture that gives the totals back', journal({}, capture(spent(400_000n))), undefined],
    ['a capture that says no totals', journal({}, capture(undefined)), totals],
    ['a capture that gives nothing back', journal({}, capture(spent(1_000_000n))), totals],
    ['a release that gives all back', journal({}, changed(release, { 'data.spend': spent(0n) })), undefined],
    ['a release that gives less back', journal({}, changed(release, { 'data.spend': spent(1n) })), totals],
    [
      'totals in the end of an escrow that the wallet itself opened',
      forged('EscrowCaptured', { 'data.spend': spent(0n) }),
      'claims a permission for what the wallet itself opened',
    ],
  ])
})

describe('the auditor, about an IOU', () => {
  const issued = (changes: Changes, more: Changes = {}) => forged('IouIssued', { ...of('iou', changes), ...more })
  const { debtor } = eventOf('IouIssued').data.iou.message
  const { atMs } = eventOf('IouIssued')
  const nowSeconds = startSeconds + 2n
  const cases: readonly Forgery[] = [
    ['one under another name', issued({}, { 'data.digest': zeroHash }), 'the IOU is not named by its message'],
    ['a promise to oneself', issued({ creditor: debtor }), 'is no promise to anybody'],
    ['a promise to the zero address', issued({ creditor: zeroAddress }), 'is no promise to anybody'],
    ['one that is open already', again('IouIssued'), 'issues an IOU that is open'],
    ['one of nothing', issued({ amountMicrocredits: 0n }), 'moves 0 µcr, which is no amount'],
    ['one of the token’s cap', issued({ amountMicrocredits: 10n ** 15n }), undefined],
    [
      'one above the token’s cap',
      issued({ amountMicrocredits: 10n ** 15n + 1n }),
      'moves 1000000000000001 µcr, which is no amount',
    ],
    ['one whose deadline is now', issued({ deadline: nowSeconds }), passed(atMs)],
    ['one a second before its deadline', issued({ deadline: nowSeconds + 1n }), undefined],
    ['one that is good for a month', issued({ deadline: nowSeconds + monthSeconds }), undefined],
    ['one that is good for longer', issued({ deadline: nowSeconds + monthSeconds + 1n }), tooFar],
    ['one with a nonce of that lane', forged('IouRedeemed', of('redemption', { nonce: 1n })), 'uses nonce 1 after 1'],
    [
      'one that moves credits',
      issued({}, { entries: moving(`wallet:${debtor}`, `wallet:${stranger}`, 1n) }),
      `moves -1 µcr on wallet:${debtor}, the signature allows 0 µcr`,
    ],
  ]
  itJudges(cases)
})

describe('the auditor, about the redemption of an IOU', () => {
  const { data, atMs } = eventOf('IouRedeemed')
  const { debtor, iou: digest } = data.redemption.message
  const { creditor } = eventOf('IouIssued').data.iou.message
  const notOwed = 'redeems what this debtor does not owe'
  const nowSeconds = startSeconds + 2n
  const paying = (amount: bigint, left: bigint, nonce = 2n): Changes => ({
    ...of('redemption', { amountMicrocredits: amount, nonce }),
    'data.outstandingMicrocredits': left,
    entries: moving(`wallet:${debtor}`, `wallet:${creditor}`, amount),
  })
  const until = (deadline: bigint) => forged('IouRedeemed', of('redemption', { deadline }))
  const declared = eventOf('IouDefaulted')
  itJudges([
    ['one of no IOU', forged('IouRedeemed', of('redemption', { iou: zeroHash })), notOwed],
    ['one by another debtor', forged('IouRedeemed', of('redemption', { debtor: stranger })), notOwed],
    ['one of 1 µcr', forged('IouRedeemed', paying(1n, 999_999n)), undefined],
    ['one of all', forged('IouRedeemed', paying(1_000_000n, 0n)), undefined],
    [
      'one of nothing',
      forged('IouRedeemed', { ...paying(0n, 1_000_000n), entries: [] }),
      'redeems 0 µcr, which is not owed',
    ],
    [
      'one of more than is owed',
      forged('IouRedeemed', paying(1_000_001n, 0n)),
      'redeems 1000001 µcr, which is not owed',
    ],
    [
      'one of more than is left',
      again('IouRedeemed', paying(700_001n, 0n, 3n)),
      'redeems 700001 µcr, which is not owed',
    ],
    ['one of what is left', again('IouRedeemed', paying(700_000n, 0n, 3n)), undefined],
    [
      'one after all is paid',
      [...forged('IouRedeemed', paying(1_000_000n, 0n)), changed(eventOf('IouRedeemed'), paying(1n, 0n, 3n))],
      notOwed,
    ],
    [
      'one that says more is left',
      forged('IouRedeemed', { 'data.outstandingMicrocredits': 700_001n }),
      'leaves 700001 µcr, 700000 µcr are outstanding',
    ],
    ['one whose deadline is now', until(nowSeconds), passed(atMs)],
    ['one a second before its deadline', until(nowSeconds + 1n), undefined],
    ['one that is good for a month', until(nowSeconds + monthSeconds), undefined],
    ['one that is good for longer', until(nowSeconds + monthSeconds + 1n), tooFar],
    [
      'a default of no IOU',
      forged('IouDefaulted', of('declaration', { iou: zeroHash })),
      'declares what is not owed to this creditor',
    ],
    [
      'a default by another creditor',
      forged('IouDefaulted', of('declaration', { creditor: stranger })),
      'declares what is not owed to this creditor',
    ],
    ['a default at the moment when the IOU is due', atDue(0), undefined],
    ['a default before the IOU is due', atDue(-1), 'declares a default before the IOU is due'],
    ['a second default', again('IouDefaulted'), 'declares a default a second time'],
    [
      'a default of less than is owed',
      forged('IouDefaulted', { 'data.outstandingMicrocredits': 699_999n }),
      'misstates what is owed',
    ],
    [
      'a redemption after the default',
      [
        ...before('IouDefaulted'),
        declared,
        changed(eventOf('IouRedeemed'), {
          ...paying(700_000n, 0n, 3n),
          'data.redemption.message.deadline': startSeconds + 9_000n,
          'data.redemption.message.iou': digest,
          atMs: declared.atMs,
        }),
      ],
      undefined,
    ],
  ])
})

function atDue(laterMs: number): readonly LedgerEvent[] {
  const dueMs = Number(eventOf('IouIssued').data.iou.message.dueAt) * 1000
  return forged('IouDefaulted', { atMs: dueMs + laterMs })
}
