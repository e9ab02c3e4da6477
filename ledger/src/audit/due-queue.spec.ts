import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { DueQueue } from './due-queue.ts'

describe('what is due', () => {
  it('is nothing in an empty queue, and nothing once it has ended', () => {
    const queue = new DueQueue()
    assert.equal(queue.first(), undefined)
    queue.add('a', 5)
    queue.remove('a')
    queue.remove('a')
    assert.equal(queue.first(), undefined)
    assert.equal(queue.has('a'), false)
  })

  it('comes by its new time when an id has ended and begins again', () => {
    const queue = new DueQueue()
    queue.add('a', 1)
    queue.remove('a')
    queue.add('a', 9)
    queue.add('b', 5)
    assert.deepEqual(queue.first(), { id: 'b', atMs: 5 })
  })

  it('comes by time and then by id, as a list that is sorted at each look says', () => {
    const step = fc.record({ id: fc.nat(40).map(String), atMs: fc.nat(9), isEnd: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const queue = new DueQueue()
        const open = new Map<string, number>()
        for (const { id, atMs, isEnd } of steps) {
          if (isEnd || open.has(id)) {
            queue.remove(id)
            open.delete(id)
          } else {
            queue.add(id, atMs)
            open.set(id, atMs)
          }
          const [first] = [...open].sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1))
          assert.deepEqual(queue.first(), first && { id: first[0], atMs: first[1] })
        }
      }),
      { numRuns: 200, seed: 20_261_121 },
    )
  })

  it('stays right when thousands have ended behind one that is due before them', () => {
    const queue = new DueQueue()
    queue.add('first', 0)
    for (let index = 0; index < 5_000; index++) queue.add(`id${index}`, 10 + index)
    for (let index = 0; index < 4_999; index++) queue.remove(`id${index}`)
    assert.deepEqual(queue.first(), { id: 'first', atMs: 0 })
    queue.remove('first')
    assert.deepEqual(queue.first(), { id: 'id4999', atMs: 5_009 })
  })

  it('comes in order though thousands of others ended and were cleared out between', () => {
    for (const seed of [7, 11, 13]) {
      const queue = new DueQueue()
      const open = Array.from({ length: 300 }, (_, index) => ({ id: `open${index}`, atMs: (index * seed) % 101 }))
      for (const { id, atMs } of open) queue.add(id, atMs)
      for (let index = 0; index < 2_000; index++) {
        queue.add(`ended${index}`, index % 97)
        queue.remove(`ended${index}`)
      }
      for (const due of open.toSorted((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1))) {
        assert.deepEqual(queue.first(), due)
        queue.remove(due.id)
      }
      assert.equal(queue.first(), undefined)
    }
  })
})
