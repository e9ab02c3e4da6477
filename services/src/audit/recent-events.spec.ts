import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Hex, LedgerEvent } from '@deparrow/ledger'
import { RecentEvents } from './recent-events.ts'

const hashOf = (position: number): Hex => `0x${position.toString(16).padStart(64, '0')}`

/** Event n moves n µcr from `burn` to `treasury`. */
function event(position: number): LedgerEvent {
  const amountMicrocredits = BigInt(position)
  const entries = [
    { account: 'burn', amountMicrocredits: -amountMicrocredits },
    { account: 'treasury', amountMicrocredits },
  ]
  return { position, entries } as unknown as LedgerEvent
}

function recent(eventsMax: number, count: number): RecentEvents {
  const events = new RecentEvents(eventsMax)
  for (let position = 1; position <= count; position++) events.add(event(position), hashOf(position))
  return events
}

describe('the newest events', () => {
  it('do not know what was before them, nor what has not come', () => {
    const events = recent(3, 6)
    assert.equal(events.knowsAfter(2), false)
    assert.equal(events.knowsAfter(3), true)
    assert.equal(events.hashAt(3), undefined)
    assert.equal(events.hashAt(4), hashOf(4))
    assert.equal(events.hashAt(7), undefined)
  })

  it('keep as many as they were told, and fewer than twice as many', () => {
    for (let count = 1; count < 40; count++) {
      const events = recent(5, count)
      assert.equal(events.knowsAfter(Math.max(0, count - 5)), true)
      if (count >= 10) assert.equal(events.knowsAfter(count - 10), false)
    }
  })

  it('say what accounts moved by between two positions, the first not counted', () => {
    const events = recent(10, 6)
    assert.deepEqual(
      events.changes(3, 5),
      new Map([
        ['treasury', 9n],
        ['burn', -9n],
      ]),
    )
    assert.deepEqual(events.changes(5, 5), new Map())
    assert.deepEqual(
      [...events.entries(4, 6)].map(({ account, amountMicrocredits }) => `${account} ${amountMicrocredits}`),
      ['treasury 6', 'burn -6', 'treasury 5', 'burn -5'],
    )
  })

  it('know everything while they are empty, and after they were cleared', () => {
    const events = recent(3, 6)
    events.clear()
    assert.equal(events.knowsAfter(0), true)
    assert.equal(events.hashAt(6), undefined)
  })
})
