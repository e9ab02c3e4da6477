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
const cap = 10n ** 15n

describe('the auditor, about the opening of a ledger', () => {
  const opened = eventOf('LedgerOpened')
  const openedWith = (changes: Changes) => [
    changed(opened, Object.fromEntries(Object.entries(changes).map(([name, value]) => [`data.config.${name}`, value]))),
  ]
  const shares = 'opens the ledger with a share of more than all'
  const limit = 'opens the ledger with a limit above the token’s cap'
  const limits = ['grantDayMicrocreditsMax', 'uptimeDayMicrocreditsMax', 'referralMicrocreditsMax']
  const rates = Object.keys(opened.data.config.rates)
  const cases: readonly Forgery[] = [
    ['chain 1', openedWith({ chainId: 1 }), undefined],
    ['chain 0', openedWith({ chainId: 0 }), 'opens the ledger with chain 0'],
    ['no shard', openedWith({ shardCount: 0 }), 'opens the ledger with shard 0 of 0'],
    ['the last of 1 024 shards', openedWith({ shard: 1_023, shardCount: 1_024 }), undefined],
    ['the shard after the last', openedWith({ shard: 2, shardCount: 2 }), 'opens the ledger with shard 2 of 2'],
    ['too many shards', openedWith({ shardCount: 1_025 }), 'opens the ledger with shard 0 of 1025'],
    ['a fee of all', openedWith({ feeBasisPoints: 10_000 }), undefined],
    ['a fee of more than all', openedWith({ feeBasisPoints: 10_001 }), shares],
    ['a burn of all fees', openedWith({ burnBasisPoints: 10_000 }), undefined],
    ['a burn of more than all fees', openedWith({ burnBasisPoints: 10_001 }), shares],
    ['bonuses of a quarter of the fees', openedWith({ 'rewards.bonusShareBasisPoints': 2_500 }), undefined],
    [
      'bonuses of more',
      openedWith({ 'rewards.bonusShareBasisPoints': 2_501 }),
      'opens the ledger with bonuses of more than a quarter of the fees',
    ],
    ...rates.flatMap((rate): readonly Forgery[] => [
      [`a ${rate} of nothing`, openedWith({ [`rates.${rate}`]: 0n }), undefined],
      [`a ${rate} below nothing`, openedWith({ [`rates.${rate}`]: -1n }), 'opens the ledger with a negative rate'],
    ]),
    ...limits.flatMap((name): readonly Forgery[] => [
      [`a ${name} of nothing`, openedWith({ [`rewards.${name}`]: 0n }), undefined],
      [`a ${name} below nothing`, openedWith({ [`rewards.${name}`]: -1n }), limit],
      [`a ${name} of the token’s cap`, openedWith({ [`rewards.${name}`]: cap }), undefined],
      [`a ${name} above the token’s cap`, openedWith({ [`rewards.${name}`]: cap + 1n }), limit],
    ]),
    ['a ledger that is open', again('LedgerOpened'), 'opens the ledger a second time'],
    ['another name', [changed(opened, { commandId: 'opened' })], 'has command id opened, expected open'],
    ['something before it', [eventOf('PayeeRegistered')], 'comes before LedgerOpened'],
  ]
  itJudges(cases)
})

describe('the auditor, about the inbox', () => {
  const { account } = eventOf('InboxItemRecorded').data
  const amountOf = (amount: bigint): Changes => ({
    'data.amountMicrocredits': amount,
    entries: ['reserve', `wallet:${account}`].map(name => ({ account: name, amountMicrocredits: amount })),
  })
  const kindOf = (kind: string, credited: string) =>
    forged('InboxItemRecorded', { 'data.kind': kind, 'entries.1.account': credited })
  itJudges([
    [
      'an item that leaves one out',
      forged('InboxItemRecorded', { 'data.index': 1 }),
      'records inbox item 1, expected 0',
    ],
    ['an item that comes again', again('InboxItemRecorded'), 'records inbox item 0, expected 1'],
    ['a deposit of the token’s cap', forged('InboxItemRecorded', amountOf(cap)), undefined],
    [
      'a deposit above the token’s cap',
      forged('InboxItemRecorded', amountOf(cap + 1n)),
      'raises the reserve to 1000000000000001 µcr, above the token’s cap',
    ],
    ['a deposit of nothing', forged('InboxItemRecorded', amountOf(0n)), 'moves 0 µcr, which is no amount'],
    ['an amount for the treasury', kindOf('genesisTreasury', 'treasury'), undefined],
    ['an amount for rewards', kindOf('genesisRewards', 'rewards'), undefined],
    [
      'a deposit for the treasury',
      kindOf('deposit', 'treasury'),
      `moves 60000000 µcr on treasury, the signature allows 0 µcr`,
    ],
    ['another name', forged('InboxItemRecorded', { commandId: 'inbox:1' }), 'has command id inbox:1, expected inbox:0'],
    [
      'a type that it does not know',
      forged('InboxItemRecorded', { type: 'CreditsInvented' }),
      'is of an unknown type CreditsInvented',
    ],
    ['an event without a time', forged('InboxItemRecorded', { atMs: 0.5 }), 'has no time'],
    [
      'an event before its predecessor',
      forged('InboxItemRecorded', { atMs: testStartMs - 1 }),
      `is dated ${testStartMs - 1} ms, before its predecessor`,
    ],
    [
      'credits below nothing',
      forged('CreditsTransferred', { entries: moving(`wallet:${stranger}`, `wallet:${account}`, 1n) }),
      `wallet:${stranger} would be -1 µcr`,
    ],
  ])
})

