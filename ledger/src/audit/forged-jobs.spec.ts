import { describe } from 'node:test'
import { zeroAddress, zeroHash } from '../hex.ts'
import { Actor, testStartMs } from '../testing/actors.ts'
import {
  again,
  before,
  changed,
  eventOf,
  type Forgery,
  forged,
  itJudges,
  moving,
  unjudged,
} from './forgery.spec.fixture.ts'

const stranger = new Actor(77).address
const startSeconds = BigInt(testStartMs / 1000)
const monthSeconds = 2_592_000n
const passed = `happens after the deadline of its signature, ${testStartMs} ms`
const tooFar = 'has a deadline that lies too far ahead'

const job = eventOf('HoldAssigned', 1).data.orderDigest
const { payer } = eventOf('HoldOpened').data.order.message

function openedUntil(deadline: bigint) {
  return forged('HoldOpened', {
    'data.order.message.deadline': deadline,
    'data.expiresAtMs': Number(deadline + 900n) * 1000,
  })
}

describe('the auditor, about the opening of a hold', () => {
  const otherwise = 'expires otherwise than its order says'
  const { expiresAtMs } = eventOf('HoldOpened').data
  const nothing = { 'data.order.message.maxPriceMicrocredits': 0n, entries: [] }
  const cases: readonly Forgery[] = [
    [
      'a name of another order',
      forged('HoldOpened', { 'data.orderDigest': zeroHash }),
      'the hold is not named by its order',
    ],
    ['a hold that is open already', again('HoldOpened'), 'opens a hold that is open'],
    ['the engine docker', forged('HoldOpened', { 'data.order.message.engine': 'docker' }), undefined],
    [
      'an engine that there is not',
      forged('HoldOpened', { 'data.order.message.engine': 'gpu' }),
      'orders an engine that there is not, gpu',
    ],
    [
      'a priority below 1',
      forged('HoldOpened', { 'data.order.message.priority': 0 }),
      'orders a priority that there is not, 0',
    ],
    ['priority 2', forged('HoldOpened', { 'data.order.message.priority': 2 }), undefined],
    [
      'a priority above 2',
      forged('HoldOpened', { 'data.order.message.priority': 3 }),
      'orders a priority that there is not, 3',
    ],
    ['an end that comes early', forged('HoldOpened', { 'data.expiresAtMs': expiresAtMs - 1 }), otherwise],
    ['an end that comes late', forged('HoldOpened', { 'data.expiresAtMs': expiresAtMs + 1 }), otherwise],
    ['an order whose deadline is now', openedUntil(startSeconds), passed],
    ['an order a second before its deadline', openedUntil(startSeconds + 1n), undefined],
    ['an order that stands for a month with its grace', openedUntil(startSeconds + monthSeconds - 900n), undefined],
    ['an order that stands for longer', openedUntil(startSeconds + monthSeconds - 899n), tooFar],
    ['a hold of nothing', forged('HoldOpened', nothing), 'moves 0 µcr, which is no amount'],
    ['a nonce again', forged('HoldOpened', { 'data.order.message.nonce': 1n }, 1), 'uses nonce 1 after 1'],
    [
      'a hold that costs more than its order says',
      forged('HoldOpened', { 'data.order.message.maxPriceMicrocredits': 999_999n }),
      `moves -1000000 µcr on wallet:${payer}, the signature allows -999999 µcr`,
    ],
  ]
  itJudges(cases)
})

