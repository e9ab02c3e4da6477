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
