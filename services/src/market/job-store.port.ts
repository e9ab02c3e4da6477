import type { Address, Hex } from '@deparrow/ledger'
import type { Job, JobStatus } from './job.ts'

/** What one durable write of the market holds. */
export type JobBatch = {
  readonly jobs: readonly Job[]
  /** Jobs whose hold was refused: as if they had never been. */
  readonly removed: readonly Hex[]
  /** Whole log tails, at most {@link logTailLengthMax} UTF-16 units each. */
  readonly logs: readonly { readonly id: Hex; readonly text: string }[]
  /** Position of the last ledger event whose consequences are in this batch or an earlier one. */
  readonly cursor: number | undefined
}

/** What is kept of a job's log: the last 256 Ki UTF-16 units. */
export const logTailLengthMax = 256 * 1024

export type JobPage = {
  readonly jobs: readonly Job[]
  /** Give it as `before` to go on; `undefined` at the end. */
  readonly next: string | undefined
}

/** The market's memory. A batch is atomic, and durable when `write` answers. */
export type JobStore = {
  write(batch: JobBatch): Promise<void>
  job(id: Hex): Promise<Job | undefined>
  /** All jobs that have not ended, oldest first. */
  unfinished(): Promise<readonly Job[]>
  /** Jobs of a payer, newest first; a `before` that is no cursor counts as none. */
  page(payer: Address, first: number, before: string | undefined): Promise<JobPage>
  countByStatus(): Promise<Readonly<Partial<Record<JobStatus, number>>>>
  log(id: Hex): Promise<string | undefined>
  /** The cursor of the last batch that had one, 0 for none. */
  cursor(): Promise<number>
}