describe('the auditor, about a change of parameters', () => {
  const scheduled = eventOf('ConfigChangeScheduled')
  const { effectiveAtMs, changeDigest } = scheduled.data
  const announced = (changes: Changes) => forged('ConfigChangeScheduled', of('change', changes))
  const from = (seconds: bigint) =>
    forged('ConfigChangeScheduled', {
      'data.effectiveAtMs': Number(seconds) * 1000,
      'data.change.message.effectiveAt': seconds,
    })
  const nowSeconds = startSeconds + 2n
  const withoutTreasurer = [
    changed(eventOf('LedgerOpened'), { 'data.config.treasurer': zeroAddress }),
    changed(scheduled, of('change', { treasurer: zeroAddress })),
  ]
  const otherDigest = `0x${'ab'.repeat(32)}`
  const second = (seconds: number): LedgerEvent =>
    changed(scheduled, {
      ...of('change', { nonce: 9n, effectiveAt: BigInt(effectiveAtMs / 1000 + seconds) }),
      'data.changeDigest': otherDigest,
      'data.effectiveAtMs': effectiveAtMs + seconds * 1000,
      commandId: otherDigest,
    })
  const changedConfig = eventOf('ConfigChanged')
  const notTreasurers = 'announces a change that is not the treasurer’s'
  itJudges([
    ['one by somebody else', announced({ treasurer: stranger }), notTreasurers],
    ['one in a ledger without a treasurer', withoutTreasurer, notTreasurers],
    [
      'one under another digest',
      forged('ConfigChangeScheduled', { 'data.changeDigest': zeroHash }),
      'names another change than it carries',
    ],
    [
      'one for another time than was signed',
      forged('ConfigChangeScheduled', { 'data.effectiveAtMs': effectiveAtMs + 1 }),
      'announces a change for another time than was signed',
    ],
    ['one as soon as the delay allows', from(nowSeconds + 604_800n), undefined],
    ['one a second sooner', from(nowSeconds + 604_799n), 'announces a change too late'],
    ['one in a year', from(nowSeconds + 31_536_000n), undefined],
    ['one a second later', from(nowSeconds + 31_536_001n), 'announces a change too far ahead'],
    ['a fee of all', announced({ feeBasisPoints: 10_000 }), undefined],
    ['a fee of more than all', announced({ feeBasisPoints: 10_001 }), 'announces a share of more than all'],
    ['a burn of all fees', announced({ burnBasisPoints: 10_000 }), undefined],
    ['a burn of more than all fees', announced({ burnBasisPoints: 10_001 }), 'announces a share of more than all'],
    ['bonuses of a quarter of the fees', announced({ bonusShareBasisPoints: 2_500 }), undefined],
    [
      'bonuses of more',
      announced({ bonusShareBasisPoints: 2_501 }),
      'announces bonuses of more than a quarter of the fees',
    ],
    ['a nonce that was used', announced({ nonce: 1n }), 'uses nonce 1 after 1'],
    [
      'a change that another one replaced',
      [...before('EpochClosed'), second(1_000), ...dueBefore(), changedConfig],
      `ends ${changeDigest} out of time`,
    ],
    [
      'one that comes into force under another digest',
      forged('ConfigChanged', { 'data.changeDigest': zeroHash }),
      'brings a change into force that was not announced last',
    ],
    [
      'a fee that was not announced',
      forged('ConfigChanged', { 'data.pricing.feeBasisPoints': 399 }),
      'brings a feeBasisPoints into force that was not announced',
    ],
    [
      'a rate that was not announced',
      forged('ConfigChanged', { 'data.pricing.rates.gpuHourMicrocredits': 1n }),
      'brings a gpuHourMicrocredits into force that was not announced',
    ],
    [
      'a limit that was not announced',
      forged('ConfigChanged', { 'data.rewards.referralMicrocreditsMax': 1n }),
      'brings a referralMicrocreditsMax into force that was not announced',
    ],
  ])
})

