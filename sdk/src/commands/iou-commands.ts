import {
  type Address,
  type Hex,
  type Iou,
  type IouDefault,
  type IouRedemption,
  iouDefaultType,
  iouRedemptionType,
  iouType,
  zeroHash,
} from '@deparrow/ledger'
import { type Command, deadlineOf, ownLane, secondsFromNow } from './command.ts'

export type IouRequest = {
  readonly creditor: Address
  readonly amountMicrocredits: bigint
  /** Seconds until the creditor may declare it in default. */
  readonly dueInSeconds: number
  readonly reference?: Hex
  readonly lane?: number
}

export type RedemptionRequest = { readonly iou: Hex; readonly amountMicrocredits: bigint; readonly lane?: number }

export type DefaultRequest = { readonly iou: Hex }

export const iouCommand: Command<IouRequest, Iou> = {
  name: 'issueIou',
  type: iouType,
  laneOf: ownLane,
  build: (context, request, nonce) => ({
    debtor: context.address,
    creditor: request.creditor,
    amountMicrocredits: request.amountMicrocredits,
    dueAt: secondsFromNow(context, request.dueInSeconds),
    reference: request.reference ?? zeroHash,
    lane: request.lane ?? 0,
    nonce,
    deadline: deadlineOf(context),
  }),
}

export const redemptionCommand: Command<RedemptionRequest, IouRedemption> = {
  name: 'redeemIou',
  type: iouRedemptionType,
  laneOf: ownLane,
  build: (context, { iou, amountMicrocredits, lane = 0 }, nonce) => ({
    iou,
    debtor: context.address,
    amountMicrocredits,
    lane,
    nonce,
    deadline: deadlineOf(context),
  }),
}

export const defaultCommand: Command<DefaultRequest, IouDefault> = {
  name: 'defaultIou',
  type: iouDefaultType,
  build: ({ address }, { iou }) => ({ iou, creditor: address }),
}