describe('the auditor, about who has a job', () => {
  const { data: opened } = eventOf('HoldAssigned')
  const assigned = eventOf('HoldAssigned')
  const second = (attempt: number) => [
    ...before('HoldReleased', 1),
    changed(assigned, { 'data.attempt': attempt, commandId: `assign:${opened.orderDigest}:${attempt}` }),
  ]
  const notHad = 'releases what the node does not have'
  itJudges([
    [
      'an assignment of no hold',
      forged('HoldAssigned', { 'data.orderDigest': zeroHash }),
      'assigns what is no free hold',
    ],
    ['an assignment of what a node has', again('HoldAssigned'), 'assigns what is no free hold'],
    ['a second attempt without a first', forged('HoldAssigned', { 'data.attempt': 2 }), 'is attempt 2 after 0'],
    ['a first attempt after a first', second(1), 'is attempt 1 after 1'],
    ['a second attempt after a first', second(2), undefined],
    ['a third attempt after a first', second(3), 'is attempt 3 after 1'],
    [
      'an assignment to nobody known',
      forged('HoldAssigned', { 'data.node': stranger }),
      'gives a job to a node that is not registered',
    ],
    [
      'an assignment that moves credits',
      forged('HoldAssigned', { entries: moving(`wallet:${payer}`, `wallet:${stranger}`, 1n) }),
      `moves -1 µcr on wallet:${payer}, the signature allows 0 µcr`,
    ],
    [
      'a job that somebody else gives back',
      forged('HoldUnassigned', { 'data.release.message.node': stranger }),
      notHad,
    ],
    ['a job of another attempt given back', forged('HoldUnassigned', { 'data.release.message.attempt': 2 }), notHad],
    ['what is no hold given back', forged('HoldUnassigned', { 'data.release.message.orderDigest': zeroHash }), notHad],
    ['a job that is given back twice', again('HoldUnassigned'), notHad],
    [
      'a job that is given back after its receipt',
      [
        ...before('JobSettled'),
        changed(eventOf('HoldUnassigned'), { 'data.release.message.orderDigest': job, atMs: testStartMs + 1_000 }),
      ],
      'releases a job whose receipt is journalled',
    ],
  ])
})

describe('the auditor, about the return of a hold', () => {
  const unsigned = 'the payer did not sign the cancellation'
  const returned = { 'data.orderDigest': job, commandId: `expiry:${job}`, entries: [] }
  const late = eventOf('HoldExpired')
  const cancelUntil = (deadline: bigint) => forged('HoldReleased', { 'data.cancellation.message.deadline': deadline })
  itJudges([
    [
      'a release of what a node has',
      [...before('HoldUnassigned'), eventOf('HoldReleased', 1)],
      'releases what is no free hold',
    ],
    ['a release of no hold', forged('HoldReleased', { 'data.orderDigest': zeroHash }), 'releases what is no free hold'],
    [
      'a cancellation of what no node was found for',
      forged('HoldReleased', { 'data.reason': 'notAssigned' }),
      'carries a cancellation that it does not need',
    ],
    [
      'a cancellation by somebody else',
      forged('HoldReleased', { 'data.cancellation.message.payer': stranger }),
      unsigned,
    ],
    [
      'a cancellation of another order',
      forged('HoldReleased', { 'data.cancellation.message.orderDigest': zeroHash }),
      unsigned,
    ],
    ['a reason that there is not', forged('HoldReleased', { 'data.reason': 'other' }), unsigned],
    ['a cancellation whose deadline is now', cancelUntil(startSeconds), passed],
    ['a cancellation a second before its deadline', cancelUntil(startSeconds + 1n), undefined],
    ['a cancellation that is good for a month', cancelUntil(startSeconds + monthSeconds), undefined],
    ['a cancellation that is good for longer', cancelUntil(startSeconds + monthSeconds + 1n), tooFar],
    [
      'a release that keeps something back',
      forged('HoldReleased', { 'data.amountMicrocredits': 999_999n }),
      'does not return the whole hold',
    ],
    [
      'an expiry that keeps something back',
      forged('HoldExpired', { 'data.amountMicrocredits': 999_999n }),
      'does not return the whole hold',
    ],
    [
      'an expiry of another hold than is due',
      forged('HoldExpired', { 'data.orderDigest': zeroHash }),
      'is not dated at the time the hold expires',
    ],
    [
      'an expiry although the node’s receipt is there',
      [...before('JobSettled'), eventOf('EscrowExpired'), changed(late, returned)],
      'expires although a receipt was received',
    ],
    [
      'an expiry before its time',
      forged('HoldExpired', { atMs: late.atMs - 1 }),
      `ends ${late.data.orderDigest} out of time`,
    ],
    [
      'an expiry after its time',
      forged('HoldExpired', { atMs: late.atMs + 1 }),
      `ends ${late.data.orderDigest} out of time`,
    ],
    [
      'something else at the time of an expiry',
      [...before('HoldExpired'), changed(eventOf('IouDefaulted'), { atMs: late.atMs })],
      `happens although ${late.data.orderDigest} was due at ${late.atMs} ms`,
    ],
  ])
})

