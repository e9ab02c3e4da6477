import {
  type Address,
  type AnyJobOrder,
  type AnyUsageReceipt,
  type AssignmentRelease,
  assignmentReleaseType,
  type EngineName,
  type Hex,
  type HoldCertificate,
  holdCertificateType,
  type JobSpec,
  type NodeRegistration,
  nodeRegistrationType,
  orderTypeOf,
  type PayoutInstruction,
  payoutInstructionType,
  receiptTypeOf,
  type Signed,
  type SpendPermission,
  spendPermissionType,
} from '@deparrow/ledger'
import * as z from 'zod'
import { contentBytesMax, failureMessageLengthMax, logChunkBytesMax, runningJobsMax, slotsMaxMax } from './limits.ts'
import {
  addressSchema,
  codeSchema,
  contentIdSchema,
  digestSchema,
  encodeSigned,
  integerSchema,
  jobSpecSchema,
  type MessageCodec,
  signedSchema,
  signedSchemaOf,
} from './wire-values.ts'

/** Node → market: who joins, what it offers, and the jobs that it holds and has not handed a receipt in for. */
export type JoinHello = {
  readonly address: Address
  readonly peerId: string
  readonly engines: readonly EngineName[]
  readonly slotsMax: number
  readonly memoryBytesMax: number
  readonly graceSecondsMin: number
  readonly registration: Signed<NodeRegistration>
  readonly payoutInstruction: Signed<PayoutInstruction> | undefined
  readonly running: readonly Hex[]
}

export type JoinAnswer = { readonly accepted: true } | { readonly accepted: false; readonly code: string }

/** Market → node: one job, with the payer's order and the ledger's certificate that its price is held for this node. */
export type AssignmentOffer = {
  readonly orderDigest: Hex
  readonly order: Signed<AnyJobOrder>
  readonly spec: JobSpec
  readonly certificate: Signed<HoldCertificate>
  /** The payer's signature for the delegate that signed the order; absent when the payer itself did. */
  readonly permission?: Signed<SpendPermission> | undefined
}

/** A refusal carries the node's signature with which the market may give the job to another node. */
export type AssignmentAnswer =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly code: string; readonly release: Signed<AssignmentRelease> }

/** Market → node: the payer ended the job. The node answers that it has heard, and signs a receipt when it has stopped. */
export type CancelRequest = { readonly orderDigest: Hex }

export type CancelAnswer = { readonly heard: true }

/** Node → market, in order, one way. */
export type ProgressMessage =
  | { readonly type: 'started'; readonly orderDigest: Hex; readonly startedAtMs: number }
  | { readonly type: 'log'; readonly orderDigest: Hex; readonly chunk: Uint8Array }

/** Node → market: what the node is to be paid for, with the output's CID and, if the job did not complete, why. */
export type ReceiptHandover = {
  readonly receipt: Signed<AnyUsageReceipt>
  readonly outputCid: string | null
  readonly failure: { readonly code: string; readonly message: string } | null
}

/** `final`: the receipt will never be taken and need not be handed in again. */
export type ReceiptAnswer =
  | { readonly acknowledged: true }
  | { readonly acknowledged: false; readonly code: string; readonly final: boolean }

export type ContentRequest = { readonly contentId: string; readonly bytesMax: number }

export type ContentHeader =
  | { readonly found: true; readonly sizeBytes: number }
  | { readonly found: false; readonly code: 'NOT_FOUND' | 'TOO_LARGE' }

export const joinHelloCodec: MessageCodec<JoinHello> = {
  encode: hello => ({
    ...hello,
    registration: encodeSigned(nodeRegistrationType, hello.registration),
    payoutInstruction:
      hello.payoutInstruction === undefined ? null : encodeSigned(payoutInstructionType, hello.payoutInstruction),
  }),
  schema: z.strictObject({
    address: addressSchema,
    peerId: z.string().max(128),
    engines: z.array(z.enum(['wasm', 'docker'])).max(2),
    slotsMax: integerSchema(1, slotsMaxMax),
    memoryBytesMax: integerSchema(1, Number.MAX_SAFE_INTEGER),
    graceSecondsMin: integerSchema(0, 2 ** 32 - 1),
    registration: signedSchema<NodeRegistration>(nodeRegistrationType),
    payoutInstruction: signedSchema<PayoutInstruction>(payoutInstructionType)
      .nullable()
      .transform(instruction => instruction ?? undefined),
    running: z.array(digestSchema).max(runningJobsMax),
  }),
}

