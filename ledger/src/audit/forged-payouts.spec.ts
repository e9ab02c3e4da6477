import { describe } from 'node:test'
import { zeroHash } from '../hex.ts'
import { Actor, testStartMs } from '../testing/actors.ts'
import { again, before, changed, eventOf, type Forgery, forged, itJudges, moving } from './forgery.spec.fixture.ts'

const stranger = new Actor(77).address
const startSeconds = BigInt(testStartMs / 1000)
const monthSeconds = 2_592_000n

describe('the auditor, about the ids of payees', () => {
  const { wallet } = eventOf('PayeeRegistered').data
  itJudges([
    ['an id below 1', forged('PayeeRegistered', { 'data.id': 0 }), 'registers payee id 0'],
    ['an id that is no whole number', forged('PayeeRegistered', { 'data.id': 1.5 }), 'registers payee id 1.5'],
    ['an id that leaves others out', forged('PayeeRegistered', { 'data.id': 9 }), undefined],
    [
      'an id that somebody else has',
      again('PayeeRegistered', { 'data.wallet': stranger }),
      'gives payee id 1 a second time',
    ],
    [
      'a second id for a wallet',
      again('PayeeRegistered', { 'data.id': 2 }),
      `registers ${wallet} as a payee a second time`,
    ],
    [
      'a registration that moves credits',
      forged('PayeeRegistered', { entries: moving(`wallet:${wallet}`, `wallet:${stranger}`, 1n) }),
      `moves -1 µcr on wallet:${wallet}, the signature allows 0 µcr`,
    ],
  ])
})

describe('the auditor, about the books of an epoch', () => {
  const figures = [0, 1].flatMap(nth => {
    const { rows: _, ...numbers } = eventOf('EpochClosed', nth).data
    return Object.entries(numbers).map(([name, value]): Forgery => {
      const other = typeof value === 'bigint' ? value + 1n : typeof value === 'number' ? value + 1 : zeroHash
      const problem = `closes with ${name} ${other}, the journal says ${value}`
      return [`another ${name} of epoch ${nth + 1}`, forged('EpochClosed', { [`data.${name}`]: other }, nth), problem]
    })
  })
  const { rows } = eventOf('EpochClosed').data
  const members = Object.entries(rows[0] ?? {}).map(([name, value]): Forgery => {
    const other = typeof value === 'bigint' ? value + 1n : typeof value === 'number' ? value + 1 : stranger
    const problem = 'posts row 0 otherwise than payee 1 is owed'
    return [`another ${name} in a row`, forged('EpochClosed', { [`data.rows.0.${name}`]: other }), problem]
  })
  itJudges([
    ...figures,
    ...members,
    ['a row that is missing', forged('EpochClosed', { 'data.rows': [] }), 'posts 0 rows, 1 payees are owed something'],
    [
      'a row too many',
      forged('EpochClosed', { 'data.rows': [...rows, ...rows] }),
      'posts 2 rows, 1 payees are owed something',
    ],
    ['an epoch before the last is final', again('EpochClosed'), 'closes an epoch although epoch 1 is not final'],
  ])
})

describe('the auditor, about what the chain did', () => {
  const { burnMicrocredits: burnt } = eventOf('EpochFinalised').data
  const { wallet } = eventOf('PayoutClaimed').data
  const burns = (amount: bigint) =>
    forged('EpochFinalised', {
      'data.burnMicrocredits': amount,
      entries: ['reserve', 'burn'].map(account => ({ account, amountMicrocredits: -amount })),
    })
  const claims = (paid: bigint, cumulative: bigint) => ({
    'data.paidMicrocredits': paid,
    'data.cumulativeMicrocredits': cumulative,
    commandId: `claim:${wallet}:${cumulative}`,
    entries: [],
  })
  const paying = (paid: bigint) => ({
    ...claims(paid, paid),
    entries: ['reserve', `payable:${wallet}`].map(account => ({ account, amountMicrocredits: -paid })),
  })
  itJudges([
    ['an epoch that is final before it closes', forged('EpochFinalised', { 'data.epoch': 2 }), 'is final out of order'],
    ['an epoch that is final twice', again('EpochFinalised', { entries: [] }), 'is final out of order'],
    [
      'an epoch that burns less than it was closed with',
      burns(burnt - 1n),
      `burns ${burnt - 1n} µcr, the epoch was closed with ${burnt} µcr`,
    ],
    ['a claim of nothing', forged('PayoutClaimed', claims(0n, 0n)), 'claims 0 µcr up to 0 µcr after 0 µcr'],
    ['a claim of 1 µcr', forged('PayoutClaimed', paying(1n)), undefined],
    [
      'a claim up to more than it pays',
      forged('PayoutClaimed', claims(1n, 2n)),
      'claims 1 µcr up to 2 µcr after 0 µcr',
    ],
    [
      'a claim that was made before',
      again('PayoutClaimed', claims(900n, 900n)),
      'claims 900 µcr up to 900 µcr after 900 µcr',
    ],
    [
      'a claim of more than epochs have posted',
      forged('PayoutClaimed', claims(901n, 901n)),
      'claims up to 901 µcr, epochs have posted 900 µcr',
    ],
    [
      'a claim that pays less than it says',
      forged('PayoutClaimed', {
        ...paying(899n),
        ...{ 'data.paidMicrocredits': 900n, 'data.cumulativeMicrocredits': 900n },
      }),
      'moves -899 µcr on reserve, the signature allows -900 µcr',
    ],
  ])
})

