import { describe } from 'node:test'
import { zeroAddress, zeroHash } from '../hex.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { Actor, testStartMs } from '../testing/actors.ts'
import { again, before, type Changes, changed, eventOf, forged, itJudges, moving, of } from './forgery.spec.fixture.ts'

const stranger = new Actor(77).address
const startSeconds = BigInt(testStartMs / 1000)
const monthSeconds = 2_592_000n

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
      'an expiry of another escrow than is due, which ends later',
      [
        ...before('EscrowOpened', 1),
        changed(eventOf('EscrowOpened', 1), of('order', { expires: until + 1n })),
        changed(expired, {
          commandId: `expiry:${escrow}`,
          'data.escrow': eventOf('EscrowOpened', 1).data.escrow,
          entries: [],
        }),
      ],
      'is not dated at the time the escrow expires',
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
