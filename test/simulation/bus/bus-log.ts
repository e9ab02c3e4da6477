import { assertContinues, BusFencedError, type LedgerCloudEvent } from '@deparrow/services/testing'

/** What the simulated broker keeps of one shard: its committed records, and who may add to them. */
export class BusLog {
  readonly events: LedgerCloudEvent[] = []
  private publisherEpoch = 0
  private readonly wakers = new Set<() => void>()

  constructor(
    readonly shard: string,
    private readonly onCommitted: (shard: string, batch: readonly LedgerCloudEvent[]) => void,
  ) {}

  /** Takes the right to publish. */
  open(): { readonly epoch: number; readonly last: LedgerCloudEvent | undefined } {
    this.publisherEpoch++
    return { epoch: this.publisherEpoch, last: this.events.at(-1) }
  }

  /** Commits a batch of whoever opened last. */
  commit(epoch: number, batch: readonly LedgerCloudEvent[]): void {
    if (epoch !== this.publisherEpoch) throw new BusFencedError({ shard: this.shard })
    assertContinues(this.events.at(-1), batch)
    this.events.push(...batch)
    this.onCommitted(this.shard, batch)
    for (const wake of [...this.wakers]) wake()
  }

  /** Calls back once, at the next commit; the function that it returns takes that back. */
  onNextCommit(wake: () => void): () => void {
    const once = (): void => {
      this.wakers.delete(once)
      wake()
    }
    this.wakers.add(once)
    return () => this.wakers.delete(once)
  }
}

/** The logs of all shards. */
export class BusLogs {
  private readonly logs = new Map<string, BusLog>()

  constructor(private readonly onCommitted: (shard: string, batch: readonly LedgerCloudEvent[]) => void) {}

  of(shard: string): BusLog {
    const known = this.logs.get(shard)
    if (known !== undefined) return known
    const created = new BusLog(shard, this.onCommitted)
    this.logs.set(shard, created)
    return created
  }
}
