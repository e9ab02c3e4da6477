import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Actor, testStartMs } from '../testing/actors.ts'
import { addSpend, newDelegation, takeBack } from './delegated-spends.ts'

const minuteMs = 60_000

describe('what a delegate has spent within an hour and a day', () => {
  it('is the sum of its minute and the minutes before it, over thousands of spends', () => {
    const delegation = newDelegation(new Actor(1).address)
    for (let minute = 0; minute < 4_500; minute++) {
      addSpend(delegation, testStartMs + minute * minuteMs, 1n)
      const { hour, day, total } = delegation
      const expected = [Math.min(minute + 1, 61), Math.min(minute + 1, 1_441), minute + 1].map(BigInt)
      assert.deepEqual([hour.microcredits, day.microcredits, total], expected)
    }
  })

  it('gets back what returns, as long as the spend counts', () => {
    const cases: readonly (readonly [number, readonly bigint[]])[] = [
      [0, [6n, 6n, 6n]],
      [60, [6n, 6n, 6n]],
      [61, [0n, 6n, 6n]],
      [1_440, [0n, 6n, 6n]],
      [1_441, [0n, 0n, 6n]],
    ]
    for (const [minute, expected] of cases) {
      const delegation = newDelegation(new Actor(1).address)
      const spend = addSpend(delegation, testStartMs, 10n)
      takeBack(delegation, spend, testStartMs + minute * minuteMs, 4n)
      const { hour, day, total } = delegation
      assert.deepEqual([hour.microcredits, day.microcredits, total], expected, `after ${minute} minutes`)
    }
  })

  it('does not lose what came back a second time when the spend passes', () => {
    const delegation = newDelegation(new Actor(1).address)
    const spend = addSpend(delegation, testStartMs, 10n)
    takeBack(delegation, spend, testStartMs, 4n)
    addSpend(delegation, testStartMs + 61 * minuteMs, 1n)
    assert.deepEqual([delegation.hour.microcredits, delegation.day.microcredits, delegation.total], [1n, 7n, 7n])
  })
})
