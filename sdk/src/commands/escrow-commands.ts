import {
  type Address,
  type EscrowCapture,
  type EscrowOrder,
  type EscrowRelease,
  escrowCaptureType,
  escrowOrderType,
  escrowReleaseType,
  type Hex,
  zeroHash,
} from '@deparrow/ledger'
import { type Command, deadlineOf, secondsFromNow, spenderLane } from './command.ts'
import type { SpendOptions } from './spend-commands.ts'

export type EscrowRequest = SpendOptions & {
  readonly seller: Address
  readonly amountMicrocredits: bigint
  /** Seconds until everything returns to the payer, 600 to 30 days. Default a day. */
  readonly expiresInSeconds?: number
  /** What is paid for, in the seller's own numbering, such as the hash of an invoice. */
  readonly reference?: Hex
}

export type CaptureRequest = {
  readonly escrow: Hex
  /** What the seller gets; the rest returns to the payer. */
  readonly amountMicrocredits: bigint
  /** The payer's wallet, when this key opened the escrow as its delegate. */
  readonly wallet?: Address
}

export type ReleaseRequest = { readonly escrow: Hex }

const escrowSecondsDefault = 24 * 3600

export const escrowCommand: Command<EscrowRequest, EscrowOrder> = {
  name: 'openEscrow',
  type: escrowOrderType,
  laneOf: spenderLane,
  build: (context, request, nonce) => ({
    wallet: spenderLane(context, request).wallet,
    seller: request.seller,
    amountMicrocredits: request.amountMicrocredits,
    reference: request.reference ?? zeroHash,
    expires: secondsFromNow(context, request.expiresInSeconds ?? escrowSecondsDefault),
    lane: request.lane ?? 0,
    nonce,
    deadline: deadlineOf(context),
  }),
}

export const captureCommand: Command<CaptureRequest, EscrowCapture> = {
  name: 'captureEscrow',
  type: escrowCaptureType,
  build: ({ address }, { escrow, wallet = address, amountMicrocredits }) => ({ escrow, wallet, amountMicrocredits }),
}

export const releaseCommand: Command<ReleaseRequest, EscrowRelease> = {
  name: 'releaseEscrow',
  type: escrowReleaseType,
  build: ({ address }, { escrow }) => ({ escrow, seller: address }),
}
