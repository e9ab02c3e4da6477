import {
  type Address,
  contentIdOf,
  type Hex,
  type JobOutcome,
  type JobSpec,
  jobOutcomes,
  type OrderCancellation,
  type Signed,
  type SignedJobOrder,
  type SignedUsageReceipt,
  zeroHash,
} from '@deparrow/ledger'
import type { HandedReceipt } from './node-mesh.port.ts'

export type JobStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled'

/** For a person: why a job did not complete. `code` is stable. */
export type JobFailure = { readonly code: string; readonly message: string }

/** Where the credits of the hold went, in µcr; captured = earned + fee, and captured + released = the hold. */
export type JobSettlement = {
  readonly capturedMicrocredits: bigint
  readonly earnedMicrocredits: bigint
  readonly feeMicrocredits: bigint
  readonly releasedMicrocredits: bigint
}

/** One bought job as the market knows it. All times are Unix milliseconds on the market's clock. */
export type Job = {
  /** Digest of the signed order. */
  readonly id: Hex
  readonly order: SignedJobOrder
  readonly spec: JobSpec
  readonly status: JobStatus
  /** Whether the ledger has opened the hold; before that nothing is paid for and no node may have the job. */
  readonly isHeld: boolean
  /** The node that the ledger has assigned the hold to; kept after the end. */
  readonly node: Address | undefined
  /** Assignments so far, 0 for none. */
  readonly attempt: number
  readonly cancellation: Signed<OrderCancellation> | undefined
  readonly submittedAtMs: number
  readonly startedAtMs: number | undefined
  readonly receiptAtMs: number | undefined
  readonly endedAtMs: number | undefined
  /** When the credits of the hold had gone where they belong, durably. */
  readonly settledAtMs: number | undefined
  readonly receipt: SignedUsageReceipt | undefined
  readonly outputCid: string | null
  readonly failure: JobFailure | undefined
  readonly settlement: JobSettlement | undefined
}

/** What can happen to a job after its submission. All but `started`, `cancelRequested` and `receiptHanded` come from the ledger. */
export type JobChange =
  | { readonly type: 'held' }
  | { readonly type: 'assigned'; readonly node: Address; readonly attempt: number }
  | { readonly type: 'unassigned'; readonly attempt: number }
  | { readonly type: 'started'; readonly node: Address; readonly atMs: number }
  | { readonly type: 'cancelRequested'; readonly cancellation: Signed<OrderCancellation> }
  | { readonly type: 'receiptHanded'; readonly handed: HandedReceipt; readonly atMs: number }
  | { readonly type: 'receiptReceived'; readonly receipt: SignedUsageReceipt; readonly atMs: number }
  | { readonly type: 'settled'; readonly settlement: JobSettlement; readonly atMs: number }
  | {
      readonly type: 'released'
      readonly reason: 'cancelled' | 'notAssigned'
      readonly amountMicrocredits: bigint
      readonly atMs: number
    }
  | { readonly type: 'expired'; readonly amountMicrocredits: bigint; readonly atMs: number }

export function newJob(id: Hex, order: SignedJobOrder, spec: JobSpec, submittedAtMs: number): Job {
  return {
    id,
    order,
    spec,
    status: 'pending',
    isHeld: false,
    node: undefined,
    attempt: 0,
    cancellation: undefined,
    submittedAtMs,
    startedAtMs: undefined,
    receiptAtMs: undefined,
    endedAtMs: undefined,
    settledAtMs: undefined,
    receipt: undefined,
    outputCid: null,
    failure: undefined,
    settlement: undefined,
  }
}

/** Whether the job has ended and its credits are where they belong; nothing changes after that. */
export function hasEnded(job: Job): boolean {
  return job.settledAtMs !== undefined
}

/** Whether a node holds the job now. */
export function isAssigned(job: Job): job is Job & { readonly node: Address } {
  return job.node !== undefined && !hasEnded(job)
}

/**
 * The job after a change. A change that does not apply (seen before, of an earlier attempt, after the end) gives back the
 * same object, so that the ledger's events can be read again from any earlier position.
 */
