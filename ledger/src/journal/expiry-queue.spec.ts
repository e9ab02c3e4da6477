import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ExpiryQueue } from './expiry-queue.ts'

type Due = { readonly atMs: number; readonly id: string }

const due = fc.record({ atMs: fc.nat(5), id: fc.string({ maxLength: 2 }) }, { noNullPrototype: true })

function inOrder(dues: readonly Due[]): readonly Due[] {
  return [...dues].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

function drain(queue: ExpiryQueue): readonly Due[] {
  const dues: Due[] = []
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) dues.push(next)
  return dues
}

describe('the expiry queue', () => {
  it('has nothing to give when it is empty', () => {
    const queue = new ExpiryQueue()
    assert.deepEqual([queue.size, queue.peek(), queue.pop()], [0, undefined, undefined])
  })

  it('gives what was put in, by time and, at equal times, by id', () => {
    fc.assert(
      fc.property(fc.array(due, { maxLength: 40 }), dues => {
        const queue = new ExpiryQueue()
        for (const { atMs, id } of dues) queue.push(atMs, id)
        assert.equal(queue.size, dues.length)
        assert.deepEqual(drain(queue), inOrder(dues))
      }),
      { seed: 20_261_123 },
    )
  })

  it('gives the earliest of what it holds while more is put in', () => {
    const action = fc.option(due, { freq: 2, nil: undefined })
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), actions => {
        const queue = new ExpiryQueue()
        let held: readonly Due[] = []
        for (const put of actions) {
          if (put === undefined) {
            const [first, ...rest] = inOrder(held)
            assert.deepEqual([queue.peek(), queue.pop()], [first, first])
            held = rest
          } else {
            queue.push(put.atMs, put.id)
            held = [...held, put]
          }
        }
        assert.deepEqual(drain(queue), inOrder(held))
      }),
      { seed: 20_261_124 },
    )
  })
})
