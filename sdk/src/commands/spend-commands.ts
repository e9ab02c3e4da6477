import {
  type Address,
  type Hex,
  type PayoutInstruction,
  type Purchase,
  payoutInstructionType,
  purchaseType,
  type Transfer,
  transferType,
  type Withdrawal,
  withdrawalType,
  zeroHash,
} from '@deparrow/ledger'
import { type Command, deadlineOf, ownLane, secondsFromNow, spenderLane } from './command.ts'

/** Out of whose wallet, and in which nonce lane. */
export type SpendOptions = {
  /** Another wallet, under the permission that it has granted to this key. Default: this wallet itself. */
  readonly wallet?: Address
  /** Default 0. Processes that sign side by side use different lanes. */
  readonly lane?: number
}

export type TransferRequest = SpendOptions & { readonly to: Address; readonly amountMicrocredits: bigint }

export type PurchaseRequest = SpendOptions & {
  readonly seller: Address
  readonly amountMicrocredits: bigint
  /** What is bought, in the seller's own numbering, such as the hash of an invoice. */
  readonly reference?: Hex
}

export type WithdrawalRequest = { readonly amountMicrocredits: bigint; readonly lane?: number }

export type PayoutRequest = {
  readonly minimumMicrocredits: bigint
  readonly intervalSeconds: number
  /** Default a year. */
  readonly expiresInSeconds?: number
  /** A higher nonce replaces the instruction; default: the time in milliseconds. */
  readonly nonce?: bigint
}

/** Standing instructions last a year unless told otherwise. */
const instructionSecondsDefault = 365 * 24 * 3600

export const transferCommand: Command<TransferRequest, Transfer> = {
  name: 'transfer',
  type: transferType,
  laneOf: spenderLane,
  build: (context, request, nonce) => ({
    from: spenderLane(context, request).wallet,
    to: request.to,
    amountMicrocredits: request.amountMicrocredits,
    lane: request.lane ?? 0,
    nonce,
    deadline: deadlineOf(context),
  }),
}

export const purchaseCommand: Command<PurchaseRequest, Purchase> = {
  name: 'buyService',
  type: purchaseType,
  laneOf: spenderLane,
  build: (context, request, nonce) => ({
    wallet: spenderLane(context, request).wallet,
    seller: request.seller,
    amountMicrocredits: request.amountMicrocredits,
    reference: request.reference ?? zeroHash,
    lane: request.lane ?? 0,
    nonce,
    deadline: deadlineOf(context),
  }),
}

export const withdrawalCommand: Command<WithdrawalRequest, Withdrawal> = {
  name: 'withdraw',
  type: withdrawalType,
  laneOf: ownLane,
  build: (context, { amountMicrocredits, lane = 0 }, nonce) => ({
    wallet: context.address,
    amountMicrocredits,
    lane,
    nonce,
    deadline: deadlineOf(context),
  }),
}

export const payoutCommand: Command<PayoutRequest, PayoutInstruction> = {
  name: 'instructPayouts',
  type: payoutInstructionType,
  build: (context, request) => ({
    wallet: context.address,
    minimumMicrocredits: request.minimumMicrocredits,
    intervalSeconds: request.intervalSeconds,
    expires: secondsFromNow(context, request.expiresInSeconds ?? instructionSecondsDefault),
    nonce: request.nonce ?? BigInt(context.clock.nowMs()),
  }),
}
