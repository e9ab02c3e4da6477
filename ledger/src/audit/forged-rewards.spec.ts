import { describe } from 'node:test'
import { zeroAddress } from '../hex.ts'
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
  of,
} from './forgery.spec.fixture.ts'

const stranger = new Actor(77).address
const startSeconds = BigInt(testStartMs / 1000)
const dayMs = 86_400_000

describe('the auditor, about grants', () => {
  const grant = eventOf('CreditsGranted')
  const { amountMicrocredits: amount } = grant.data.grant.message
  const granted = (changes: Changes) => forged('CreditsGranted', of('grant', changes))
  const withConfig = (config: Changes, changes: Changes) => {
    const [opened, ...rest] = before('CreditsGranted')
    return opened === undefined ? [] : [changed(opened, config), ...rest, changed(grant, changes)]
  }
  const capped = (cap: bigint) =>
    withConfig({ 'data.config.rewards.grantDayMicrocreditsMax': cap }, { 'data.limitMicrocredits': cap })
  const second = (before: bigint, more: Changes = {}) =>
    again('CreditsGranted', {
      ...of('grant', { nonce: 5n, deadline: startSeconds + 90_000n }),
      'data.grantedMicrocredits': before,
      'data.budgetMicrocredits': grant.data.budgetMicrocredits - amount,
      commandId: `0x${'cd'.repeat(32)}`,
      ...more,
    })
  const notTreasurer = 'grants for somebody who is not the treasurer'
  const nobody = 'grants to nobody, or for a reason too long'
  const day = 'counts the day’s grants wrongly'
  const nextDay = { atMs: testStartMs + dayMs, 'data.day': grant.data.day + 1 }
  const ended = [eventOf('EscrowExpired'), eventOf('HoldExpired')]
  const tomorrow = (granted: bigint) => {
    const journal = second(granted, nextDay)
    return [...journal.slice(0, -1), ...ended, ...journal.slice(-1)]
  }
  const cases: readonly Forgery[] = [
    ['one by somebody else', granted({ treasurer: stranger }), notTreasurer],
    [
      'one in a ledger without a treasurer',
      withConfig({ 'data.config.treasurer': zeroAddress }, of('grant', { treasurer: zeroAddress })),
      notTreasurer,
    ],
    ['one to nobody', granted({ wallet: zeroAddress }), nobody],
    ['a reason of 256 characters', granted({ reason: 'x'.repeat(256) }), undefined],
    ['a reason of more', granted({ reason: 'x'.repeat(257) }), nobody],
    ['one that reaches the day’s cap', capped(amount), undefined],
    ['one above the day’s cap', capped(amount - 1n), 'grants more than the day’s cap'],
    [
      'one that names another cap',
      forged('CreditsGranted', { 'data.limitMicrocredits': 1n }),
      'names another cap than holds',
    ],
    ['one that names another day', forged('CreditsGranted', { 'data.day': grant.data.day + 1 }), day],
    ['one that counts what was not granted', forged('CreditsGranted', { 'data.grantedMicrocredits': 1n }), day],
    ['a second one that counts the first', second(amount), undefined],
    ['a second one that does not count the first', second(0n), day],
    ['one of the next day that counts from nothing', tomorrow(0n), undefined],
    ['one of the next day that counts the day before', tomorrow(amount), day],
    ['one whose nonce was used', second(amount, of('grant', { nonce: 1n })), 'uses nonce 1 after 1'],
    [
      'one that names another budget',
      forged('CreditsGranted', { 'data.budgetMicrocredits': 5n }),
      `names a budget of 5 µcr, it was ${grant.data.budgetMicrocredits} µcr`,
    ],
    [
      'one until now',
      granted({ deadline: startSeconds + 2n }),
      `happens after the deadline of its signature, ${grant.atMs} ms`,
    ],
    ['one a second before its deadline', granted({ deadline: startSeconds + 3n }), undefined],
    ['one that is good for a month', granted({ deadline: startSeconds + 2n + 2_592_000n }), undefined],
    [
      'one that is good for longer',
      granted({ deadline: startSeconds + 3n + 2_592_000n }),
      'has a deadline that lies too far ahead',
    ],
    [
      'one to another wallet than was signed',
      granted({ wallet: stranger }),
      `moves ${amount} µcr on wallet:${grant.data.grant.message.wallet}, the signature allows 0 µcr`,
    ],
  ]
  itJudges(cases)
})

describe('the auditor, about who referred a node', () => {
  const referral = eventOf('ReferralRecorded')
  const { node } = referral.data.referral.message
  const recorded = (changes: Changes) => forged('ReferralRecorded', of('referral', changes))
  /** While nothing is open. */
  const after = (ms: number) => [
    ...before('EscrowOpened'),
    changed(referral, {
      ...of('referral', { deadline: startSeconds + 40n * 86_400n }),
      atMs: eventOf('NodeRegistered').atMs + ms,
    }),
  ]
  const notWallet = 'is not of the node’s payout wallet'
  const own = 'names the node’s own side as its referrer'
  itJudges([
    ['another wallet', recorded({ wallet: stranger }), notWallet],
    ['a node that nobody knows', recorded({ node: stranger }), notWallet],
    ['a node that is not known yet', [...before('NodeRegistered'), referral], notWallet],
    ['the node itself', recorded({ referrer: node }), own],
    ['nobody', recorded({ referrer: zeroAddress }), own],
    ['a second referrer', again('ReferralRecorded'), 'names a second referrer'],
    ['a referrer after 30 days', after(30 * dayMs), undefined],
    [
      'a referrer later than that',
      after(30 * dayMs + 1),
      'names a referrer more than 30 days after the node was known',
    ],
    [
      'a referral until now',
      recorded({ deadline: startSeconds }),
      `happens after the deadline of its signature, ${testStartMs} ms`,
    ],
    ['a referral that is good for a month', recorded({ deadline: startSeconds + 2_592_000n }), undefined],
    [
      'a referral that is good for longer',
      recorded({ deadline: startSeconds + 2_592_001n }),
      'has a deadline that lies too far ahead',
    ],
  ])
})

