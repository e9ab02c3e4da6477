import { assignmentReleaseType, type Clock, type Hex } from '@deparrow/ledger'
import {
  type AssignmentAnswer,
  type AssignmentOffer,
  ProtocolViolationError,
  runningJobsMax,
} from '../../protocol/index.ts'
import type { ProgressSender } from '../network/progress-sender.ts'
import { type AssignmentRefusalCode, type AssignmentTerms, findForgery, findUnsuited } from './assignment-check.ts'
import type { Capacity } from './capacity.ts'
import type { JobPapers } from './job-papers.ts'
import type { JobRunner } from './job-runner.ts'
import type { KnownPricings } from './known-pricings.ts'
import type { NodeSigner } from './node-crypto.ts'
import { errorText, type NodeLog } from './node-log.ts'
import { runsMax } from './node-options.ts'
import type { AssignedJob, HeldReceipt, NodeStore } from './node-store.ts'
import type { ReceiptCourier } from './receipt-courier.ts'
import { type JobResult, nodeFailure, signReceipt } from './receipt-maker.ts'

export type JobDeskParts = {
  readonly terms: Omit<AssignmentTerms, 'pricingDigests'>
  readonly pricings: KnownPricings
  readonly store: NodeStore
  readonly papers: JobPapers
  readonly signer: NodeSigner
  readonly capacity: Capacity
  readonly runner: JobRunner
  readonly progress: ProgressSender
  readonly courier: ReceiptCourier
  readonly clock: Clock
  readonly log: NodeLog
}

type RunningJob = {
  readonly job: AssignedJob
  readonly abort: AbortController
  startedAtMs: number | undefined
  done: Promise<void>
}

/** What says nothing true of when its order ends is remembered for thirty days: no hold stands longer. */
const forgedKeptMs = 30 * 86_400_000

/** Logs on their way are given this long to leave before the receipt follows them. */
const flushMsMax = 1_000

/**
 * Where jobs come in and receipts go out. A job that it accepts is on disk before it says so, and from then on ends in exactly
 * one signed receipt, whatever happens to the process. A job that it refuses is given back with a signed release.
 */
export class JobDesk {
  readonly #running = new Map<Hex, RunningJob>()
  #isStopping = false

  constructor(private readonly parts: JobDeskParts) {}

  /** Jobs that this node holds and has not handed a receipt in for: what it tells the market when it joins. */
  jobsInHand(): readonly Hex[] {
    const { store } = this.parts
    const jobs = [...store.assignedJobs(), ...store.heldReceipts()]
    return jobs.slice(0, runningJobsMax).map(job => job.orderDigest)
  }

  get runningCount(): number {
    return this.#running.size
  }

  /**
   * Takes a job, or gives it back. Asked again about a job that it took, it answers the same. Throws `ProtocolViolationError` for an order that it took in
   * another attempt: it signs one receipt for an order, and works for it once. No attempt is taken that is not above all that were given back: a release is the
   * node's word to the contracts that nothing is due to it for that attempt.
   */
  async assign(offer: AssignmentOffer): Promise<AssignmentAnswer> {
    const { store, papers, capacity, clock, pricings } = this.parts
    const { attempt, expires, pricingDigest } = offer.certificate.message
    const terms = () => ({ ...this.parts.terms, pricingDigests: pricings.digests() })
    // Only for what the ledger has certified is anybody asked. Whether the job is known is looked at afterwards, because it may be offered again meanwhile.
    const isStrange = !pricings.digests().includes(pricingDigest) && findForgery(offer, terms()) === undefined
    if (isStrange) await pricings.learn(pricingDigest)
    const known = store.stateOf({ orderDigest: offer.orderDigest, attempt })
    if (known !== undefined && known !== 'released') return { accepted: true }
    if (store.isTaken(offer.orderDigest)) {
      throw new ProtocolViolationError('ORDER_TAKEN', `order ${offer.orderDigest}, now in attempt ${attempt}`)
    }
    const nowMs = clock.nowMs()
    const forgery = findForgery(offer, terms())
    if (forgery !== undefined) {
      if (known === undefined) store.released(offer, nowMs, nowMs + forgedKeptMs)
      return this.#release(offer, forgery)
    }
    if (store.lastReleased(offer.orderDigest) >= attempt) return this.#release(offer, 'ALREADY_ENDED')
    const { memoryBytesMax } = offer.spec.limits
    const refusal = findUnsuited(offer, terms(), nowMs) ?? capacity.reserve(memoryBytesMax)
    const expiresAtMs = Number(expires) * 1000
    if (refusal !== undefined) {
      const { deadline, graceSeconds } = offer.order.message
      store.released(offer, nowMs, Math.max(expiresAtMs, (Number(deadline) + graceSeconds) * 1000))
      return this.#release(offer, refusal)
    }
    try {
      const pricing = pricings.find(pricingDigest)
      // Kept first: a job that is run and cannot be shown to the contracts would be run for nothing.
      if (pricing !== undefined) papers.keep(offer, pricing, nowMs)
      this.#start(store.accept(offer, nowMs, expiresAtMs))
    } catch (error) {
      capacity.free(memoryBytesMax)
      throw error
    }
    return { accepted: true }
  }

