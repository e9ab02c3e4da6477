import type { Address, Hex } from '../hex.ts'
import type { MessageType, Signed } from '../typed-data/types.ts'

/**
 * The ledger's own signature that a hold stands, handed to the chosen node after the commit. Until it expires only that
 * node's receipt or release ends the hold.
 */
export type HoldCertificate = {
  readonly hold: Hex
  readonly orderDigest: Hex
  readonly node: Address
  /** Whom the job pays: the wallet that the node had registered when it got the job. */
  readonly payoutWallet: Address
  /** Counts the assignments of the hold from 1. */
  readonly attempt: number
  readonly amountMicrocredits: bigint
  /** Journal position of the assignment. */
  readonly position: bigint
  /** Unix seconds; the hold's own expiry. */
  readonly expires: bigint
  /** Unix milliseconds on the journal's clock, from which the job's running time is counted. */
  readonly assignedAtMs: bigint
  /** {@link pricingDigest} of what was agreed when the hold was opened. */
  readonly pricingDigest: Hex
}

export const holdCertificateType: MessageType = {
  name: 'HoldCertificate',
  fields: [
    { name: 'hold', type: 'bytes32' },
    { name: 'orderDigest', type: 'bytes32' },
    { name: 'node', type: 'address' },
    { name: 'payoutWallet', type: 'address' },
    { name: 'attempt', type: 'uint32' },
    { name: 'amountMicrocredits', type: 'uint64' },
    { name: 'position', type: 'uint64' },
    { name: 'expires', type: 'uint64' },
    { name: 'assignedAtMs', type: 'uint64' },
    { name: 'pricingDigest', type: 'bytes32' },
  ],
}

export type SignedHoldCertificate = Signed<HoldCertificate>

/** Signed by a node that gives an assignment back without a claim; the hold can then be assigned again or released. */
export type AssignmentRelease = { readonly orderDigest: Hex; readonly node: Address; readonly attempt: number }

export const assignmentReleaseType: MessageType = {
  name: 'AssignmentRelease',
  fields: [
    { name: 'orderDigest', type: 'bytes32' },
    { name: 'node', type: 'address' },
    { name: 'attempt', type: 'uint32' },
  ],
}
