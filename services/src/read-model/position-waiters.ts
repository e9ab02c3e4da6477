import { AppendWatch, WatchClosedError } from '../adapters/event-store/append-watch.ts'
import { ReadModelBehindError, type WaitOptions } from './read-queries.port.ts'

/** Longest wait that a caller may ask for; bounds how long hostile ones are kept. */
const timeoutMsMax = 60_000

/**
 * Lets callers wait until projections have come to a position. What this process folds wakes them at once; for what another one folds the
 * database is asked every 20 ms, and only while somebody waits.
 */
export class PositionWaiters {
  private watch: AppendWatch

  constructor(private readonly reachedIn: (shard: number) => Promise<number>) {
    this.watch = this.begin()
  }

  reached(shard: number, position: number): void {
    this.watch.reached(String(shard), position)
  }

  /**
   * Rejects with {@link ReadModelBehindError} after `timeoutMs` (0 to 60 000) or when the read model is closed, and with the reason of `signal`
   * when that aborts.
   */
  async wait(position: number, { timeoutMs, shard = 0, signal }: WaitOptions): Promise<void> {
    if (!(timeoutMs >= 0 && timeoutMs <= timeoutMsMax)) {
      throw new RangeError(`timeoutMs is 0 to ${timeoutMsMax}, not ${timeoutMs}`)
    }
    signal?.throwIfAborted()
    const reached = await this.reachedIn(shard)
    if (reached >= position) return
    const timeout = AbortSignal.timeout(timeoutMs)
    const ended = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    await this.watch.beyond(String(shard), position - 1, ended).catch((error: unknown) => {
      if (!(error instanceof WatchClosedError)) throw error
      throw new ReadModelBehindError({ shard, position, reachedPosition: reached })
    })
    signal?.throwIfAborted()
    const reachedPosition = await this.reachedIn(shard)
    if (reachedPosition < position) throw new ReadModelBehindError({ shard, position, reachedPosition })
  }

  /** To be called when the projections begin anew. */
  forget(): void {
    this.watch = this.begin()
  }

  close(): void {
    this.watch.close()
  }

  private begin(): AppendWatch {
    return new AppendWatch(shard => this.reachedIn(Number(shard)))
  }
}
