import type { Address, Hex } from '@deparrow/ledger'
import { AnswerInvalidError } from '../errors.ts'
import { type Fields, optional, read } from './read.ts'

/** The selection that {@link readJob} reads. */
export const jobFields = /* GraphQL */ `
  id payer engine status spec attempt submittedAt startedAt endedAt receiptAt settledAt inputCid outputCid outcome
  order { typedData signature signer } receipt { typedData signature signer }
  node { address peerId payoutWallet } failure { code message }
  captured earned fee released
`

export const jobStatuses = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const

export type JobStatus = (typeof jobStatuses)[number]

/** A complete EIP-712 object as the gateway tells it; nothing in it has been checked. */
export type UncheckedSignedMessage = {
  readonly typedData: Fields
  readonly signature: Hex
  readonly signer: Address
}

export type JobNode = { readonly address: Address; readonly peerId: string | null; readonly payoutWallet: Address }

/** A job as the gateway tells it; amounts in µcr, times in RFC 3339. `fetchResult` checks what can be checked. */
export type Job = {
  /** Digest of the signed order. */
  readonly id: Hex
  readonly payer: Address
  readonly engine: string
  readonly status: JobStatus
  readonly spec: Fields
  readonly order: UncheckedSignedMessage
  readonly node: JobNode | null
  readonly attempt: number
  readonly submittedAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly receiptAt: string | null
  readonly settledAt: string | null
  readonly inputCid: string | null
  readonly outputCid: string | null
  readonly outcome: string | null
  readonly failure: { readonly code: string; readonly message: string } | null
  readonly receipt: UncheckedSignedMessage | null
  readonly capturedMicrocredits: bigint | null
  readonly earnedMicrocredits: bigint | null
  readonly feeMicrocredits: bigint | null
  readonly releasedMicrocredits: bigint | null
}

/** Reads a `Job` of the schema; throws `ANSWER_INVALID`. */
export function readJob(job: Fields): Job {
  return {
    id: read.hash(job, 'id'),
    payer: read.address(job, 'payer'),
    engine: read.text(job, 'engine'),
    status: readStatus(job),
    spec: read.object(job, 'spec'),
    order: readSignedMessage(read.object(job, 'order')),
    node: readNode(optional(read.object, job, 'node')),
    attempt: read.integer(job, 'attempt'),
    ...readTimes(job),
    inputCid: optional(read.text, job, 'inputCid'),
    outputCid: optional(read.text, job, 'outputCid'),
    outcome: optional(read.text, job, 'outcome'),
    failure: readFailure(optional(read.object, job, 'failure')),
    receipt: job['receipt'] == null ? null : readSignedMessage(read.object(job, 'receipt')),
    capturedMicrocredits: optional(read.amount, job, 'captured'),
    earnedMicrocredits: optional(read.amount, job, 'earned'),
    feeMicrocredits: optional(read.amount, job, 'fee'),
    releasedMicrocredits: optional(read.amount, job, 'released'),
  }
}

/** Whether nothing will change any more: it ended and what it cost is durable, or it ended before any node had it. */
export function isSettled(job: Job): boolean {
  if (job.status === 'pending' || job.status === 'running') return false
  return job.settledAt !== null || job.releasedMicrocredits !== null || job.node === null
}

function readTimes(job: Fields) {
  return {
    submittedAt: read.text(job, 'submittedAt'),
    startedAt: optional(read.text, job, 'startedAt'),
    endedAt: optional(read.text, job, 'endedAt'),
    receiptAt: optional(read.text, job, 'receiptAt'),
    settledAt: optional(read.text, job, 'settledAt'),
  }
}

function readStatus(job: Fields): JobStatus {
  const status = jobStatuses.find(known => known === job['status'])
  if (status === undefined) throw new AnswerInvalidError('the gateway', 'the field status is no status of a job')
  return status
}

function readSignedMessage(message: Fields): UncheckedSignedMessage {
  return {
    typedData: read.object(message, 'typedData'),
    signature: read.hex(message, 'signature'),
    signer: read.address(message, 'signer'),
  }
}

function readNode(node: Fields | null): JobNode | null {
  if (node === null) return null
  return {
    address: read.address(node, 'address'),
    peerId: optional(read.text, node, 'peerId'),
    payoutWallet: read.address(node, 'payoutWallet'),
  }
}

function readFailure(failure: Fields | null): Job['failure'] {
  return failure === null ? null : { code: read.text(failure, 'code'), message: read.text(failure, 'message') }
}
