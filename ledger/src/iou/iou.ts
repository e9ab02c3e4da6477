import type { Address, Hex } from '../hex.ts'
import type { MessageType } from '../typed-data/types.ts'

/** Signed by the debtor: a promise to pay. It moves nothing; its digest is its id. */
export type Iou = {
  readonly debtor: Address
  readonly creditor: Address
  readonly amountMicrocredits: bigint
  /** Unix seconds from which an IOU that is not redeemed may be declared in default. */
  readonly dueAt: bigint
  readonly reference: Hex
  readonly lane: number
  readonly nonce: bigint
  /** Unix seconds after which the IOU is not taken any more. */
  readonly deadline: bigint
}

export const iouType: MessageType = {
  name: 'Iou',
  fields: [
    { name: 'debtor', type: 'address' },
    { name: 'creditor', type: 'address' },
    { name: 'amountMicrocredits', type: 'uint64' },
    { name: 'dueAt', type: 'uint64' },
    { name: 'reference', type: 'bytes32' },
    { name: 'lane', type: 'uint32' },
    { name: 'nonce', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
  ],
}

/** Signed by the debtor: pays an IOU, wholly or in part, from the debtor's wallet to the creditor's. */
export type IouRedemption = {
  readonly iou: Hex
  readonly debtor: Address
  readonly amountMicrocredits: bigint
  readonly lane: number
  readonly nonce: bigint
  readonly deadline: bigint
}

export const iouRedemptionType: MessageType = {
  name: 'IouRedemption',
  fields: [
    { name: 'iou', type: 'bytes32' },
    { name: 'debtor', type: 'address' },
    { name: 'amountMicrocredits', type: 'uint64' },
    { name: 'lane', type: 'uint32' },
    { name: 'nonce', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
  ],
}

/** Signed by the creditor: writes down that an IOU was not paid when it was due. It moves nothing, and the debtor may still redeem. */
export type IouDefault = { readonly iou: Hex; readonly creditor: Address }

export const iouDefaultType: MessageType = {
  name: 'IouDefault',
  fields: [
    { name: 'iou', type: 'bytes32' },
    { name: 'creditor', type: 'address' },
  ],
}
