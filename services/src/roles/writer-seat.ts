import {
  JournalLedger,
  type JournalLedgerParts,
  type LedgerWriter,
  Standby,
  StoreDamagedError,
  standbyPollMs,
} from '@deparrow/ledger'
import { OtherLedgerError } from '../ledger/open-ledger.ts'
import type { Wait } from '../poll-loop.ts'

export type WriterSeatParts = {
  readonly ledger: JournalLedgerParts
  readonly wait: Wait
  readonly signal: AbortSignal
  readonly report: (problem: string) => void
  /** Keeps the ledger's time while it is the writer. Resolves when it is to write no longer: it was fenced, or the signal aborted. */
  readonly serve: (ledger: JournalLedger) => Promise<void>
}

const backoffMaxMs = 2_000

/**
 * A process's place at a shard: in waiting while another process writes it, its writer once that one is gone, and in waiting again when it
 * has lost it. Of the processes of a shard one writes; which one is a matter of the lease alone, not of their configuration.
 */
export class WriterSeat {
  private ledger: JournalLedger | undefined
  private standby: Standby | undefined

  constructor(private readonly parts: WriterSeatParts) {}

  /** The writer, while this process is it. */
  writer(): LedgerWriter | undefined {
    return this.ledger
  }

  /** How far this process has read the journal. */
  get position(): number {
    return this.ledger?.head().position ?? this.standby?.position ?? 0
  }

  /** Whether it could take the shard: it has read the journal and follows it. */
  isFollowing(): boolean {
    return this.ledger !== undefined || this.standby !== undefined
  }

  /**
   * Sits until the signal aborts. Throws `StoreDamagedError` when the journal is not what was written, and `OtherLedgerError` when it is
   * another network's; what else fails (the store, the chain) is tried again.
   */
  async run(): Promise<void> {
    const { signal } = this.parts
    for (let failureCount = 0; !signal.aborted; ) {
      try {
        await this.sit()
        failureCount = 0
      } catch (error) {
        if (error instanceof StoreDamagedError || error instanceof OtherLedgerError) throw error
        if (signal.aborted) return
        this.parts.report(`the shard cannot be followed now: ${error instanceof Error ? error.message : error}`)
        await this.parts.wait(Math.min(standbyPollMs * 2 ** failureCount++, backoffMaxMs), signal)
      }
    }
  }

  /** One turn: waits for the shard, writes it until it is lost. */
  private async sit(): Promise<void> {
    const { wait, signal } = this.parts
    this.standby ??= await Standby.open(this.parts.ledger)
    const ledger = await this.standby.step()
    if (ledger === undefined) return wait(standbyPollMs, signal)
    this.standby = undefined
    this.ledger = ledger
    try {
      await this.parts.serve(ledger)
    } finally {
      this.ledger = undefined
      await ledger.close()
    }
  }
}