describe('the auditor, about a withdrawal', () => {
  const unsigned = 'the wallet did not sign the withdrawal'
  const { wallet } = eventOf('PayoutScheduled').data
  const until = (deadline: bigint) => forged('PayoutScheduled', { 'data.withdrawal.message.deadline': deadline })
  const nothing = { 'data.amountMicrocredits': 0n, 'data.withdrawal.message.amountMicrocredits': 0n, entries: [] }
  const passed = `happens after the deadline of its signature, ${testStartMs + 2_000} ms`
  itJudges([
    ['one of another wallet', forged('PayoutScheduled', { 'data.withdrawal.message.wallet': stranger }), unsigned],
    [
      'one of another amount',
      forged('PayoutScheduled', { 'data.withdrawal.message.amountMicrocredits': 901n }),
      unsigned,
    ],
    ['one that names an instruction too', forged('PayoutScheduled', { 'data.instructionDigest': zeroHash }), unsigned],
    ['one that comes again', again('PayoutScheduled'), 'uses nonce 1 after 1'],
    ['one whose deadline is now', until(startSeconds + 2n), passed],
    ['one a second before its deadline', until(startSeconds + 3n), undefined],
    ['one that is good for a month', until(startSeconds + 2n + monthSeconds), undefined],
    ['one that is good for longer', until(startSeconds + 3n + monthSeconds), 'has a deadline that lies too far ahead'],
    ['one of nothing', forged('PayoutScheduled', nothing), 'moves 0 µcr, which is no amount'],
    [
      'one that goes on its way to another wallet',
      forged('PayoutScheduled', { entries: moving(`wallet:${wallet}`, `payable:${stranger}`, 900n) }),
      `moves 900 µcr on payable:${stranger}, the signature allows 0 µcr`,
    ],
  ])
})

describe('the auditor, about standing instructions', () => {
  const paid = eventOf('PayoutScheduled', 1)
  const { wallet, amountMicrocredits } = paid.data
  const instructed = eventOf('PayoutInstructed')
  const twoYears = startSeconds + 2n + 2n * 365n * 86_400n
  const until = (expires: bigint) => forged('PayoutInstructed', { 'data.instruction.message.expires': expires })
  const under = (changes: object, by: object = {}) => [
    ...before('PayoutInstructed'),
    changed(
      instructed,
      Object.fromEntries(Object.entries(changes).map(([name, value]) => [`data.instruction.message.${name}`, value])),
    ),
    changed(paid, { ...by }),
  ]
  const kept = {
    'data.amountMicrocredits': amountMicrocredits - 1n,
    entries: moving(`wallet:${wallet}`, `payable:${wallet}`, amountMicrocredits - 1n),
  }
  /** 7 µcr come in, and are paid out so long after the last payout. */
  const soon = (afterMs: number, ...between: readonly (typeof instructed)[]) => [
    ...before('PayoutScheduled', 1),
    paid,
    ...between,
    changed(eventOf('CreditsTransferred'), {
      atMs: paid.atMs,
      'data.transfer.message.nonce': 9n,
      'data.transfer.message.lane': 9,
    }),
    changed(paid, {
      atMs: paid.atMs + afterMs,
      commandId: `pay:${wallet}:${amountMicrocredits}`,
      'data.amountMicrocredits': 7n,
      entries: moving(`wallet:${wallet}`, `payable:${wallet}`, 7n),
    }),
  ]
  const renewed = changed(instructed, { 'data.instruction.message.nonce': 2n }) as typeof instructed
  const none = 'pays out without an instruction'
  const tooSoon = 'pays out again within the instruction’s interval'
  itJudges([
    ['an instruction for two years', until(twoYears), undefined],
    ['an instruction for longer', until(twoYears + 1n), 'is an instruction for more than two years'],
    ['an instruction that comes again', again('PayoutInstructed'), 'uses nonce 1 after 1'],
    ['a payout without an instruction', [...before('PayoutInstructed'), paid], none],
    ['a payout by another instruction', forged('PayoutScheduled', { 'data.instructionDigest': zeroHash }, 1), none],
    [
      'a payout by an instruction that ends now',
      under({ expires: startSeconds + 2n }),
      'pays out by an instruction that has expired',
    ],
    ['a payout a second before its instruction ends', under({ expires: startSeconds + 3n }), undefined],
    ['a payout of the minimum', under({ minimumMicrocredits: amountMicrocredits }), undefined],
    [
      'a payout of less than the minimum',
      under({ minimumMicrocredits: amountMicrocredits + 1n }),
      'pays out less than the instruction’s minimum',
    ],
    ['a payout that leaves 1 µcr', forged('PayoutScheduled', kept, 1), 'does not pay the whole balance out'],
    ['a payout before the interval has passed', soon(59_999), tooSoon],
    ['a payout when the interval has passed', soon(60_000), undefined],
    ['a payout within the interval of an instruction that was renewed', soon(59_999, renewed), tooSoon],
    [
      'a payout under the name of another',
      forged('PayoutScheduled', { commandId: `pay:${wallet}:1` }, 1),
      `has command id pay:${wallet}:1, expected ${paid.commandId}`,
    ],
  ])
})
