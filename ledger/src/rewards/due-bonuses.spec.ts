import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, bytesToHex, uintToBytes } from '../hex.ts'
import { referralOf } from '../testing/rewards-actors.ts'
import type { NodeRewards } from './node-rewards.ts'
import { dueBonuses, payReferralBonus } from './pay-bonus.ts'
import { firstDay, generous, nextDayMs, node, referrer, rewardsLedger, runJob, wallet } from './rewards.spec.fixture.ts'

const address = (number: number): Address => bytesToHex(uintToBytes(BigInt(number), 20))

/** A ledger in which so many nodes have the same ground for a bonus. */
function dueWith(fields: Partial<NodeRewards>, count = 1, nowMs = nextDayMs, limits = {}) {
  const { state } = rewardsLedger({ ...generous, ...limits })
  state.rewards.clear()
  const own = { knownSinceMs: 0, feesMicrocredits: 40_000n, days: [], referral: undefined, ...fields } as NodeRewards
  for (let number = 1; number <= count; number++) state.rewards.set(address(number), own)
  return dueBonuses({ state, nowMs })
}

const worked = { day: firstDay, hours: 1 }
const referred = { referrer: referrer.address, paidMicrocredits: 0n, lastPaidDay: undefined }
const uptime = { type: 'PayUptimeBonus', node: address(1), day: firstDay }
const referral = { type: 'PayReferralBonus', node: address(1) }

describe('the bonuses that are due', () => {
  const cases: readonly (readonly [string, ReturnType<typeof dueWith>, readonly object[]])[] = [
    ['are none for a node without work and referral', dueWith({}), []],
    ['are those of days with work', dueWith({ days: [worked] }), [uptime]],
    ['are none of a day that is not over', dueWith({ days: [worked] }, 1, nextDayMs - 1), []],
    ['are those of referrals', dueWith({ referral: referred }), [referral]],
    ['are those of days before those of referrals', dueWith({ days: [worked], referral: referred }), [uptime]],
    ['are none without fees', dueWith({ days: [worked], referral: referred, feesMicrocredits: 0n }), []],
    ['are none of fees whose share is below 1 µcr', dueWith({ referral: referred, feesMicrocredits: 3n }), []],
    ['are those of fees whose share is 1 µcr', dueWith({ referral: referred, feesMicrocredits: 4n }), [referral]],
    [
      'are none where the referral was paid today',
      dueWith({ referral: { ...referred, lastPaidDay: firstDay + 1 } }),
      [],
    ],
    [
      'are those of referrals paid yesterday',
      dueWith({ referral: { ...referred, lastPaidDay: firstDay } }),
      [referral],
    ],
    [
      'are none of a referral that was paid in full',
      dueWith({ referral: { ...referred, paidMicrocredits: generous.referralMicrocreditsMax } }),
      [],
    ],
    [
      'are those of a referral of which 1 µcr is left',
      dueWith({ referral: { ...referred, paidMicrocredits: generous.referralMicrocreditsMax - 1n } }),
      [referral],
    ],
  ]
  for (const [what, found, expected] of cases) it(what, () => assert.deepEqual(found, expected))

  it('are named for a thousand at once, the rest later', () => {
    for (const [count, found] of [
      [999, 999],
      [1_000, 1_000],
      [1_001, 1_000],
    ] as const) {
      const due = dueWith({ referral: referred }, count)
      assert.equal(due.length, found)
      assert.equal(due.at(-1)?.node, address(found))
    }
  })

  it('of one node are named together', () => {
    const days = [firstDay - 1, firstDay].map(day => ({ day, hours: 1 }))
    const due = dueWith({ days }, 501)
    assert.equal(due.length, 1_000)
    assert.deepEqual(
      due.slice(0, 2).map(each => 'day' in each && each.day),
      [firstDay - 1, firstDay],
    )
  })
})

describe('a referral bonus', () => {
  it('that was paid today is not due again, and says so', () => {
    const ledger = rewardsLedger(generous)
    ledger.accept({ type: 'RecordReferral', referral: referralOf(wallet, node.address, referrer.address) })
    runJob(ledger, 1_000_000n)
    ledger.accept({ type: 'PayReferralBonus', node: node.address })
    runJob(ledger, 1_000_000n)
    const { state, nowMs } = ledger
    const refusal = { code: 'BONUS_NOT_DUE', node: node.address, reason: 'paidToday' }
    assert.deepEqual(payReferralBonus({ state, nowMs } as never, node.address), { accepted: false, refusal })
  })
})