export function evolveJob(job: Job, change: JobChange): Job {
  if (hasEnded(job)) return job
  switch (change.type) {
    case 'held':
      return job.isHeld ? job : { ...job, isHeld: true }
    case 'assigned':
      return change.attempt <= job.attempt ? job : { ...job, node: change.node, attempt: change.attempt, isHeld: true }
    case 'unassigned':
      return change.attempt !== job.attempt || job.node === undefined ? job : withoutNode(job)
    case 'started':
      return job.node !== change.node || job.startedAtMs !== undefined ? job : started(job, change.atMs)
    case 'cancelRequested':
      return job.cancellation === undefined ? { ...job, cancellation: change.cancellation } : job
    case 'receiptHanded':
      return withReceipt(job, change.handed, change.atMs)
    case 'receiptReceived':
      return job.receipt === undefined ? withReceipt(job, handedFrom(change.receipt), change.atMs) : job
    case 'settled':
      return settled(job, change.settlement, change.atMs)
    case 'released':
      return returned(job, 'cancelled', releaseReasons[change.reason], change.amountMicrocredits, change.atMs)
    case 'expired':
      return returned(job, 'failed', holdExpired, change.amountMicrocredits, change.atMs)
  }
}

const releaseReasons: Readonly<Record<'cancelled' | 'notAssigned', JobFailure>> = {
  cancelled: { code: 'CANCELLED', message: 'The payer cancelled the job before a node had it.' },
  notAssigned: { code: 'NO_NODE', message: 'No compute node took the job before its deadline. Order it again.' },
}

const holdExpired: JobFailure = {
  code: 'HOLD_EXPIRED',
  message: 'The node handed in no receipt before the hold expired. All credits are back; order the job again.',
}

/** How each outcome in a receipt ends the job, and what to say when the node gave no reason of its own. */
const endings: Readonly<Record<JobOutcome, { readonly status: JobStatus; readonly failure: JobFailure | undefined }>> =
  {
    completed: { status: 'completed', failure: undefined },
    failedByJob: { status: 'failed', failure: { code: 'FAILED_BY_JOB', message: 'The job failed by its own fault.' } },
    failedByNode: {
      status: 'failed',
      failure: { code: 'FAILED_BY_NODE', message: 'The node failed; it costs nothing.' },
    },
    cancelled: { status: 'cancelled', failure: { code: 'CANCELLED', message: 'The payer cancelled the running job.' } },
    timedOut: { status: 'failed', failure: { code: 'TIMED_OUT', message: 'The job ran to its time limit.' } },
    idle: { status: 'failed', failure: { code: 'IDLE', message: 'The node did not run the job; it costs nothing.' } },
  }

function withoutNode(job: Job): Job {
  return { ...job, node: undefined, startedAtMs: undefined, status: 'pending' }
}

function started(job: Job, atMs: number): Job {
  return { ...job, status: 'running', startedAtMs: Math.max(atMs, job.submittedAtMs) }
}

function withReceipt(job: Job, handed: HandedReceipt, atMs: number): Job {
  const { receipt, outputCid, failure } = handed
  const ranMs = Math.max(0, Number(receipt.message.endedAtMs - receipt.message.startedAtMs))
  const startedAtMs = job.startedAtMs ?? Math.max(job.submittedAtMs, atMs - ranMs)
  return {
    ...job,
    status: 'running',
    receipt,
    outputCid,
    failure: failure ?? undefined,
    startedAtMs,
    receiptAtMs: atMs,
  }
}

function handedFrom(receipt: SignedUsageReceipt): HandedReceipt {
  const { outputDigest } = receipt.message
  return { receipt, outputCid: outputDigest === zeroHash ? null : contentIdOf(outputDigest), failure: null }
}

function settled(job: Job, settlement: JobSettlement, atMs: number): Job {
  const ending = endings[jobOutcomes[job.receipt?.message.outcome ?? 0] ?? 'completed']
  const failure = ending.status === 'completed' ? undefined : (job.failure ?? ending.failure)
  return { ...job, status: ending.status, failure, settlement, endedAtMs: job.receiptAtMs ?? atMs, settledAtMs: atMs }
}

function returned(job: Job, status: JobStatus, failure: JobFailure, amount: bigint, atMs: number): Job {
  const settlement: JobSettlement = {
    capturedMicrocredits: 0n,
    earnedMicrocredits: 0n,
    feeMicrocredits: 0n,
    releasedMicrocredits: amount,
  }
  return { ...job, status, failure, settlement, endedAtMs: atMs, settledAtMs: atMs }
}
