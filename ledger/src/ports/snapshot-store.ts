import type { Hex } from '../hex.ts'

/** A ledger's state at a position, as plain values: maps, lists, texts, numbers and bigints. */
export type Snapshot = {
  /** Which shape `state` has; a snapshot of another shape is as good as none. */
  readonly format: number
  readonly position: number
  readonly hash: Hex
  readonly state: Readonly<Record<string, unknown>>
}

/**
 * A cache of states. Deleting it changes nothing but the time that a start takes; whatever comes out of it is checked
 * against the journal before it is used.
 */
export type SnapshotStore = {
  /** Keeps a snapshot in place of the one before. A failure leaves the one before, whole. */
  save(shard: string, snapshot: Snapshot): Promise<void>
  /** The newest whole snapshot; `undefined` when there is none or it cannot be read. */
  newest(shard: string): Promise<Snapshot | undefined>
}
