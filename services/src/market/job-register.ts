import type { Address, Hex } from '@deparrow/ledger'
import { evolveJob, hasEnded, isAssigned, type Job, type JobChange } from './job.ts'
import type { JobStore } from './job-store.port.ts'
import type { JobWriter } from './job-writer.ts'

export type JobListener = (job: Job, before: Job | undefined) => void

/** All jobs that have not ended, in memory and in step with the store; ended ones are read from the store. */
export class JobRegister {
  readonly #active = new Map<Hex, Job>()
  readonly #byNode = new Map<Address, Set<Hex>>()
  readonly #listeners = new Set<JobListener>()

  constructor(
    private readonly store: JobStore,
    private readonly writer: JobWriter,
    private readonly onWriteFailed: (error: unknown) => void,
  ) {}

  async load(): Promise<void> {
    for (const job of await this.store.unfinished()) this.#set(job)
  }

  active(): readonly Job[] {
    return [...this.#active.values()]
  }

  get activeCount(): number {
    return this.#active.size
  }

  activeJob(id: Hex): Job | undefined {
    return this.#active.get(id)
  }

  async job(id: Hex): Promise<Job | undefined> {
    return this.#active.get(id) ?? (await this.store.job(id))
  }

  /** Takes a new job in; answers when it is durable. */
  async add(job: Job): Promise<void> {
    this.#set(job)
    try {
      await this.writer.save(job)
    } catch (error) {
      // The failed write waits for the next one, which must not bring back what its payer was told is not there.
      this.remove(job.id).catch(this.onWriteFailed)
      throw error
    }
    this.#tell(job, undefined)
  }

  /** Forgets a job whose hold was refused; answers when that is durable. */
  remove(id: Hex): Promise<void> {
    this.#active.delete(id)
    return this.writer.remove(id)
  }

  /** Applies a change at once in memory; the store follows. `undefined` when the job is unknown or has ended. */
  apply(id: Hex, change: JobChange): Job | undefined {
    const before = this.#active.get(id)
    if (before === undefined || hasEnded(before)) return undefined
    const job = evolveJob(before, change)
    if (job === before) return job
    this.#set(job, before)
    this.writer.save(job).then(() => this.#forgetIfEnded(id), this.onWriteFailed)
    this.#tell(job, before)
    return job
  }

  /** Writes again what could not be written, and frees the jobs that have ended. */
  async writePending(): Promise<void> {
    if (!this.writer.hasPending) return
    const endedBefore = this.active().filter(hasEnded)
    await this.writer.flush()
    for (const { id } of endedBefore) this.#forgetIfEnded(id)
  }

  /** Unfinished jobs of a payer. */
  countOf(payer: Address): number {
    let count = 0
    for (const job of this.#active.values()) if (job.order.message.payer === payer) count++
    return count
  }

  /** Jobs that the node holds now. */
  jobsOf(node: Address): readonly Job[] {
    return [...(this.#byNode.get(node) ?? [])].flatMap(id => this.#active.get(id) ?? [])
  }

  jobCountOf(node: Address): number {
    return this.#byNode.get(node)?.size ?? 0
  }

  subscribe(listener: JobListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #set(job: Job, before?: Job): void {
    this.#active.set(job.id, job)
    if (before !== undefined && isAssigned(before)) this.#byNode.get(before.node)?.delete(job.id)
    if (!isAssigned(job)) return
    const jobs = this.#byNode.get(job.node) ?? new Set()
    this.#byNode.set(job.node, jobs.add(job.id))
  }

  /** An ended job stays in memory until the store has it, so that it can be found at every moment. */
  #forgetIfEnded(id: Hex): void {
    const job = this.#active.get(id)
    if (job !== undefined && hasEnded(job)) this.#active.delete(id)
  }

  #tell(job: Job, before: Job | undefined): void {
    for (const listener of this.#listeners) listener(job, before)
  }
}