export const joinAnswerCodec: MessageCodec<JoinAnswer> = {
  encode: answer => answer,
  schema: z.discriminatedUnion('accepted', [
    z.strictObject({ accepted: z.literal(true) }),
    z.strictObject({ accepted: z.literal(false), code: codeSchema }),
  ]),
}

export const assignmentOfferCodec: MessageCodec<AssignmentOffer> = {
  encode: offer => ({
    orderDigest: offer.orderDigest,
    order: encodeSigned(orderTypeOf(offer.order.message), offer.order),
    spec: offer.spec,
    certificate: encodeSigned(holdCertificateType, offer.certificate),
    ...(offer.permission === undefined ? {} : { permission: encodeSigned(spendPermissionType, offer.permission) }),
  }),
  schema: z.strictObject({
    orderDigest: digestSchema,
    order: signedSchemaOf<AnyJobOrder>(orderTypeOf).refine(
      order => order.message.engine === 'wasm' || order.message.engine === 'docker',
      'engine is not known',
    ),
    spec: jobSpecSchema,
    certificate: signedSchema<HoldCertificate>(holdCertificateType),
    permission: signedSchema<SpendPermission>(spendPermissionType).optional(),
  }),
}

export const assignmentAnswerCodec: MessageCodec<AssignmentAnswer> = {
  encode: answer =>
    answer.accepted ? answer : { ...answer, release: encodeSigned(assignmentReleaseType, answer.release) },
  schema: z.discriminatedUnion('accepted', [
    z.strictObject({ accepted: z.literal(true) }),
    z.strictObject({
      accepted: z.literal(false),
      code: codeSchema,
      release: signedSchema<AssignmentRelease>(assignmentReleaseType),
    }),
  ]),
}

export const cancelRequestCodec: MessageCodec<CancelRequest> = {
  encode: request => request,
  schema: z.strictObject({ orderDigest: digestSchema }),
}

export const cancelAnswerCodec: MessageCodec<CancelAnswer> = {
  encode: answer => answer,
  schema: z.strictObject({ heard: z.literal(true) }),
}

export const progressMessageCodec: MessageCodec<ProgressMessage> = {
  encode: message =>
    message.type === 'started' ? message : { ...message, chunk: Buffer.from(message.chunk).toString('base64') },
  schema: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('started'),
      orderDigest: digestSchema,
      startedAtMs: integerSchema(0, Number.MAX_SAFE_INTEGER),
    }),
    z.strictObject({
      type: z.literal('log'),
      orderDigest: digestSchema,
      chunk: z
        .base64()
        .max(Math.ceil(logChunkBytesMax / 3) * 4)
        .transform((text): Uint8Array => Buffer.from(text, 'base64')),
    }),
  ]),
}

export const receiptHandoverCodec: MessageCodec<ReceiptHandover> = {
  encode: handover => ({
    ...handover,
    receipt: encodeSigned(receiptTypeOf(handover.receipt.message), handover.receipt),
  }),
  schema: z.strictObject({
    receipt: signedSchemaOf<AnyUsageReceipt>(receiptTypeOf),
    outputCid: contentIdSchema.nullable(),
    failure: z.strictObject({ code: codeSchema, message: z.string().max(failureMessageLengthMax) }).nullable(),
  }),
}

export const receiptAnswerCodec: MessageCodec<ReceiptAnswer> = {
  encode: answer => answer,
  schema: z.discriminatedUnion('acknowledged', [
    z.strictObject({ acknowledged: z.literal(true) }),
    z.strictObject({ acknowledged: z.literal(false), code: codeSchema, final: z.boolean() }),
  ]),
}

export const contentRequestCodec: MessageCodec<ContentRequest> = {
  encode: request => request,
  schema: z.strictObject({ contentId: contentIdSchema, bytesMax: integerSchema(0, contentBytesMax) }),
}

export const contentHeaderCodec: MessageCodec<ContentHeader> = {
  encode: header => header,
  schema: z.discriminatedUnion('found', [
    z.strictObject({ found: z.literal(true), sizeBytes: integerSchema(0, contentBytesMax) }),
    z.strictObject({ found: z.literal(false), code: z.enum(['NOT_FOUND', 'TOO_LARGE']) }),
  ]),
}