  /** Stops a job of the payer's; its receipt then says `cancelled`. Jobs that are not running are left as they are. */
  cancel(orderDigest: Hex): void {
    this.#running.get(orderDigest)?.abort.abort(new JobStoppedError('payer'))
  }

  /** Takes up what an earlier process left: runs jobs again, or ends them for good. */
  resume(): void {
    for (const job of this.parts.store.assignedJobs()) this.#resumeOne(job)
  }

  /** Tells the market again which jobs are running, after it may have missed it. */
  announce(): void {
    for (const { job, startedAtMs } of this.#running.values()) {
      if (startedAtMs !== undefined) this.parts.progress.started(job.orderDigest, startedAtMs)
    }
  }

  /** Stops all jobs without a receipt: the next process runs them again. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const running = [...this.#running.values()]
    for (const { abort } of running) abort.abort(new JobStoppedError('node'))
    await Promise.all(running.map(({ done }) => done))
  }

  #resumeOne(job: AssignedJob): void {
    const { store, capacity, courier, clock } = this.parts
    const nowMs = clock.nowMs()
    const fail = (code: string, message: string) => courier.add(this.#conclude(job, nodeFailure(nowMs, code, message)))
    if (Number(job.offer.order.message.deadline) * 1000 <= nowMs) {
      fail('DEADLINE_PASSED', 'the node was down until the deadline had passed')
    } else if (job.runs >= runsMax) {
      fail('NODE_DIED', `the node died ${runsMax} times while it ran the job`)
    } else if (capacity.reserve(job.offer.spec.limits.memoryBytesMax) !== undefined) {
      fail('NO_CAPACITY', 'the node was started again with less room than before')
    } else {
      this.#start(store.countRun(job))
    }
  }

  #start(job: AssignedJob): void {
    const running: RunningJob = { job, abort: new AbortController(), startedAtMs: undefined, done: Promise.resolve() }
    this.#running.set(job.orderDigest, running)
    running.done = this.#run(running).catch(error => {
      const message = `job ${job.orderDigest} could not be concluded, the next start of the node will: ${errorText(error)}`
      this.parts.log({ level: 'error', code: 'JOB_NOT_CONCLUDED', message })
    })
  }

  async #run(running: RunningJob): Promise<void> {
    const { runner, progress, courier, capacity } = this.parts
    const { job, abort } = running
    try {
      const onStarted = (startedAtMs: number) => {
        running.startedAtMs = startedAtMs
        progress.started(job.orderDigest, startedAtMs)
      }
      const onLog = (chunk: Uint8Array) => progress.log(job.orderDigest, chunk)
      const result = await runner.run(job, { onStarted, onLog }, abort.signal)
      if (result.outcome === 'cancelled' && this.#isInterrupted(abort.signal)) return
      const held = this.#conclude(job, result)
      await progress.flushed(flushMsMax)
      if (!this.#isStopping) courier.add(held)
    } finally {
      this.#running.delete(job.orderDigest)
      capacity.free(job.offer.spec.limits.memoryBytesMax)
    }
  }

  /** Signs the receipt and keeps it. */
  #conclude(job: AssignedJob, result: JobResult): HeldReceipt {
    const { store, signer, clock, log } = this.parts
    const held = store.keepReceipt(job, clock.nowMs(), sequence => signReceipt(signer, job, result, sequence))
    const data = { job: job.orderDigest, outcome: result.outcome, sequence: held.sequence.toString() }
    log({ level: 'info', code: 'RECEIPT_SIGNED', message: `job ${job.orderDigest} ended: ${result.outcome}`, data })
    return held
  }

  #isInterrupted({ reason }: AbortSignal): boolean {
    return reason instanceof JobStoppedError && reason.by === 'node'
  }

  #release(offer: AssignmentOffer, code: AssignmentRefusalCode): AssignmentAnswer {
    const { signer, log } = this.parts
    const { attempt } = offer.certificate.message
    const message = { orderDigest: offer.orderDigest, node: signer.address, attempt }
    const data = { job: offer.orderDigest, code }
    log({ level: 'warn', code: 'JOB_RELEASED', message: `job ${offer.orderDigest} is not taken: ${code}`, data })
    return { accepted: false, code, release: signer.sign(assignmentReleaseType, message) }
  }
}

/** The reason with which a running job is stopped from outside. */
export class JobStoppedError extends Error {
  override readonly name = 'JobStoppedError'
  constructor(readonly by: 'payer' | 'node') {
    super(by === 'payer' ? 'the payer cancelled the job' : 'the node is stopping')
  }
}
