import {
  type Address,
  contentIdOf,
  digestOfContentId,
  type Hex,
  receiptTypeOf,
  type SignedUsageReceipt,
  zeroHash,
} from '@deparrow/ledger'
import { readSigned } from './admission.ts'
import { hasEnded, type Job } from './job.ts'
import type { JobRegister } from './job-register.ts'
import type { JobWriter } from './job-writer.ts'
import type { MarketParts } from './market-parts.ts'
import type { HandedReceipt, ReceiptReply } from './node-mesh.port.ts'

/** For fetching one output of at most 64 MiB from its node. */
const fetchTimeoutMs = 60_000

/**
 * Takes receipts from nodes: checks them against their jobs, fetches the output, and has the ledger settle them. The receipts of
 * one node are taken one after another in the order in which they came, because their sequence numbers ascend.
 */
export class Receipts {
  readonly #queues = new Map<Address, Promise<unknown>>()

  constructor(
    private readonly parts: MarketParts,
    private readonly register: JobRegister,
    private readonly writer: JobWriter,
  ) {}

  receive(node: Address, handed: HandedReceipt): Promise<ReceiptReply> {
    const receivedAtMs = this.parts.clock.nowMs()
    const previous = this.#queues.get(node) ?? Promise.resolve()
    const reply = previous.then(() => this.#settle(node, handed, receivedAtMs)).catch(error => this.#notNow(error))
    this.#queues.set(node, reply)
    reply.then(() => {
      if (this.#queues.get(node) === reply) this.#queues.delete(node)
    })
    return reply
  }

  async #settle(node: Address, handed: HandedReceipt, receivedAtMs: number): Promise<ReceiptReply> {
    const { receipt } = handed
    const job = await this.register.job(receipt.message.orderDigest)
    if (job === undefined) return refused('UNKNOWN_JOB')
    if (isSettledBy(job, receipt)) return acknowledged
    const mismatch = this.#mismatch(job, node, handed)
    if (mismatch !== undefined) return refused(mismatch)
    if (!(await this.#fetchOutput(job, node, handed.outputCid)))
      return { ...refused('OUTPUT_UNAVAILABLE'), final: false }
    this.register.apply(job.id, { type: 'receiptHanded', handed, atMs: receivedAtMs })
    const [answer] = await Promise.all([
      this.parts.ledger.submit({ type: 'ReceiveReceipt', receipt }),
      this.writer.flush(),
    ])
    if (answer.status === 'accepted') return acknowledged
    return { acknowledged: false, code: answer.refusal.code, final: !forNow.has(answer.refusal.code) }
  }

  /** Why the receipt cannot be one for this job on this node. */
  #mismatch(job: Job, node: Address, handed: HandedReceipt): string | undefined {
    const { message, signature } = handed.receipt
    if (hasEnded(job)) return 'JOB_ENDED'
    if (message.node !== node) return 'WRONG_NODE'
    if (job.node !== node || job.attempt !== message.attempt) return 'NOT_ASSIGNED'
    if (message.inputDigest !== inputDigestOf(job)) return 'INPUT_MISMATCH'
    const outputCid = message.outputDigest === zeroHash ? null : contentIdOf(message.outputDigest)
    if (handed.outputCid !== outputCid) return 'OUTPUT_MISMATCH'
    const signed = readSigned(receiptTypeOf(message), message, signature, node, this.parts)
    return signed.ok ? undefined : 'INVALID_SIGNATURE'
  }

  async #fetchOutput(job: Job, node: Address, outputCid: string | null): Promise<boolean> {
    const { content, mesh, report } = this.parts
    if (outputCid === null || (await content.has(outputCid))) return true
    try {
      const signal = AbortSignal.timeout(fetchTimeoutMs)
      const stored = await content.put(await mesh.fetchContent(node, outputCid, job.spec.limits.outputBytesMax, signal))
      return stored === outputCid
    } catch (error) {
      report(
        `the output of job ${job.id} could not be fetched from node ${node}; the node will hand it in again`,
        error,
      )
      return false
    }
  }

  #notNow(error: unknown): ReceiptReply {
    this.parts.report('a receipt could not be settled; its node will hand it in again', error)
    return { acknowledged: false, code: 'TRY_AGAIN', final: false }
  }
}

/** Refusals of the ledger that pass with time. */
const forNow: ReadonlySet<string> = new Set(['RECEIPT_FROM_FUTURE'])

const acknowledged: ReceiptReply = { acknowledged: true }

function refused(code: string): { readonly acknowledged: false; readonly code: string; readonly final: boolean } {
  return { acknowledged: false, code, final: true }
}

function inputDigestOf(job: Job): Hex {
  return job.spec.inputCid === null ? zeroHash : (digestOfContentId(job.spec.inputCid) ?? zeroHash)
}

/** Whether the job was settled by this very receipt, which its node hands in again because it missed the answer. */
function isSettledBy(job: Job, receipt: SignedUsageReceipt): boolean {
  if (!hasEnded(job) || job.receipt?.signature !== receipt.signature) return false
  const names = Object.keys(receipt.message) as (keyof typeof receipt.message)[]
  return names.every(name => job.receipt?.message[name] === receipt.message[name])
}
