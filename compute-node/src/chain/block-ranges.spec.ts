import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { blockAtTime, overBlocks } from './block-ranges.ts'
import type { ChainClient } from './open-settlement.ts'

/** Block times that ascend; each block knows its own. */
function clientOf(times: readonly bigint[]) {
  const getBlock = async ({ blockNumber }: { blockNumber: bigint }) => ({ timestamp: times[Number(blockNumber)] })
  return { getBlock } as unknown as Pick<ChainClient, 'getBlock'>
}

const gaps = fc.array(fc.bigInt({ min: 1n, max: 20n }), { minLength: 1, maxLength: 60 })

describe('reading over blocks', () => {
  it('gives up on a provider that refuses a single block', async () => {
    const spans: bigint[] = []
    const refusing = overBlocks(0n, 9_999n, async (from, to) => {
      spans.push(to - from + 1n)
      throw new Error('too many')
    })
    await assert.rejects(refusing, /too many/)
    assert.equal(spans.at(-1), 1n)
    assert.ok(spans.length < 20)
  })

  it('asks for more again after a provider has failed for a moment', async () => {
    let count = 0
    await overBlocks(0n, 999_999n, async () => {
      if (++count <= 8) throw new Error('busy')
      return []
    })
    assert.ok(count < 400, String(count))
  })

  it('reads nothing of a range that is empty', async () => {
    assert.deepEqual(await overBlocks(5n, 4n, async () => assert.fail()), [])
  })

  it('reads each block once and in order, however few a provider allows', async () => {
    const cases = fc.tuple(fc.bigInt(0n, 300n), fc.bigInt(0n, 12_000n), fc.bigInt(1n, 7_000n))
    await fc.assert(
      fc.asyncProperty(cases, async ([first, count, spanMax]) => {
        const pieces = await overBlocks(first, first + count, async (from, to) => {
          if (to - from + 1n > spanMax) throw new Error('too many')
          return [{ from, to }]
        })
        let next = first
        for (const { from, to } of pieces) {
          assert.equal(from, next)
          next = to + 1n
        }
        assert.equal(next, first + count + 1n)
      }),
      { numRuns: 30 },
    )
  })

  it('finds the first block that is not earlier than a time, or the last there is', async () => {
    await fc.assert(
      fc.asyncProperty(gaps, fc.bigInt(0n, 1_300n), async (steps, time) => {
        const times: bigint[] = []
        for (const step of steps) times.push((times.at(-1) ?? 0n) + step)
        const last = BigInt(times.length - 1)
        const expected = times.findIndex(at => at >= time)
        const found = await blockAtTime(clientOf(times), time, 0n, last)
        assert.equal(found, expected === -1 ? last : BigInt(expected))
      }),
      { numRuns: 100 },
    )
  })
})
