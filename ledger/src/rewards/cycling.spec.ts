import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeEvent } from '../journal/codec.ts'
import { changeDelaySecondsDefault } from '../journal/config.ts'
import { evolve } from '../journal/evolve.ts'
import { remember } from '../journal/repetition.ts'
import { initialState } from '../journal/state.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { changeOf, referralOf } from '../testing/rewards-actors.ts'
import type { TestLedger } from '../testing/test-ledger.ts'
import { dayOf } from './node-rewards.ts'
import { dueBonuses } from './pay-bonus.ts'
import {
  generous,
  node,
  payer,
  referrer,
  rewardsBudget,
  rewardsLedger,
  runJob,
  wallet,
} from './rewards.spec.fixture.ts'

const hourMs = 3_600_000

const price = fc.oneof(fc.bigInt(1n, 500n), fc.bigInt(1n, 50_000_000n))
const limit = fc.oneof(fc.constant(10n ** 12n), fc.bigInt(0n, 100_000n))

/** What one owner of payer, node, payout wallet and referrer may try, in any order. */
const move = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('job' as const), price, pick: fc.nat(5) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('uptime' as const), daysAgo: fc.nat(33) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('referral' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('refer' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('service' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      uptime: limit,
      referral: limit,
      share: fc.integer({ min: 0, max: 2_500 }),
      fee: fc.integer({ min: 0, max: 10_000 }),
    }),
  },
)

type Move = typeof move extends fc.Arbitrary<infer M> ? M : never

const outcomes = ['completed', 'completed', 'completed', 'failedByJob', 'timedOut', 'cancelled'] as const

/** Tries a move; the ledger may refuse it. */
function attempt(ledger: TestLedger, next: Move): void {
  const deadline = BigInt(Math.floor(ledger.nowMs / 1000) + 600)
  switch (next.kind) {
    case 'job':
      return runJob(ledger, next.price, outcomes[next.pick])
    case 'wait':
      ledger.nowMs += next.hours * hourMs
      return
    case 'uptime':
      ledger.submit({ type: 'PayUptimeBonus', node: node.address, day: dayOf(ledger.nowMs) - next.daysAgo })
      return
    case 'referral':
      ledger.submit({ type: 'PayReferralBonus', node: node.address })
      return
    case 'refer': {
      const referral = referralOf(wallet, node.address, referrer.address, { deadline })
      ledger.submit({ type: 'RecordReferral', referral })
      return
    }
    case 'service':
      ledger.submit(...dueBonuses({ state: ledger.state, nowMs: ledger.nowMs }))
      return
    case 'change': {
      const change = changeOf({
        nonce: BigInt(ledger.state.position),
        feeBasisPoints: next.fee,
        uptimeDayMicrocreditsMax: next.uptime,
        referralMicrocreditsMax: next.referral,
        bonusShareBasisPoints: next.share,
        effectiveAt: deadline + BigInt(changeDelaySecondsDefault),
      })
      ledger.submit({ type: 'ChangeConfig', change })
    }
  }
}

/** All that the owner has. */
function wealth(ledger: TestLedger): bigint {
  const held = [...ledger.state.held.values()].reduce((total, amount) => total + amount, 0n)
  return [payer, node, wallet, referrer].reduce((total, { address }) => total + ledger.balance(address), held)
}

function totals(ledger: TestLedger) {
  let fees = 0n
  let bonuses = 0n
  for (const event of ledger.events) {
    if (event.type === 'JobSettled') fees += event.data.feeMicrocredits
    if (event.type === 'UptimeBonusPaid' || event.type === 'ReferralBonusPaid') bonuses += event.data.amountMicrocredits
  }
  return { fees, bonuses }
}

function play(moves: readonly Move[], budgetMicrocredits: bigint): TestLedger {
  const ledger = rewardsLedger(generous, budgetMicrocredits)
  const before = wealth(ledger)
  for (const next of moves) {
    attempt(ledger, next)
    const { fees, bonuses } = totals(ledger)
    assert.ok(bonuses * 4n <= fees, `${bonuses} µcr of bonuses for ${fees} µcr of fees`)
    assert.equal(before - wealth(ledger), fees - bonuses)
    assert.equal(budgetMicrocredits - rewardsBudget(ledger), bonuses)
    assert.ok((ledger.state.rewards.get(node.address)?.days.length ?? 0) <= 32)
  }
  return ledger
}

describe('cycling credits', () => {
  it('loses money, whatever one owner of payer, node and referrer does, and never overdraws the budget', () => {
    let paid = 0
    fc.assert(
      fc.property(fc.array(move, { minLength: 20, maxLength: 60 }), fc.bigInt(1n, 3_000_000n), (moves, budget) => {
        if (totals(play(moves, budget)).bonuses > 0n) paid += 1
      }),
      { numRuns: 25, seed: 20_261_140 },
    )
    assert.ok(paid > 12, `only ${paid} runs were paid any bonus`)
  })

  it('is replayed from the stored events to the same state', () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 20, maxLength: 40 }), moves => {
        const ledger = play(moves, 1_000_000n)
        const replayed = initialState()
        for (const stored of ledger.stored) {
          const event = decodeEvent(stored)
          evolve(replayed, event, stored.hash, ethersCrypto)
          remember(replayed, event)
        }
        const { expiries: _, forgets: __, ...live } = ledger.state
        const { expiries: ___, forgets: ____, ...again } = replayed
        assert.deepEqual(again, live)
      }),
      { numRuns: 5, seed: 20_261_141 },
    )
  })

  it('gets at most a quarter of the fees back by the best that can be done', () => {
    const ledger = rewardsLedger(generous)
    attempt(ledger, { kind: 'refer' })
    for (let day = 0; day < 5; day++) {
      runJob(ledger, 80_000_000n)
      ledger.nowMs += 24 * hourMs
      attempt(ledger, { kind: 'service' })
      attempt(ledger, { kind: 'service' })
    }
    const { fees, bonuses } = totals(ledger)
    assert.deepEqual([fees, bonuses], [20_000_000n, 5_000_000n])
  })
})
