import type { Snapshot, SnapshotStore } from '@deparrow/ledger'
import { InjectedFaultError } from '../engine/errors.ts'
import type { SimProcess } from '../engine/machine.ts'

/** The newest snapshots on a machine's disk, which outlive its processes. */
export type SnapshotDisk = { readonly newest: Map<string, Snapshot> }

/** Snapshots on one machine's disk. They are a cache, so that losing, keeping an old one or failing to write one must change nothing. */
export class SimSnapshotStore implements SnapshotStore {
  constructor(
    private readonly disk: SnapshotDisk,
    private readonly process: SimProcess,
    private readonly onSaved: (shard: string, snapshot: Snapshot) => void,
  ) {}

  async save(shard: string, snapshot: Snapshot): Promise<void> {
    const copy = structuredClone(snapshot)
    this.onSaved(shard, copy)
    if (this.isUnlucky()) throw new InjectedFaultError('the disk is full')
    this.disk.newest.set(shard, copy)
  }

  async newest(shard: string): Promise<Snapshot | undefined> {
    const kept = this.disk.newest.get(shard)
    if (kept === undefined || this.isUnlucky()) return undefined
    const copy = structuredClone(kept)
    return this.isUnlucky() ? { ...copy, hash: `0x${'ee'.repeat(32)}` } : copy
  }

  private isUnlucky(): boolean {
    const { sim } = this.process
    return !sim.isHealed && sim.random.chance(0.1)
  }
}