/** What becomes due before a change does. */
function dueBefore(): readonly LedgerEvent[] {
  return [eventOf('EscrowExpired'), eventOf('HoldExpired')]
}

describe('the auditor, about a permission', () => {
  const granted = (changes: Changes) => forged('PermissionGranted', of('permission', changes))
  const { wallet } = eventOf('PermissionGranted').data.permission.message
  const revoked = (nonce: bigint) => forged('PermissionRevoked', of('revocation', { nonce }))
  const twoYears = startSeconds + 63_072_000n
  itJudges([
    [
      'one under another digest',
      forged('PermissionGranted', { 'data.digest': zeroHash }),
      'the permission has another digest',
    ],
    ['one for its own wallet', granted({ delegate: wallet }), 'makes nobody else a delegate'],
    ['one for the zero address', granted({ delegate: zeroAddress }), 'makes nobody else a delegate'],
    ['one that ends now', granted({ expires: startSeconds }), 'grants a permission that has expired'],
    ['one that ends in a second', granted({ expires: startSeconds + 1n }), undefined],
    ['one for two years', granted({ expires: twoYears }), undefined],
    ['one for longer', granted({ expires: twoYears + 1n }), 'has a deadline that lies too far ahead'],
    ['one with nonce 0', granted({ nonce: 0n }), undefined],
    ['one with a nonce that was used', again('PermissionGranted'), 'grants nonce 1 after 1'],
    ['one with the next nonce', again('PermissionGranted', of('permission', { nonce: 2n })), undefined],
    ['a revocation of an older nonce', revoked(0n), 'revokes nonce 0 after 1'],
    ['a revocation of the nonce that stands', revoked(1n), undefined],
    ['a revocation of nonces to come', revoked(5n), undefined],
    [
      'a permission that was revoked before it was granted',
      [
        ...before('PermissionGranted'),
        changed(eventOf('PermissionRevoked'), { ...of('revocation', { nonce: 1n }), atMs: testStartMs }),
        eventOf('PermissionGranted'),
      ],
      'grants nonce 1 after 1',
    ],
  ])
})

describe('the auditor, about payments', () => {
  const { from } = eventOf('CreditsTransferred').data.transfer.message
  const paid = (changes: Changes, more: Changes = {}) =>
    forged('CreditsTransferred', { ...of('transfer', changes), ...more })
  const bought = (changes: Changes) => forged('ServiceBought', of('purchase', changes))
  itJudges([
    ['a transfer to oneself', paid({ to: from }), 'moves credits from a wallet to itself'],
    ['a transfer to the zero address', paid({ to: zeroAddress }), 'moves credits to the zero address'],
    ['a purchase from oneself', bought({ seller: from }), 'moves credits from a wallet to itself'],
    ['a purchase from the zero address', bought({ seller: zeroAddress }), 'moves credits to the zero address'],
    ['a transfer of nothing', paid({ amountMicrocredits: 0n }, { entries: [] }), 'moves 0 µcr, which is no amount'],
    [
      'a transfer of more than was signed',
      paid({ amountMicrocredits: 6n }),
      `moves -7 µcr on wallet:${from}, the signature allows -6 µcr`,
    ],
    [
      'a transfer until now',
      paid({ deadline: startSeconds }),
      `happens after the deadline of its signature, ${testStartMs} ms`,
    ],
    ['a transfer a second before its deadline', paid({ deadline: startSeconds + 1n }), undefined],
    ['a transfer that is good for a month', paid({ deadline: startSeconds + monthSeconds }), undefined],
    [
      'a transfer that is good for longer',
      paid({ deadline: startSeconds + monthSeconds + 1n }),
      'has a deadline that lies too far ahead',
    ],
    ['a transfer in the lane after the last', paid({ lane: 1_024 }), 'uses lane 1024, where 1023 is the last'],
    [
      'a transfer with a nonce again',
      forged('CreditsTransferred', of('transfer', { nonce: 2n }), 3),
      'uses nonce 2 after 2',
    ],
  ])
})
