import {
  digestOfContentId,
  type JobOutcome,
  jobOutcomes,
  type UsageReceipt,
  usageReceiptType,
  zeroHash,
} from '@deparrow/ledger'
import { failureMessageLengthMax, type ReceiptHandover } from '../../protocol/index.ts'
import type { JobEnd, JobRefusalCode, JobUsage } from '../execution/engine.ts'
import type { NodeSigner } from './node-crypto.ts'
import type { AssignedJob } from './node-store.ts'

/** How a job ended on this node, before a receipt is signed about it. */
export type JobResult = {
  readonly outcome: Exclude<JobOutcome, 'idle'>
  readonly usage: JobUsage
  /** Unix milliseconds on the node's clock: where the job's own clock began, or when the node gave up before. */
  readonly startedAtMs: number
  /** CID of the stored output of a completed job. */
  readonly outputCid: string | null
  readonly failure: { readonly code: string; readonly message: string } | null
}

/** A job of which nothing ran. */
export const noUsage: JobUsage = { fuel: 0n, cpuMs: 0, memoryBytesPeak: 0, wallMs: 0, logBytes: 0, outputBytes: 0 }

/** A result for which the node is to blame and is not paid. */
export function nodeFailure(nowMs: number, code: string, message: string, usage: JobUsage = noUsage): JobResult {
  return { outcome: 'failedByNode', usage, startedAtMs: nowMs, outputCid: null, failure: { code, message } }
}

/** Reads an engine's verdict. A refused job is the job's own fault, unless the engine lacked what it needed. */
export function resultOf(end: JobEnd, startedAtMs: number, outputCid: string | null): JobResult {
  const base = { usage: end.usage, startedAtMs, outputCid: null }
  switch (end.outcome) {
    case 'completed':
      return { ...base, outcome: 'completed', outputCid, failure: null }
    case 'failed':
      return { ...base, outcome: 'failedByJob', failure: { code: end.reason, message: end.message } }
    case 'timedOut':
      return { ...base, outcome: 'timedOut', failure: { code: 'TIMED_OUT', message: end.message } }
    case 'cancelled':
      return { ...base, outcome: 'cancelled', failure: { code: 'CANCELLED', message: end.message } }
    case 'nodeFailed':
      return nodeFailure(startedAtMs, 'ENGINE_FAILED', end.message, end.usage)
    case 'refused':
      if (nodesOwnRefusals.includes(end.code)) return nodeFailure(startedAtMs, end.code, end.message, end.usage)
      return { ...base, outcome: 'failedByJob', failure: { code: end.code, message: end.message } }
  }
}

const nodesOwnRefusals: readonly JobRefusalCode[] = ['IMAGE_NOT_AVAILABLE', 'ENGINE_CLOSED']

/** No engine of this version has GPUs, keeps what a job stores, or lets a job reach the outside, so none of it is ever claimed. */
const noAddedUsage = { gpuMs: 0n, storageByteSeconds: 0n, egressBytes: 0n } as const

/** Signs the receipt. The wall time is the engine's, by a monotonic clock: the receipt's end is its start plus that. */
export function signReceipt(
  signer: NodeSigner,
  job: AssignedJob,
  result: JobResult,
  sequence: bigint,
): ReceiptHandover {
  const { usage, failure, outputCid } = result
  const message: UsageReceipt = {
    orderDigest: job.orderDigest,
    node: signer.address,
    attempt: job.attempt,
    sequence,
    outcome: jobOutcomes.indexOf(result.outcome),
    inputDigest: digestOf(job.offer.spec.inputCid),
    outputDigest: digestOf(outputCid),
    startedAtMs: BigInt(result.startedAtMs),
    endedAtMs: BigInt(result.startedAtMs + Math.ceil(usage.wallMs)),
    fuel: usage.fuel,
    cpuMs: BigInt(Math.floor(usage.cpuMs)),
    memoryBytesPeak: BigInt(Math.floor(usage.memoryBytesPeak)),
    ...noAddedUsage,
  }
  return {
    receipt: signer.sign(usageReceiptType, message),
    outputCid,
    failure: failure === null ? null : { ...failure, message: failure.message.slice(0, failureMessageLengthMax) },
  }
}

function digestOf(contentId: string | null): `0x${string}` {
  return contentId === null ? zeroHash : (digestOfContentId(contentId) ?? zeroHash)
}
