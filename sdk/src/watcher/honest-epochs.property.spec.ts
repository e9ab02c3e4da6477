import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Economy, economySteps, fundedLedger, wholeLedger } from '@deparrow/ledger/testing'
import fc from 'fast-check'
import { papersIn } from './node-papers.spec.fixture.ts'
import { planEpoch } from './plan-epoch.ts'
import { eventsOf, viewOf } from './watched-ledger.spec.fixture.ts'

const step = fc.record({
  what: fc.constantFrom(...economySteps),
  who: fc.nat(2),
  amount: fc.integer({ min: 1, max: 400_000 }),
})

describe('an epoch that an honest ledger closed', () => {
  it('is asked nothing about, also when everything in it is judged as the contracts judge it', () => {
    let judged = 0
    let jobs = 0
    let receipts = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), steps => {
        const ledger = fundedLedger()
        const follow = () => {
          if (ledger.events.at(-1)?.type !== 'EpochClosed') return
          const events = eventsOf(ledger)
          assert.equal(planEpoch(viewOf(events)).verdict, 'right')
          const papers = papersIn(events)
          jobs += papers.jobs.length
          receipts += papers.jobs.filter(({ receipt }) => receipt !== undefined).length
          const kept = planEpoch({ ...viewOf(events), ...papers })
          assert.deepEqual([kept.verdict, kept.findings], ['right', []])
          const plan = planEpoch({ ...viewOf(events, { isSound: false }), ...papers })
          assert.deepEqual(plan.calls, [])
          assert.deepEqual(
            plan.findings.map(({ code }) => code),
            ['JOURNAL_UNSOUND'],
          )
          judged += 1
        }
        const economy = new Economy({ follow }, ledger)
        for (const one of steps) economy.take(one)
      }),
      { numRuns: 15, seed: 20_261_122, endOnFailure: true },
    )
    assert.ok(judged > 20, `${judged} epochs were judged`)
    assert.ok(jobs > 20 && receipts > 5, `${jobs} jobs with ${receipts} receipts were seen to`)
  })

  it('is asked nothing about when it has every kind of event', () => {
    const { events } = wholeLedger()
    const closings = events.flatMap(({ type }, index) => (type === 'EpochClosed' ? [index + 1] : []))
    for (const until of closings) {
      const seen = events.slice(0, until)
      const plan = planEpoch({ ...viewOf(seen, { isSound: false }), ...papersIn(seen) })
      assert.deepEqual(
        plan.findings.map(({ code, message }) => (code === 'JOURNAL_UNSOUND' ? code : message)),
        ['JOURNAL_UNSOUND'],
      )
      assert.deepEqual(plan.calls, [])
    }
  })
})
