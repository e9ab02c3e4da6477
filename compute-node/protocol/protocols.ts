import {
  assignLimits,
  cancelLimits,
  contentLimits,
  joinLimits,
  type ProtocolLimits,
  progressLimits,
  receiptLimits,
} from './limits.ts'
import {
  type AssignmentAnswer,
  type AssignmentOffer,
  assignmentAnswerCodec,
  assignmentOfferCodec,
  type CancelAnswer,
  type CancelRequest,
  type ContentHeader,
  type ContentRequest,
  cancelAnswerCodec,
  cancelRequestCodec,
  contentHeaderCodec,
  contentRequestCodec,
  type JoinAnswer,
  type JoinHello,
  joinAnswerCodec,
  joinHelloCodec,
  type ReceiptAnswer,
  type ReceiptHandover,
  receiptAnswerCodec,
  receiptHandoverCodec,
} from './messages.ts'
import type { MessageCodec } from './wire-values.ts'

/**
 * One question and one answer on a stream of its own. Every stream runs inside a Noise session, which is authenticated by
 * both keys, ordered and proof against replay; what outlives the session (orders, certificates, releases, receipts) carries an
 * EIP-712 signature with a nonce, an attempt or a sequence of its own, and a time.
 */
export type RequestProtocol<Request, Reply> = {
  /** `/deparrow/<name>/<major.minor.patch>`; peers that speak no common version do not get a stream. */
  readonly id: string
  readonly limits: ProtocolLimits
  readonly request: MessageCodec<Request>
  readonly reply: MessageCodec<Reply>
}

/** Node → market, once a connection, before anything else. The connection's end is the node's leaving. */
export const joinProtocol: RequestProtocol<JoinHello, JoinAnswer> = {
  id: '/deparrow/join/1.0.0',
  limits: joinLimits,
  request: joinHelloCodec,
  reply: joinAnswerCodec,
}

/** Market → node. Accepted means that the node has the job durably and will sign a receipt for it. */
export const assignProtocol: RequestProtocol<AssignmentOffer, AssignmentAnswer> = {
  id: '/deparrow/assign/1.1.0',
  limits: assignLimits,
  request: assignmentOfferCodec,
  reply: assignmentAnswerCodec,
}

/** Market → node. */
export const cancelProtocol: RequestProtocol<CancelRequest, CancelAnswer> = {
  id: '/deparrow/cancel/1.0.0',
  limits: cancelLimits,
  request: cancelRequestCodec,
  reply: cancelAnswerCodec,
}

/** Node → market, one after another, until each is acknowledged or finally refused. */
export const receiptProtocol: RequestProtocol<ReceiptHandover, ReceiptAnswer> = {
  id: '/deparrow/receipt/1.1.0',
  limits: receiptLimits,
  request: receiptHandoverCodec,
  reply: receiptAnswerCodec,
}

/** Either way: a CID; the answer is a header and, when the content is there, its bytes. */
export const contentProtocol: RequestProtocol<ContentRequest, ContentHeader> = {
  id: '/deparrow/content/1.0.0',
  limits: contentLimits,
  request: contentRequestCodec,
  reply: contentHeaderCodec,
}

/** Node → market, one stream a connection, frames of one message each, never answered. */
export const progressProtocol: { readonly id: string; readonly limits: ProtocolLimits } = {
  id: '/deparrow/progress/1.0.0',
  limits: progressLimits,
}
