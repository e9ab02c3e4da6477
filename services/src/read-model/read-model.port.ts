import type { LedgerEvent } from '@deparrow/ledger'
import type { ReadQueries } from './read-queries.port.ts'

/** What projections know of each shard up to its position: always the state after a whole batch given to `apply`. */
export type ReadModel = ReadQueries & {
  /**
   * Folds events of a shard (0 unless it is named) in ascending order into the projections, in one transaction with the position. Events at or
   * before the position are skipped, so a batch may be given again. Throws {@link ReadModelGapError} when events are missing before them.
   */
  apply(events: readonly LedgerEvent[], shard?: number): Promise<void>
  /** Forgets everything, back to position 0 of every shard. Readers see that: to rebuild unseen, rebuild beside. */
  clear(): Promise<void>
  close(): Promise<void>
}

/** Thrown when events are applied that do not follow those in the read model. Nothing was changed. */
export class ReadModelGapError extends Error {
  override readonly name = 'ReadModelGapError'
  readonly expectedPosition: number
  readonly foundPosition: number
  constructor(options: { expectedPosition: number; foundPosition: number }) {
    super(
      `the read model expects the event at position ${options.expectedPosition} and was given ${options.foundPosition}; ` +
        'if it does not belong to this journal, rebuild it with npm run rebuild -- --data DIR',
    )
    this.expectedPosition = options.expectedPosition
    this.foundPosition = options.foundPosition
  }
}
