import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Actor } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { OverlayMap } from './overlay-map.ts'
import { snapshotFormat, stateOf, takeSnapshot } from './snapshot.ts'
import { initialState } from './state.ts'

function overlay() {
  const base = new Map<string, number | undefined>([
    ['a', 1],
    ['b', 2],
    ['u', undefined],
  ])
  return { base, map: new OverlayMap(base) }
}

function seen(map: OverlayMap<string, number | undefined>) {
  return ['a', 'b', 'u', 'x'].map(key => [map.has(key), map.get(key)])
}

describe('a map over another one', () => {
  const below = [
    [true, 1],
    [true, 2],
    [true, undefined],
    [false, undefined],
  ]

  it('shows what is below until it is changed, and changes nothing there', () => {
    const { base, map } = overlay()
    assert.deepEqual(seen(map), below)
    map.set('a', 9).set('x', 8)
    map.delete('b')
    assert.deepEqual(seen(map), [
      [true, 9],
      [false, undefined],
      [true, undefined],
      [true, 8],
    ])
    assert.deepEqual(seen(new OverlayMap(base)), below)
  })

  it('says of a deletion whether there was something', () => {
    const { map } = overlay()
    map.set('x', 8)
    assert.deepEqual(
      ['a', 'a', 'x', 'x', 'y', 'u'].map(key => map.delete(key)),
      [true, false, true, false, false, true],
    )
    assert.deepEqual(seen(map), [
      [false, undefined],
      [true, 2],
      [false, undefined],
      [false, undefined],
    ])
  })

  it('forgets what was put over what is below when that is deleted, and shows what is put there again', () => {
    const { map } = overlay()
    map.set('a', 9)
    assert.equal(map.delete('a'), true)
    assert.deepEqual([map.has('a'), map.get('a')], [false, undefined])
    map.set('a', 7)
    assert.deepEqual([map.has('a'), map.get('a')], [true, 7])
    map.set('a', undefined)
    assert.deepEqual([map.has('a'), map.get('a')], [true, undefined])
  })
})

describe('a snapshot', () => {
  const ann = new Actor(1)

  function used() {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 5_000_000n)
    ledger.accept({ type: 'OpenHold', order: ann.order({ nonce: 1n }) })
    return ledger.state
  }

  it('gives the state back with what is due, and names its place in the journal', () => {
    const state = used()
    const snapshot = takeSnapshot(state)
    assert.deepEqual([snapshot.format, snapshot.position, snapshot.hash], [snapshotFormat, state.position, state.hash])
    const again = stateOf(structuredClone(snapshot))
    assert.deepEqual(again, state)
    assert.deepEqual(again?.expiries.peek(), state.expiries.peek())
    assert.ok(state.expiries.peek() !== undefined)
  })

  it('of another format, with a part too few or too many, or with another part in place of one, is left aside', () => {
    const snapshot = takeSnapshot(used())
    const names = Object.keys(initialState())
    for (const format of [snapshotFormat - 1, snapshotFormat + 1]) {
      assert.equal(stateOf({ ...snapshot, format }), undefined)
    }
    assert.equal(stateOf({ ...snapshot, state: { ...snapshot.state, more: 1 } }), undefined)
    for (const name of names) {
      const { [name]: _, ...fewer } = snapshot.state
      assert.equal(stateOf({ ...snapshot, state: fewer }), undefined, name)
      assert.equal(stateOf({ ...snapshot, state: { ...fewer, other: 1 } }), undefined, name)
    }
    assert.equal(stateOf({ ...snapshot, state: {} }), undefined)
  })
})
