import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RefusedAnswers } from './refused-answers.ts'

const id = `0x${'ab'.repeat(32)}` as const

/** The block times at which an answer that is always refused is tried, the first time at 0, when blocks come each second. */
function triesUntil(deadlineSeconds: number, answerSeconds: number): readonly number[] {
  const refused = new RefusedAnswers()
  const tries: number[] = []
  for (let nowSeconds = 0; nowSeconds <= deadlineSeconds; nowSeconds++) {
    if ((refused.get(id)?.retryAtSeconds ?? 0) > nowSeconds) continue
    tries.push(nowSeconds)
    refused.add(id, 'TotalDiffers', { nowSeconds, deadlineSeconds, answerSeconds })
  }
  return tries
}

describe('an answer that is refused again and again', () => {
  it('is tried after twice as long each time, up to a thirty-second of A', () => {
    const tries = triesUntil(3_600, 3_600)
    assert.deepEqual(tries.slice(0, 10), [0, 1, 3, 7, 15, 31, 63, 127, 239, 351])
    assert.ok(tries.length < 100)
  })

  it('is tried oftener towards its deadline, and at the last with every block', () => {
    const tries = triesUntil(3_600, 3_600)
    assert.deepEqual(
      tries.slice(-9),
      Array.from({ length: 9 }, (_, index) => 3_592 + index),
    )
    assert.ok(tries.every((at, index) => (tries[index + 1] ?? at) - at <= Math.max(1, (3_600 - at) / 8)))
  })

  it('says what the contract said last, and is forgotten when it is taken', () => {
    const refused = new RefusedAnswers()
    const moment = { nowSeconds: 5, deadlineSeconds: 1, answerSeconds: 60 }
    refused.add(id, 'TotalDiffers', moment)
    refused.add(id, 'DemandLate', moment)
    assert.deepEqual(refused.get(id), { code: 'DemandLate', count: 2, retryAtSeconds: 5 })
    refused.delete(id)
    assert.equal(refused.get(id), undefined)
  })
})
