import type { Address, Hex } from '../hex.ts'
import type { MessageType } from '../typed-data/types.ts'

/**
 * Signed by `wallet`: sets credits aside for a seller until the payer captures them, the seller lets go of them, or they expire.
 * The digest of the order is the id of its escrow.
 */
export type EscrowOrder = {
  readonly wallet: Address
  readonly seller: Address
  readonly amountMicrocredits: bigint
  /** What is paid for, in the seller's own numbering, such as the hash of an invoice; zero for nothing said. */
  readonly reference: Hex
  /** Unix seconds at which everything returns to the wallet: not before the deadline, and at most 30 days ahead. */
  readonly expires: bigint
  readonly lane: number
  readonly nonce: bigint
  /** Unix seconds after which the order is refused. */
  readonly deadline: bigint
}

export const escrowOrderType: MessageType = {
  name: 'EscrowOrder',
  fields: [
    { name: 'wallet', type: 'address' },
    { name: 'seller', type: 'address' },
    { name: 'amountMicrocredits', type: 'uint64' },
    { name: 'reference', type: 'bytes32' },
    { name: 'expires', type: 'uint64' },
    { name: 'lane', type: 'uint32' },
    { name: 'nonce', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
  ],
}

/** Signed by the payer's wallet, or by the delegate that opened the escrow: pays the seller `amountMicrocredits`, and the rest back. Ends the escrow. */
export type EscrowCapture = { readonly escrow: Hex; readonly wallet: Address; readonly amountMicrocredits: bigint }

export const escrowCaptureType: MessageType = {
  name: 'EscrowCapture',
  fields: [
    { name: 'escrow', type: 'bytes32' },
    { name: 'wallet', type: 'address' },
    { name: 'amountMicrocredits', type: 'uint64' },
  ],
}

/** Signed by the seller: gives the whole escrow back to the payer. */
export type EscrowRelease = { readonly escrow: Hex; readonly seller: Address }

export const escrowReleaseType: MessageType = {
  name: 'EscrowRelease',
  fields: [
    { name: 'escrow', type: 'bytes32' },
    { name: 'seller', type: 'address' },
  ],
}
