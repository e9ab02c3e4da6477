import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nodeRegistrationType } from '../node/node-registration.ts'
import { testStartMs } from '../testing/actors.ts'
import { referralOf } from '../testing/rewards-actors.ts'
import type { TestLedger } from '../testing/test-ledger.ts'
import { dayMs } from './node-rewards.ts'
import { type BonusCommand, dueBonuses } from './pay-bonus.ts'
import {
  firstDay,
  generous,
  nextDayMs,
  node,
  payer,
  referrer,
  rewardsBudget,
  rewardsLedger,
  runJob,
  stranger,
  wallet,
} from './rewards.spec.fixture.ts'

const uptime = { type: 'PayUptimeBonus', node: node.address, day: firstDay } as const
const referral = { type: 'PayReferralBonus', node: node.address } as const
const hourMs = 3_600_000

function refer(ledger: TestLedger): void {
  ledger.accept({ type: 'RecordReferral', referral: referralOf(wallet, node.address, referrer.address) })
}

function refuseNotDue(ledger: TestLedger, command: typeof uptime | typeof referral, reason: string): void {
  const { refusal } = ledger.refuse(command, 'BONUS_NOT_DUE')
  assert.equal(refusal.code === 'BONUS_NOT_DUE' && refusal.reason, reason)
}

/** By how much a command makes a wallet richer. */
function paid(ledger: TestLedger, command: BonusCommand, to = wallet): bigint {
  const before = ledger.balance(to.address)
  const budget = rewardsBudget(ledger)
  ledger.accept(command)
  assert.equal(budget - rewardsBudget(ledger), ledger.balance(to.address) - before)
  return ledger.balance(to.address) - before
}

function due(ledger: TestLedger) {
  return dueBonuses({ state: ledger.state, nowMs: ledger.nowMs })
}

describe('an uptime bonus', () => {
  it('is refused for a node that is not registered', () => {
    rewardsLedger().refuse({ ...uptime, node: stranger.address }, 'UNKNOWN_NODE')
  })

  it('is refused until the day has ended, to the millisecond', () => {
    const ledger = rewardsLedger(generous)
    runJob(ledger, 1_000_000n)
    refuseNotDue(ledger, uptime, 'dayNotOver')
    ledger.nowMs = nextDayMs - 1
    refuseNotDue(ledger, uptime, 'dayNotOver')
    assert.deepEqual(due(ledger), [])
    ledger.nowMs = nextDayMs
    assert.deepEqual(due(ledger), [uptime])
    assert.equal(paid(ledger, uptime), 12_500n)
    assert.deepEqual(due(ledger), [])
  })

  it('is refused for a day without a completed job, and for one whose job cost nothing', () => {
    const ledger = rewardsLedger(generous)
    runJob(ledger, 1_000_000n, 'failedByNode')
    runJob(ledger, 1_000_000n, 'failedByJob')
    ledger.nowMs = nextDayMs
    refuseNotDue(ledger, uptime, 'nothingToPay')
  })

  it('is paid once: asked again it is a repetition, and a refusal when that is forgotten', () => {
    const ledger = rewardsLedger(generous)
    runJob(ledger, 1_000_000n)
    ledger.nowMs = nextDayMs
    assert.equal(paid(ledger, uptime), 12_500n)
    assert.equal(ledger.accept(uptime).repeated, true)
    assert.equal(ledger.balance(wallet.address), 950_000n + 12_500n)
    ledger.nowMs += 31 * dayMs
    ledger.deposit(stranger.address, 1n)
    refuseNotDue(ledger, uptime, 'nothingToPay')
  })

  it('is paid until 31 days later, and lost then', () => {
    const late = rewardsLedger(generous)
    runJob(late, 1_000_000n)
    late.nowMs = nextDayMs + 31 * dayMs - 1
    assert.equal(paid(late, uptime), 12_500n)
    const tooLate = rewardsLedger(generous)
    runJob(tooLate, 1_000_000n)
    tooLate.nowMs = nextDayMs + 31 * dayMs
    refuseNotDue(tooLate, uptime, 'nothingToPay')
    assert.deepEqual(due(tooLate), [])
  })

  it('is the day’s most × hours with a completed job / 24, rounded down, where fees would allow more', () => {
    const ledger = rewardsLedger({ uptimeDayMicrocreditsMax: 1_000n })
    for (const minutes of [0, 30, 60, 119, 180]) {
      ledger.nowMs = testStartMs + minutes * 60_000
      runJob(ledger, 1_000_000n)
    }
    const hours = new Set([0, 30, 60, 119, 180].map(minutes => Math.floor((testStartMs + minutes * 60_000) / hourMs)))
    ledger.nowMs = nextDayMs
    assert.equal(paid(ledger, uptime), (1_000n * BigInt(hours.size)) / 24n)
  })

  it('is at most a quarter of the fees, rounded down, and counts the fewest fees that cover it', () => {
    const ledger = rewardsLedger(generous)
    // A price of 61 µcr has a fee of 4 µcr, 21 µcr one of 2 µcr: 6 µcr of fees allow 1 µcr, for which 4 are counted.
    runJob(ledger, 61n)
    runJob(ledger, 21n)
    ledger.nowMs = nextDayMs
    assert.equal(paid(ledger, uptime), 1n)
    const event = ledger.events.at(-1)
    assert.ok(event?.type === 'UptimeBonusPaid')
    assert.deepEqual([event.data.feesMicrocredits, event.data.countedMicrocredits], [6n, 4n])
    assert.equal(ledger.state.rewards.get(node.address)?.feesMicrocredits, 2n)
  })

  it('is nothing while its share of the fees is below 1 µcr', () => {
    const ledger = rewardsLedger(generous)
    runJob(ledger, 60n)
    ledger.nowMs = nextDayMs
    refuseNotDue(ledger, uptime, 'nothingToPay')
  })

  it('is what the budget has left, and nothing when that is empty', () => {
    const poor = rewardsLedger(generous, 7n)
    runJob(poor, 1_000_000n)
    poor.nowMs = nextDayMs
    assert.equal(paid(poor, uptime), 7n)
    const empty = rewardsLedger(generous, 0n)
    runJob(empty, 1_000_000n)
    empty.nowMs = nextDayMs
    refuseNotDue(empty, uptime, 'nothingToPay')
    empty.fundRewards(1_000n)
    assert.equal(paid(empty, uptime), 1_000n)
  })

  it('goes to the wallet that the node pays out to when it is paid', () => {
    const ledger = rewardsLedger(generous)
    runJob(ledger, 1_000_000n)
    const { message } = node.registration({ payoutWallet: stranger.address, nonce: 2n })
    ledger.accept({ type: 'RegisterNode', registration: wallet.sign(nodeRegistrationType, message) })
    ledger.nowMs = nextDayMs
    assert.equal(paid(ledger, uptime, stranger), 12_500n)
  })

  it('counts an hour by the time of the settlement', () => {
    const ledger = rewardsLedger(generous)
    ledger.nowMs = nextDayMs - 1
    const deadline = BigInt(nextDayMs / 1000 + 600)
    const digest = ledger.assigned(payer.order({ nonce: 1n, deadline, bidMicrocredits: 1_000_000n }), node)
    ledger.accept({ type: 'ReceiveReceipt', receipt: node.receipt(digest, {}) })
    ledger.nowMs = nextDayMs
    ledger.accept({ type: 'SettleJob', orderDigest: digest })
    refuseNotDue(ledger, uptime, 'nothingToPay')
    ledger.nowMs += dayMs
    assert.equal(paid(ledger, { ...uptime, day: firstDay + 1 }), 12_500n)
  })

  it('keeps no more than 32 days of a node, however long nobody asks', () => {
    const ledger = rewardsLedger(generous)
    for (let day = 0; day < 40; day++) {
      ledger.nowMs = testStartMs + day * dayMs
      runJob(ledger, 1_000n)
    }
    const days = ledger.state.rewards.get(node.address)?.days.map(({ day }) => day) ?? []
    assert.deepEqual([days.length, days[0], days.at(-1)], [32, firstDay + 8, firstDay + 39])
  })
})

