import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runSeed } from './run-seed.ts'
import { runSeeds } from './run-seeds.ts'

/** Enough for crashes, lost answers, takeovers and several shards to come together. */
const commands = 250

describe('a seed', () => {
  it('runs a second time exactly as it ran before', async () => {
    for (const seed of [3, 12, 41]) {
      const first = await runSeed({ seed, commands })
      const second = await runSeed({ seed, commands })
      assert.ok(first.steps > 5_000, `${first.steps} steps`)
      assert.equal(second.traceHash, first.traceHash, `seed ${seed}`)
      assert.equal(second.steps, first.steps)
      assert.deepEqual(second.counts, first.counts)
    }
  })

  it('runs on a worker thread, beside others, exactly as it runs alone', async () => {
    const hashes = new Map<number, string>()
    const options = { firstSeed: 3, seeds: 4, commands: 80, workers: 2 }
    await runSeeds(options, ({ seed, traceHash }) => hashes.set(seed, traceHash))
    assert.deepEqual([...hashes.keys()].sort(), [3, 4, 5, 6])
    for (const [seed, hash] of hashes)
      assert.equal((await runSeed({ seed, commands: 80 })).traceHash, hash, `seed ${seed}`)
  })

  it('runs otherwise than its neighbour', async () => {
    const [one, other] = [await runSeed({ seed: 7, commands: 50 }), await runSeed({ seed: 8, commands: 50 })]
    assert.notEqual(one.traceHash, other.traceHash)
  })

  it('prints every step that its hash covers', async () => {
    const lines: string[] = []
    const { lastSteps, steps } = await runSeed({ seed: 5, commands: 20, print: line => lines.push(line) })
    assert.ok(lines.length > steps / 4, 'most steps say something')
    assert.deepEqual(lines.slice(-lastSteps.length), lastSteps)
  })
})

describe('seeds', () => {
  it('keep every invariant', async () => {
    for (let seed = 101; seed <= 106; seed++) {
      const { violation, lastSteps } = await runSeed({ seed, commands })
      assert.equal(
        violation,
        undefined,
        `seed ${seed}: ${violation?.invariant}: ${violation?.detail}\n${lastSteps.join('\n')}`,
      )
    }
  })
})
