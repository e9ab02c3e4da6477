import { JournalLedger, type JournalLedgerParts } from './journal-ledger.ts'
import { leaseMs } from './journal-writer.ts'
import { Replica } from './replica.ts'

/** How often a standby looks at the journal and the lease: with the lease's time it takes over well within 2 s. */
export const standbyPollMs = 200

/** A writer in waiting: it follows the journal, so that it can go on at once when the shard's writer is gone. */
export class Standby {
  private constructor(
    private readonly parts: JournalLedgerParts,
    private readonly replica: Replica,
  ) {}

  /** Reads the journal so far. Throws `StoreDamagedError` when it is not what was written. */
  static async open(parts: JournalLedgerParts): Promise<Standby> {
    const replica = await Replica.restore(parts)
    await replica.catchUp()
    return new Standby(parts, replica)
  }

  /** How far it has followed. */
  get position(): number {
    return this.replica.state.position
  }

  /**
   * Follows what was written since, and takes the shard when its lease has run out or was given up. To be called every
   * {@link standbyPollMs}; after it has answered with a ledger the standby is that ledger, and is not to be called again.
   */
  async step(): Promise<JournalLedger | undefined> {
    await this.replica.catchUp()
    const lease = await this.parts.store.acquireExpired(this.parts.shard, leaseMs)
    if (lease === undefined) return undefined
    await this.replica.catchUp()
    return JournalLedger.take(this.parts, lease.leaseEpoch, this.replica)
  }
}
