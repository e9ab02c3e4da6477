import type { Snapshot } from '../ports/snapshot-store.ts'
import { type Due, ExpiryQueue } from './expiry-queue.ts'
import { initialState, type LedgerState } from './state.ts'

/** Raise it with every change of what lies in `LedgerState`: an older snapshot is then left aside and the journal replayed. */
export const snapshotFormat = 4

/** The state as plain values. It shares them with the state: write it out before the state goes on. */
export function takeSnapshot(state: Readonly<LedgerState>): Snapshot {
  const values = Object.entries(state).map(([name, value]) => [
    name,
    value instanceof ExpiryQueue ? value.items() : value,
  ])
  return {
    format: snapshotFormat,
    position: state.position,
    hash: state.hash,
    state: Object.fromEntries(values),
  }
}

/** The state of a snapshot; `undefined` when the snapshot has another shape than today's state. */
export function stateOf(snapshot: Snapshot): LedgerState | undefined {
  const empty = initialState()
  const names = Object.keys(empty)
  const isSameShape = names.length === Object.keys(snapshot.state).length && names.every(name => name in snapshot.state)
  if (snapshot.format !== snapshotFormat || !isSameShape) return undefined
  const values = Object.entries(empty).map(([name, value]) => {
    const kept = snapshot.state[name]
    return [name, value instanceof ExpiryQueue ? ExpiryQueue.of(kept as readonly Due[]) : kept]
  })
  return Object.fromEntries(values) as LedgerState
}
