import type { Hex } from '@deparrow/ledger'
import type { Job } from './job.ts'
import type { JobBatch, JobStore } from './job-store.port.ts'

/**
 * Writes the market's changes in groups: all that queued while one write ran goes into the next. Each call answers when its
 * change is durable. After a failed write its changes wait for the next one, and its callers are told of the failure.
 */
export class JobWriter {
  #jobs = new Map<Hex, Job>()
  #removed = new Set<Hex>()
  #logs = new Map<Hex, string>()
  #cursor: number | undefined
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(private readonly store: Pick<JobStore, 'write'>) {}

  save(job: Job): Promise<void> {
    this.#jobs.set(job.id, job)
    this.#removed.delete(job.id)
    return this.flush()
  }

  remove(id: Hex): Promise<void> {
    this.#jobs.delete(id)
    this.#removed.add(id)
    return this.flush()
  }

  /** Goes out with the next write. */
  setLog(id: Hex, text: string): void {
    this.#logs.set(id, text)
  }

  /** Goes out with the next write, never before the changes that were saved earlier. */
  setCursor(position: number): void {
    this.#cursor = position
  }

  /** Whether something was given that is not in a write yet. */
  get hasPending(): boolean {
    return this.#jobs.size + this.#removed.size + this.#logs.size > 0
  }

  /** Answers when everything given so far is durable. */
  flush(): Promise<void> {
    this.#next ??= this.#writeAfter(this.#last)
    return this.#next
  }

  async #writeAfter(previous: Promise<void>): Promise<void> {
    await previous
    const batch = this.#take()
    const written = this.#write(batch)
    this.#last = written.catch(() => undefined)
    this.#next = undefined
    await written
  }

  async #write(batch: JobBatch): Promise<void> {
    try {
      await this.store.write(batch)
    } catch (error) {
      this.#putBack(batch)
      throw error
    }
  }

  #take(): JobBatch {
    const batch: JobBatch = {
      jobs: [...this.#jobs.values()],
      removed: [...this.#removed],
      logs: [...this.#logs].map(([id, text]) => ({ id, text })),
      cursor: this.#cursor,
    }
    this.#jobs = new Map()
    this.#removed = new Set()
    this.#logs = new Map()
    this.#cursor = undefined
    return batch
  }

  #putBack(batch: JobBatch): void {
    for (const job of batch.jobs) {
      if (!this.#jobs.has(job.id) && !this.#removed.has(job.id)) this.#jobs.set(job.id, job)
    }
    for (const id of batch.removed) if (!this.#jobs.has(id)) this.#removed.add(id)
    for (const log of batch.logs) if (!this.#logs.has(log.id)) this.#logs.set(log.id, log.text)
    this.#cursor ??= batch.cursor
  }
}
