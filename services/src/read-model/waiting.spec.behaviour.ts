import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { ReadBench } from './read-bench.spec.fixture.ts'
import { ReadModelBehindError } from './read-queries.port.ts'

const soonMs = 10_000

/** Reading what was just written. */
export function describeWaiting(bench: ReadBench): void {
  it('lets nobody wait for what is there', async () => {
    await bench.model.waitFor(0, { timeoutMs: 0 })
    await bench.model.apply(bench.events)
    await bench.model.waitFor(bench.events.length, { timeoutMs: 0 })
  })

  it('lets those wait who want to read a position that comes, and no longer than until it has come', async () => {
    await bench.model.apply(bench.events.slice(0, 3))
    const reached: number[] = []
    const waits = [5, 4, 6].map(async position => {
      await bench.model.waitFor(position, { timeoutMs: soonMs })
      reached.push(await bench.model.position())
    })
    await bench.model.apply(bench.events.slice(3, 5))
    await bench.model.apply(bench.events.slice(5, 6))
    await Promise.all(waits)
    assert.ok(reached.every(position => position >= 4))
  })

  it('sees what another process has folded', async () => {
    const other = await bench.openAnother()
    const wait = bench.model.waitFor(bench.events.length, { timeoutMs: soonMs })
    await other.apply(bench.events)
    await wait
    assert.equal(await bench.model.position(), bench.events.length)
  })

  it('says how far it is when the position does not come in time', async () => {
    await bench.model.apply(bench.events.slice(0, 3))
    await assert.rejects(bench.model.waitFor(4, { timeoutMs: 30 }), (error: unknown) => {
      assert.ok(error instanceof ReadModelBehindError)
      assert.deepEqual([error.shard, error.position, error.reachedPosition], [0, 4, 3])
      return true
    })
    await assert.rejects(bench.model.waitFor(1, { timeoutMs: 0, shard: 5 }), ReadModelBehindError)
  })

  it('ends a wait with the reason of whoever gave up', async () => {
    const leaving = new AbortController()
    const wait = bench.model.waitFor(1, { timeoutMs: soonMs, signal: leaving.signal })
    leaving.abort(new RangeError('gone'))
    await assert.rejects(wait, /gone/)
    await assert.rejects(bench.model.waitFor(1, { timeoutMs: soonMs, signal: leaving.signal }), /gone/)
  })

  it('refuses waits without an end, and positions that are none', async () => {
    for (const timeoutMs of [-1, 60_001, Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(bench.model.waitFor(1, { timeoutMs }), RangeError)
    }
    for (const position of [-1, 0.5, Number.NaN]) {
      await assert.rejects(bench.model.waitFor(position, { timeoutMs: 0 }), RangeError)
    }
  })
}
