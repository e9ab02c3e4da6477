import { describe } from 'node:test'
import { Actor } from '../testing/actors.ts'
import { again, before, changed, eventOf, forged, itJudges, moving } from './forgery.spec.fixture.ts'

const stranger = new Actor(77).address

describe('the auditor, about items of the inbox', () => {
  const items = { emission: 2, forced: 3, revocation: 4, receipt: 5 }
  const wallet = eventOf('InboxItemRecorded', items.emission).entries.find(({ account }) =>
    account.startsWith('wallet:'),
  )
  const share = wallet?.amountMicrocredits ?? 0n
  itJudges([
    [
      'an item out of its order',
      forged('InboxItemRecorded', { 'data.index': 7 }, items.emission),
      'records inbox item 7, expected 2',
    ],
    [
      'emission that goes to somebody else',
      forged(
        'InboxItemRecorded',
        {
          entries: [
            { account: 'reserve', amountMicrocredits: 1_000n },
            { account: `wallet:${stranger}`, amountMicrocredits: 1_000n },
          ],
        },
        items.emission,
      ),
      `moves 1000 µcr on wallet:${stranger}, the signature allows 0 µcr`,
    ],
    [
      'emission of an epoch in which nothing was burnt that does not go to the treasury',
      forged('InboxItemRecorded', { 'data.epoch': 0 }, items.emission),
      `moves ${share} µcr on ${wallet?.account}, the signature allows 0 µcr`,
    ],
    [
      'a forced withdrawal that moves at once',
      forged('InboxItemRecorded', { entries: moving('treasury', `wallet:${stranger}`, 1n) }, items.forced),
      'moves -1 µcr on treasury, the signature allows 0 µcr',
    ],
    [
      'a revocation that brings something',
      forged('InboxItemRecorded', { 'data.amountMicrocredits': 1n }, items.revocation),
      'brings 1 µcr with what brings nothing',
    ],
    [
      'a receipt that says nothing',
      forged('InboxItemRecorded', { 'data.digest': undefined }, items.receipt),
      'is an inbox item of no kind',
    ],
  ])
})

describe('the auditor, about forced withdrawals', () => {
  const nth = 2
  const { data } = eventOf('PayoutScheduled', nth)
  const paying = (amount: bigint, wallet = data.wallet) => ({
    'data.amountMicrocredits': amount,
    'data.wallet': wallet,
    entries: moving(`wallet:${wallet}`, `payable:${wallet}`, amount),
  })
  const closing = changed(eventOf('EpochClosed', 1), { position: eventOf('PayoutScheduled', nth).position })
  itJudges([
    [
      'one that pays more than was asked',
      forged('PayoutScheduled', paying(78n), nth),
      'pays out what nobody asked of the contract',
    ],
    [
      'one that pays less than was asked',
      forged('PayoutScheduled', paying(76n), nth),
      'pays out less than was asked of the contract',
    ],
    [
      'one of an item that asks for nothing',
      forged('PayoutScheduled', { 'data.inboxIndex': 2 }, nth),
      'pays out what nobody asked of the contract',
    ],
    ['one that is paid twice', again('PayoutScheduled', {}, nth), 'pays out what nobody asked of the contract'],
    [
      'one with an instruction besides',
      forged('PayoutScheduled', { 'data.instructionDigest': `0x${'00'.repeat(32)}` }, nth),
      'pays out for two reasons',
    ],
    [
      'an epoch that leaves one unpaid',
      [...before('PayoutScheduled', nth), closing],
      'does not pay what inbox item 3 asks for',
    ],
  ])
})

describe('the auditor, about epochs that never came on chain', () => {
  const { journalPosition } = eventOf('EpochClosed', 1).data
  const givenUp = (changes: Readonly<Record<string, unknown>>, position = journalPosition) =>
    forged('EpochCancelled', {
      'data.lastEpoch': 1,
      'data.journalPosition': position,
      commandId: `epoch-cancelled:2:${position}`,
      ...changes,
    })
  itJudges([
    ['one that is given up', givenUp({}), undefined],
    ['one whose number is used up all the same', givenUp({ 'data.lastEpoch': 2 }), 'says that 2 was the last epoch'],
    ['a number that was never there', givenUp({ 'data.lastEpoch': 0 }), 'says that 0 was the last epoch'],
    ['other books than those that were pending', givenUp({}, 1), 'gives up books that closed at position 1'],
    [
      'one under the name of a cancellation',
      givenUp({ commandId: 'epoch-cancelled:2' }),
      `has command id epoch-cancelled:2, expected epoch-cancelled:2:${journalPosition}`,
    ],
    [
      'an epoch that is final',
      givenUp({ 'data.epoch': 1, commandId: `epoch-cancelled:1:${journalPosition}` }),
      'takes back epoch 1, which is no pending one',
    ],
  ])
})

describe('the auditor, about epochs that the chain took back', () => {
  itJudges([
    [
      'an epoch that is final',
      forged('EpochCancelled', { 'data.epoch': 1 }),
      'takes back epoch 1, which is no pending one',
    ],
    ['one that is taken back twice', again('EpochCancelled'), 'takes back epoch 2, which is no pending one'],
    ['a last epoch before it', forged('EpochCancelled', { 'data.lastEpoch': 1 }), 'says that 1 was the last epoch'],
    ['a head that is itself', forged('EpochCancelled', { 'data.headEpoch': 2 }), 'goes on from epoch 2'],
    ['a head that is not final', forged('EpochCancelled', { 'data.headEpoch': 0 }), 'goes on from epoch 0'],
    [
      'one that moves credits',
      forged('EpochCancelled', { entries: moving('treasury', `wallet:${stranger}`, 1n) }),
      'moves -1 µcr on treasury, the signature allows 0 µcr',
    ],
    [
      'a number that is used again',
      forged('EpochClosed', { 'data.epoch': 3, commandId: 'epoch:3' }, 2),
      'closes with epoch 3, the journal says 4',
    ],
  ])
})

describe('the auditor, about stakes', () => {
  itJudges([
    ['one that was said before', again('NodeStakeRecorded'), 'says what the chain said of the node before'],
    [
      'one that moves credits',
      forged('NodeStakeRecorded', { entries: moving('treasury', `wallet:${stranger}`, 1n) }),
      'moves -1 µcr on treasury, the signature allows 0 µcr',
    ],
  ])
})
