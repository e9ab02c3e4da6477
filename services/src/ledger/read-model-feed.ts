import type { JournalReads } from '@deparrow/ledger'
import type { ReadModel } from '../read-model/read-model.port.ts'
import { foldInto } from '../read-model/rebuild.ts'

/** A journal as it is projected: its events, and a call after each that comes. */
export type JournalSource = Pick<JournalReads, 'events' | 'subscribe'>

/** After a failed fold the journal is read again from the read model's position, not sooner than this. */
const retryMs = 1_000

/**
 * Folds the events of one shard's journal into the read model in order, in one transaction for all that queued meanwhile. The journal is the queue:
 * what is not folded yet is read from it, so that nothing is lost by a failure or a restart.
 */
export class ReadModelFeed {
  lastError: unknown
  private folding: Promise<void> | undefined
  private isStale = false
  private isStopped = false
  private retry: NodeJS.Timeout | undefined
  private end: (() => void) | undefined

  constructor(
    private readonly journal: JournalSource,
    private readonly readModel: ReadModel,
    private readonly shard = 0,
  ) {}

  /** Catches up, then follows. Rejects when the first catching up fails. */
  async start(): Promise<void> {
    await this.catchUp()
    this.end = this.journal.subscribe(() => this.wake())
    this.wake()
  }

  /** Ends after what is being folded. */
  async stop(): Promise<void> {
    this.isStopped = true
    this.end?.()
    clearTimeout(this.retry)
    await this.folding
  }

  private wake(): void {
    this.isStale = true
    if (this.isStopped || this.folding !== undefined) return
    this.folding = this.fold().finally(() => {
      this.folding = undefined
      if (this.isStale && this.lastError === undefined) this.wake()
    })
  }

  private async fold(): Promise<void> {
    try {
      this.isStale = false
      await this.catchUp()
      this.lastError = undefined
    } catch (error) {
      this.lastError = error
      if (!this.isStopped) this.retry = setTimeout(() => this.wake(), retryMs).unref()
    }
  }

  private async catchUp(): Promise<void> {
    await foldInto(this.readModel, (position, limit) => this.journal.events(position, limit), this.shard)
  }
}
