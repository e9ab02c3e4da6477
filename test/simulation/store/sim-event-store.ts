import {
  type AppendBatch,
  type AppendResult,
  type EventStore,
  type JournalHead,
  type Lease,
  type StoredEvent,
  UnknownOutcomeError,
} from '@deparrow/ledger'
import type { SimProcess } from '../engine/machine.ts'
import type { Network } from '../engine/network.ts'
import type { Journals } from './journals.ts'

/** A reader that waits looks again after so long, also when nobody has told it of an append. */
const lookAgainMs = 700

/** The event store as one process reaches it: with all that may happen to a request and its answer on the way. */
export class SimEventStore implements EventStore {
  constructor(
    private readonly network: Network,
    private readonly journals: Journals,
    private readonly process: SimProcess,
  ) {}

  acquire(shard: string, leaseMs: number): Promise<Lease> {
    return this.ask('acquire', () => this.journals.store.acquire(shard, leaseMs))
  }

  acquireExpired(shard: string, leaseMs: number): Promise<Lease | undefined> {
    return this.ask('acquireExpired', () => this.journals.store.acquireExpired(shard, leaseMs))
  }

  renew(shard: string, leaseEpoch: number, leaseMs: number): Promise<boolean> {
    return this.ask('renew', () => this.journals.store.renew(shard, leaseEpoch, leaseMs))
  }

  release(shard: string, leaseEpoch: number): Promise<void> {
    return this.ask('release', () => this.journals.store.release(shard, leaseEpoch))
  }

  append(batch: AppendBatch): Promise<AppendResult> {
    return this.network.call({
      from: this.process,
      to: 'store',
      what: `append ${batch.shard} ${batch.expectedPosition}+${batch.events.length} epoch ${batch.leaseEpoch}`,
      effect: () => this.journals.append(batch),
      isRepeatable: true,
      unanswered: cause => new UnknownOutcomeError({ cause }),
    })
  }

  head(shard: string): Promise<JournalHead> {
    return this.ask('head', () => this.journals.store.head(shard))
  }

  read(shard: string, afterPosition: number, limit: number): Promise<readonly StoredEvent[]> {
    return this.ask(`read ${shard} ${afterPosition}`, () => this.journals.store.read(shard, afterPosition, limit))
  }

  async waitBeyond(shard: string, position: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const head = await this.head(shard)
      if (head.position > position) return
      await this.woken(shard, signal)
    }
  }

  async close(): Promise<void> {}

  /** Until something was appended and the word of it has come, or it is time to look by oneself. */
  private async woken(shard: string, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    const wake = (): void => woken.abort('woken')
    const forget = this.journals.onNextAppend(shard, () => {
      this.process.sim.scheduler.after(900, wake)
    })
    signal.addEventListener('abort', wake)
    await this.process.wait(lookAgainMs, woken.signal)
    signal.removeEventListener('abort', wake)
    forget()
  }

  private ask<T>(what: string, effect: () => Promise<T>): Promise<T> {
    return this.network.call({ from: this.process, to: 'store', what, effect })
  }
}