describe('the auditor, about the registration of a node', () => {
  const until = (deadline: bigint) => forged('NodeRegistered', { 'data.registration.message.deadline': deadline })
  const renewed = (nonce: bigint) => again('NodeRegistered', { 'data.registration.message.nonce': nonce })
  itJudges([
    [
      'a payout wallet that is nobody’s',
      forged('NodeRegistered', { 'data.registration.message.payoutWallet': zeroAddress }),
      'pays a node out to the zero address',
    ],
    ['another payout wallet with the same nonce', renewed(1n), 'uses nonce 1 after 1'],
    ['another payout wallet with the next nonce', renewed(2n), undefined],
    ['a registration whose deadline is now', until(startSeconds), passed],
    ['a registration a second before its deadline', until(startSeconds + 1n), undefined],
    ['a registration that is good for a month', until(startSeconds + monthSeconds), undefined],
    ['a registration that is good for longer', until(startSeconds + monthSeconds + 1n), tooFar],
  ])
})

describe('the auditor, about a receipt', () => {
  const notHad = 'is a receipt for a job that the node does not have'
  const receipt = (changes: object, nth = 0) =>
    forged(
      'ReceiptReceived',
      Object.fromEntries(Object.entries(changes).map(([name, value]) => [`data.receipt.message.${name}`, value])),
      nth,
    )
  itJudges([
    ['a receipt of another node', receipt({ node: stranger }), notHad],
    ['a receipt of another attempt', receipt({ attempt: 2 }), notHad],
    ['a receipt for no hold', receipt({ orderDigest: zeroHash }), notHad],
    [
      'a second receipt',
      again('ReceiptReceived', { 'data.receipt.message.sequence': 2n }),
      'is a second receipt for a job',
    ],
    ['a first receipt with number 0', receipt({ sequence: 0n }), undefined],
    ['a receipt with a number that was used', receipt({ sequence: 1n }, 1), undefined],
    ['a first receipt with number 0, before protocol 2', unjudged(receipt({ sequence: 0n })), 'uses sequence 0 again'],
    [
      'a receipt with a number that was used, before protocol 2',
      unjudged(receipt({ sequence: 1n }, 1)),
      'uses sequence 1 again',
    ],
    [
      'a receipt for a job that ends after it came',
      receipt({ endedAtMs: BigInt(eventOf('ReceiptReceived').atMs + 1) }),
      'is a receipt for a job that ends later',
    ],
    [
      'a receipt for a job that ends after it came, before protocol 2',
      unjudged(receipt({ endedAtMs: BigInt(eventOf('ReceiptReceived').atMs + 1) })),
      undefined,
    ],
    ['a receipt that leaves numbers out', receipt({ sequence: 9n }, 1), undefined],
    ['an outcome that there is not', receipt({ outcome: 9 }), 'has outcome 9, which does not exist'],
  ])
})

describe('the auditor, about the settlement of a job', () => {
  const { data, commandId } = eventOf('JobSettled')
  const { commandId: receiptId } = eventOf('ReceiptReceived')
  const wrongSplit = 'does not split the hold rightly'
  const price = data.capturedMicrocredits
  itJudges([
    ['a settlement of no hold', forged('JobSettled', { 'data.orderDigest': zeroHash }), 'settles what is no hold'],
    [
      'a settlement without a receipt',
      [...before('ReceiptReceived'), eventOf('JobSettled')],
      'settles without a receipt',
    ],
    ['another name', forged('JobSettled', { commandId: `${commandId}0` }), `settles under command id ${commandId}0`],
    ['the name of its receipt, as 0.1.0 wrote it', forged('JobSettled', { commandId: receiptId }), undefined],
    ['another node', forged('JobSettled', { 'data.node': stranger }), 'pays a wallet that is not the node’s'],
    [
      'another payout wallet',
      forged('JobSettled', { 'data.payoutWallet': stranger }),
      'pays a wallet that is not the node’s',
    ],
    [
      'a price that is 1 µcr too low',
      forged('JobSettled', { 'data.capturedMicrocredits': price - 1n }),
      `captures ${price - 1n} µcr, the price is ${price} µcr`,
    ],
    ['another fee', forged('JobSettled', { 'data.feeMicrocredits': data.feeMicrocredits - 1n }), wrongSplit],
    [
      'less for the node',
      forged('JobSettled', { 'data.earnedMicrocredits': data.earnedMicrocredits - 1n }),
      wrongSplit,
    ],
    [
      'less for the payer',
      forged('JobSettled', { 'data.releasedMicrocredits': data.releasedMicrocredits - 1n }),
      wrongSplit,
    ],
    [
      'a permission that nobody used',
      forged('JobSettled', { 'data.spend': { ...eventOf('JobSettled', 1).data.spend } }),
      'claims a permission for what the wallet itself opened',
    ],
  ])
})