describe('the auditor, about a node’s payout wallet that is not the node', () => {
  const referral = eventOf('ReferralRecorded')
  const registered = changed(eventOf('NodeRegistered'), of('registration', { payoutWallet: stranger }))
  const by = (referrer: string) => [
    ...before('NodeRegistered'),
    registered,
    changed(referral, of('referral', { wallet: stranger, referrer })),
  ]
  itJudges([
    ['a referral by it', by(referral.data.referral.message.referrer), undefined],
    ['a referral of itself', by(stranger), 'names the node’s own side as its referrer'],
  ])
})

describe('the auditor, about bonuses', () => {
  const uptime = eventOf('UptimeBonusPaid')
  const bonus = eventOf('ReferralBonusPaid')
  const { day, hours } = uptime.data
  const { amountMicrocredits: paid, countedMicrocredits, feesMicrocredits, limitMicrocredits } = bonus.data
  /** A bonus of nothing on the next day, for the fees that are left. */
  const tomorrow: Changes = {
    atMs: bonus.atMs + dayMs,
    'data.day': bonus.data.day + 1,
    commandId: `referral-bonus:${bonus.data.node}:${bonus.data.day + 1}`,
    'data.paidMicrocredits': paid,
    'data.limitMicrocredits': limitMicrocredits - paid,
    'data.feesMicrocredits': feesMicrocredits - countedMicrocredits,
    'data.budgetMicrocredits': bonus.data.budgetMicrocredits - paid,
    'data.amountMicrocredits': 0n,
    'data.countedMicrocredits': 0n,
    entries: [],
  }
  const counts = 'counts what was paid for the referral wrongly'
  const twice = 'pays a referral twice in a day'
  const share = 'names another share than holds'
  itJudges([
    [
      'an hour too many',
      forged('UptimeBonusPaid', { 'data.hours': hours + 1 }),
      `pays ${hours + 1} hours of day ${day}`,
    ],
    [
      'a day that is not over',
      forged('UptimeBonusPaid', { 'data.day': day + 1 }),
      `pays ${hours} hours of day ${day + 1}`,
    ],
    ['a day that was paid', again('UptimeBonusPaid'), `pays ${hours} hours of day ${day}`],
    ['another node', forged('UptimeBonusPaid', { 'data.node': stranger }), 'pays a wallet that is not the node’s'],
    [
      'another wallet',
      forged('UptimeBonusPaid', { 'data.payoutWallet': stranger }),
      'pays a wallet that is not the node’s',
    ],
    ['another share for uptime', forged('UptimeBonusPaid', { 'data.shareBasisPoints': 2_499 }), share],
    ['another share for a referral', forged('ReferralBonusPaid', { 'data.shareBasisPoints': 2_501 }), share],
    [
      'a referral of another node',
      forged('ReferralBonusPaid', { 'data.node': stranger }),
      'pays somebody who referred nobody',
    ],
    [
      'another referrer',
      forged('ReferralBonusPaid', { 'data.referrer': stranger }),
      'pays somebody who referred nobody',
    ],
    ['a referral twice in a day', again('ReferralBonusPaid'), twice],
    ['a referral of another day', forged('ReferralBonusPaid', { 'data.day': bonus.data.day - 1 }), twice],
    ['a referral that was paid before', forged('ReferralBonusPaid', { 'data.paidMicrocredits': 1n }), counts],
    [
      'a referral whose payment is not counted',
      again('ReferralBonusPaid', { ...tomorrow, 'data.paidMicrocredits': 0n }),
      counts,
    ],
    ['a bonus of nothing', again('ReferralBonusPaid', tomorrow), 'pays 0 µcr, which is more than is due'],
    [
      'a bonus for fees that are not there',
      forged('ReferralBonusPaid', { 'data.feesMicrocredits': feesMicrocredits + 1n }),
      `names ${feesMicrocredits + 1n} µcr of fees, there are ${feesMicrocredits} µcr`,
    ],
    [
      'a bonus with another limit',
      forged('ReferralBonusPaid', { 'data.limitMicrocredits': limitMicrocredits + 1n }),
      `names ${limitMicrocredits + 1n} µcr as the most, it is ${limitMicrocredits} µcr`,
    ],
    [
      'a bonus that counts 1 µcr of fees less',
      forged('ReferralBonusPaid', { 'data.countedMicrocredits': countedMicrocredits - 1n }),
      `counts ${countedMicrocredits - 1n} µcr of fees for ${paid} µcr`,
    ],
    [
      'a bonus that counts 1 µcr of fees more',
      forged('ReferralBonusPaid', { 'data.countedMicrocredits': countedMicrocredits + 1n }),
      `counts ${countedMicrocredits + 1n} µcr of fees for ${paid} µcr`,
    ],
    [
      'a bonus under another name',
      forged('UptimeBonusPaid', { commandId: 'uptime' }),
      `has command id uptime, expected ${uptime.commandId}`,
    ],
  ])
})
