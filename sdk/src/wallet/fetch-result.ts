import {
  type AnyJobOrder,
  type AnyUsageReceipt,
  digestOfContentId,
  domainName,
  domainVersion,
  type JobOutcome,
  jobOutcomes,
  lowerHex,
  type Message,
  type MessageType,
  orderTypeOf,
  parseMessage,
  receiptTypeOf,
  type Signed,
  zeroHash,
} from '@deparrow/ledger'
import type { Job, UncheckedSignedMessage } from '../api/job.ts'
import { DeparrowError } from '../errors.ts'
import { messageDigest, recoverSigner } from '../signing/typed-data.ts'
import { fetchContent } from './content-transfer.ts'
import type { WalletContext } from './wallet-context.ts'

/** The largest output that the network admits; used when a job does not name its own bound. */
const outputBytesMaxDefault = 64 * 2 ** 20

/** A result whose bytes are those that the node signed for. */
export type CheckedResult = {
  readonly output: Uint8Array
  readonly outputCid: string
  readonly outcome: JobOutcome
  readonly receipt: AnyUsageReceipt
}

/**
 * Checks the node's receipt, then downloads the output and checks it. When it returns, the bytes hash to the digest in a
 * receipt for this very order that the job's node signed. Throws {@link ResultCheckError}, or `CONTENT_MISMATCH` when the bytes
 * are others.
 */
export async function fetchResult(context: WalletContext, job: Job, signal?: AbortSignal): Promise<CheckedResult> {
  const receipt = await checkReceipt(context, job)
  const outcome = jobOutcomes[receipt.outcome]
  if (outcome === undefined) throw new ResultCheckError('RECEIPT_MALFORMED', 'its outcome is none that exists')
  const outputDigest = job.outputCid === null ? undefined : digestOfContentId(job.outputCid)
  if (job.outputCid === null || outputDigest === undefined) {
    throw new ResultCheckError('OUTPUT_MISSING', `the job ended as ${outcome} and has no output`)
  }
  if (receipt.outputDigest !== outputDigest) {
    throw new ResultCheckError('OUTPUT_DIGEST', 'the receipt is signed for another output')
  }
  const named = (job.spec['limits'] as { outputBytesMax?: unknown } | undefined)?.outputBytesMax
  const bytesMax = typeof named === 'number' ? Math.min(named, outputBytesMaxDefault) : outputBytesMaxDefault
  const output = await fetchContent(context, job.outputCid, bytesMax, signal)
  return { output, outputCid: job.outputCid, outcome, receipt }
}

/** The job's receipt once it is shown to be the node's own, for this order on this network and for the ordered input. */
export async function checkReceipt(context: WalletContext, job: Job): Promise<AnyUsageReceipt> {
  await checkOrder(context, job)
  if (job.receipt === null || job.node === null) {
    throw new ResultCheckError('RECEIPT_MISSING', `the job is ${job.status} and has no receipt`)
  }
  const { type, signed } = readSigned<AnyUsageReceipt>(context, receiptTypeOf, job.receipt, 'RECEIPT')
  const signer = await recoverSigner(context.domain, type, signed)
  if (signer !== job.node.address || signed.message.node !== job.node.address) {
    throw new ResultCheckError('RECEIPT_SIGNER', `it is not signed by the node ${job.node.address}`)
  }
  if (signed.message.orderDigest !== job.id) {
    throw new ResultCheckError('RECEIPT_ORDER', `it is for the order ${signed.message.orderDigest}`)
  }
  const inputDigest = job.inputCid === null ? zeroHash : digestOfContentId(job.inputCid)
  if (signed.message.inputDigest !== inputDigest) {
    throw new ResultCheckError('RECEIPT_INPUT', 'it is for another input than the ordered one')
  }
  return signed.message
}

/** The job must be what its payer, or this key for it, has signed: the id is the digest of the order that it shows. */
async function checkOrder(context: WalletContext, job: Job): Promise<void> {
  const { type, signed: order } = readSigned<AnyJobOrder>(context, orderTypeOf, job.order, 'ORDER')
  if (messageDigest(context.domain, type, order.message) !== job.id || order.message.payer !== job.payer) {
    throw new ResultCheckError('ORDER_DIGEST', 'the order that it shows is not the order of this job')
  }
  const signer = await recoverSigner(context.domain, type, order)
  if (signer !== job.payer && signer !== context.address) {
    throw new ResultCheckError('ORDER_SIGNER', `its order is not signed by the payer ${job.payer}`)
  }
}

/** Reads a message with the typed data of the version that signed it. */
function readSigned<M extends Message>(
  context: WalletContext,
  typeOf: (message: unknown) => MessageType,
  given: UncheckedSignedMessage,
  what: 'RECEIPT' | 'ORDER',
): { readonly type: MessageType; readonly signed: Signed<M> } {
  const { typedData, signature } = given
  const domain = (typedData['domain'] ?? {}) as Record<string, unknown>
  const isOurDomain =
    domain['name'] === domainName &&
    domain['version'] === domainVersion &&
    String(domain['chainId']) === String(context.domain.chainId) &&
    lowerHex(String(domain['verifyingContract'])) === context.domain.verifyingContract
  if (!isOurDomain) throw new ResultCheckError(`${what}_FOREIGN`, 'it is signed for another network')
  const type = typeOf(typedData['message'])
  const parsed = parseMessage<M>(type, typedData['message'])
  if (typedData['primaryType'] !== type.name || !parsed.ok) {
    throw new ResultCheckError(`${what}_MALFORMED`, `it is no message of type ${type.name}`)
  }
  return { type, signed: { message: parsed.message, signature } }
}

/** What about a result does not hold. */
export type ResultCheckCode =
  | 'RECEIPT_MISSING'
  | 'RECEIPT_MALFORMED'
  | 'RECEIPT_FOREIGN'
  | 'RECEIPT_SIGNER'
  | 'RECEIPT_ORDER'
  | 'RECEIPT_INPUT'
  | 'ORDER_MALFORMED'
  | 'ORDER_FOREIGN'
  | 'ORDER_DIGEST'
  | 'ORDER_SIGNER'
  | 'OUTPUT_MISSING'
  | 'OUTPUT_DIGEST'

/** Thrown when a job's result cannot be trusted or is not there; `code` says which check failed. */
export class ResultCheckError extends DeparrowError {
  override readonly name = 'ResultCheckError'
  constructor(code: ResultCheckCode, problem: string) {
    const subject = code.startsWith('RECEIPT') ? 'The receipt does not hold' : 'The result does not hold'
    super(code, `${subject}: ${problem}.`)
  }
}
