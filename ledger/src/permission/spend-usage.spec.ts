import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { countSpend, giveBack, noUsage, type SpendUsage, totalsAt } from './spend-usage.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Half a minute into a minute, far from 1970. */
const startMs = 1_800_000_030_000

function usageOf(...spends: readonly (readonly [atMs: number, amount: bigint])[]): SpendUsage {
  return spends.reduce((usage, [atMs, amount]) => countSpend(usage, atMs, amount), noUsage)
}

describe('what a delegate has spent', () => {
  it('is nothing before the first spend', () => {
    assert.deepEqual(totalsAt(noUsage, startMs), { hourMicrocredits: 0n, dayMicrocredits: 0n, totalMicrocredits: 0n })
  })

  it('still counts for the hour exactly 60 minutes later, and up to a minute longer, but no longer', () => {
    const usage = usageOf([startMs, 5n])
    const hourAt = (afterMs: number) => totalsAt(usage, startMs + afterMs).hourMicrocredits
    assert.equal(hourAt(hourMs), 5n)
    assert.equal(hourAt(hourMs + minuteMs / 2 - 1), 5n)
    assert.equal(hourAt(hourMs + minuteMs / 2), 0n)
  })

  it('still counts for the day exactly 24 hours later, and up to a minute longer, but no longer', () => {
    const usage = usageOf([startMs, 5n])
    const dayAt = (afterMs: number) => totalsAt(usage, startMs + afterMs).dayMicrocredits
    assert.equal(dayAt(dayMs), 5n)
    assert.equal(dayAt(dayMs + minuteMs / 2 - 1), 5n)
    assert.equal(dayAt(dayMs + minuteMs / 2), 0n)
    assert.equal(totalsAt(usage, startMs + 10 * dayMs).totalMicrocredits, 5n)
  })

  it('counts no longer where it was spent once it has come back', () => {
    const usage = giveBack(usageOf([startMs, 5n], [startMs + 2 * hourMs, 7n]), startMs, 4n)
    const totals = { hourMicrocredits: 7n, dayMicrocredits: 8n, totalMicrocredits: 8n }
    assert.deepEqual(totalsAt(usage, startMs + 2 * hourMs), totals)
  })

  it('loses only the total when what comes back was spent before the day', () => {
    const usage = giveBack(usageOf([startMs, 5n], [startMs + 2 * dayMs, 7n]), startMs, 5n)
    const totals = { hourMicrocredits: 7n, dayMicrocredits: 7n, totalMicrocredits: 7n }
    assert.deepEqual(totalsAt(usage, startMs + 2 * dayMs), totals)
  })

  it('keeps at most 1 441 minutes, however long a delegate spends in each', () => {
    let usage = noUsage
    for (let minute = 0; minute < 5_000; minute++) {
      usage = countSpend(usage, startMs + minute * minuteMs, 1n)
      usage = countSpend(usage, startMs + minute * minuteMs + 1, 1n)
    }
    assert.equal(usage.minutes.length, 1_441)
    const totals = { hourMicrocredits: 122n, dayMicrocredits: 2_882n, totalMicrocredits: 10_000n }
    assert.deepEqual(totalsAt(usage, startMs + 4_999 * minuteMs), totals)
  })

  it('is never less than what any true window that ends now holds, and never more than a minute more', () => {
    const spend = fc.record({ waitMs: fc.integer({ min: 0, max: 3 * hourMs }), amount: fc.bigInt(1n, 9n) })
    fc.assert(
      fc.property(fc.array(spend, { minLength: 1, maxLength: 60 }), fc.nat(2 * dayMs), (steps, laterMs) => {
        let atMs = startMs
        const spends = steps.map(({ waitMs, amount }) => {
          atMs += waitMs
          return { atMs, amount }
        })
        const usage = usageOf(...spends.map(one => [one.atMs, one.amount] as const))
        const nowMs = atMs + laterMs
        const within = (windowMs: number) =>
          spends.reduce((sum, one) => sum + (one.atMs >= nowMs - windowMs ? one.amount : 0n), 0n)
        const { hourMicrocredits, dayMicrocredits } = totalsAt(usage, nowMs)
        assert.ok(hourMicrocredits >= within(hourMs) && hourMicrocredits <= within(hourMs + minuteMs))
        assert.ok(dayMicrocredits >= within(dayMs) && dayMicrocredits <= within(dayMs + minuteMs))
      }),
      { numRuns: 200, seed: 20_261_124 },
    )
  })
})