describe('a referral bonus', () => {
  it('is refused for an unknown node, and where nobody referred the node', () => {
    const ledger = rewardsLedger(generous)
    ledger.refuse({ ...referral, node: stranger.address }, 'UNKNOWN_NODE')
    runJob(ledger, 1_000_000n)
    refuseNotDue(ledger, referral, 'noReferrer')
  })

  it('is refused before fees were paid', () => {
    const ledger = rewardsLedger(generous)
    refer(ledger)
    refuseNotDue(ledger, referral, 'nothingToPay')
    assert.deepEqual(due(ledger), [])
  })

  it('is refused a second time on a day; the same words are a repetition', () => {
    const ledger = rewardsLedger(generous)
    refer(ledger)
    runJob(ledger, 1_000_000n)
    assert.deepEqual(due(ledger), [referral])
    assert.equal(paid(ledger, referral, referrer), 12_500n)
    runJob(ledger, 1_000_000n)
    assert.equal(ledger.accept(referral).repeated, true)
    assert.equal(ledger.balance(referrer.address), 12_500n)
    assert.deepEqual(due(ledger), [])
  })

  it('is refused while the node’s own bonus for a day that is over waits, and gets what that leaves', () => {
    const ledger = rewardsLedger({ ...generous, uptimeDayMicrocreditsMax: 24_000n })
    refer(ledger)
    runJob(ledger, 1_000_000n)
    ledger.nowMs = nextDayMs
    assert.deepEqual(due(ledger), [uptime])
    refuseNotDue(ledger, referral, 'uptimeFirst')
    assert.equal(paid(ledger, uptime), 1_000n)
    assert.deepEqual(due(ledger), [referral])
    assert.equal(paid(ledger, referral, referrer), 11_500n)
    assert.equal(ledger.state.rewards.get(node.address)?.feesMicrocredits, 0n)
  })

  it('is never more than its most over all time', () => {
    const ledger = rewardsLedger({ referralMicrocreditsMax: 20_000n, uptimeDayMicrocreditsMax: 0n })
    refer(ledger)
    runJob(ledger, 1_000_000n)
    assert.equal(paid(ledger, referral, referrer), 12_500n)
    ledger.nowMs = nextDayMs
    runJob(ledger, 1_000_000n)
    assert.equal(paid(ledger, referral, referrer), 7_500n)
    ledger.nowMs = nextDayMs + dayMs
    runJob(ledger, 1_000_000n)
    refuseNotDue(ledger, referral, 'nothingToPay')
  })

  it('counts no fee that another bonus was paid for', () => {
    const ledger = rewardsLedger(generous)
    refer(ledger)
    runJob(ledger, 1_000_000n)
    assert.equal(paid(ledger, referral, referrer), 12_500n)
    ledger.nowMs = nextDayMs
    refuseNotDue(ledger, uptime, 'nothingToPay')
  })
})
