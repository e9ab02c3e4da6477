import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PollLoop, waitOnTimer } from './poll-loop.ts'

/** Runs a loop over these steps, stops it after the last, and answers the pauses after each. */
async function pausesOf(steps: readonly ('ok' | 'fail')[]): Promise<{ pauses: number[]; loop: PollLoop }> {
  const pauses: number[] = []
  const ended = Promise.withResolvers<void>()
  const loop = new PollLoop({
    intervalMs: 250,
    backoffMaxMs: 1_500,
    step: async () => {
      if (steps[pauses.length] === 'fail') throw new Error('no answer')
    },
    wait: async ms => {
      pauses.push(ms)
      if (pauses.length === steps.length) ended.resolve(loop.stop())
    },
  })
  loop.start()
  await ended.promise
  return { pauses, loop }
}

describe('the poll loop', () => {
  it('pauses longer after each failure, up to its limit, and shortly again after a success', async () => {
    const { pauses, loop } = await pausesOf(['fail', 'fail', 'fail', 'fail', 'ok', 'ok'])
    assert.deepEqual(pauses, [500, 1_000, 1_500, 1_500, 250, 250])
    assert.equal(loop.lastError, undefined)
  })

  it('keeps the last failure and does not end on it', async () => {
    const { pauses, loop } = await pausesOf(['ok', 'fail'])
    assert.equal(pauses.length, 2)
    assert.equal(loop.failuresInARow, 1)
    assert.match(String(loop.lastError), /no answer/)
  })

  it('ends a pause at once when it is stopped', async () => {
    let stepCount = 0
    const started = Promise.withResolvers<void>()
    const loop = new PollLoop({
      intervalMs: 3_600_000,
      backoffMaxMs: 3_600_000,
      step: async () => {
        stepCount++
        started.resolve()
      },
      wait: waitOnTimer,
    })
    loop.start()
    await started.promise
    await loop.stop()
    assert.equal(stepCount, 1)
  })
})
