import { StoreDamagedError } from '@deparrow/ledger'

/** What one append wrote. */
export type JournalBatch = {
  readonly firstPosition: number
  readonly lastPosition: number
  /** The payloads of its events in UTF-8, one a line, in the order of their positions. */
  readonly payloads: Uint8Array
}

/**
 * The batches of a journal as they are stored, for those who go through all of it: no object is made for an event. It only reads, so it disturbs
 * no writer.
 */
export type JournalBatches = {
  /** Position of the last event of a shard, 0 for none. */
  end(shard: string): Promise<number>
  /**
   * Pages of the batches that hold the positions after `afterPosition` up to `untilPosition`; the first and the last may hold others too. Throws
   * {@link StoreDamagedError} when one is missing.
   */
  pages(shard: string, afterPosition: number, untilPosition: number): AsyncIterable<readonly JournalBatch[]>
  close(): Promise<void>
}

/** Looks at batches in their order and throws {@link StoreDamagedError} at the first gap. */
export class BatchOrder {
  private next: number

  constructor(
    private readonly shard: string,
    afterPosition: number,
    private readonly untilPosition: number,
  ) {
    this.next = afterPosition + 1
  }

  take({ firstPosition, lastPosition }: JournalBatch): void {
    if (firstPosition > this.next || lastPosition < this.next) throw this.missing()
    this.next = lastPosition + 1
  }

  end(): void {
    if (this.next <= this.untilPosition) throw this.missing()
  }

  private missing(): StoreDamagedError {
    return new StoreDamagedError(
      `the journal of shard ${this.shard} does not hold what was written at position ${this.next}: restore it from a backup`,
    )
  }
}
