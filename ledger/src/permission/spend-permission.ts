import type { Address, Hex } from '../hex.ts'
import type { MessageType } from '../typed-data/types.ts'

/**
 * Signed by a wallet: lets another key, the delegate, spend from it within caps. The delegate signs the same messages (orders,
 * transfers, purchases, escrows) that name the wallet. One permission stands for each pair of wallet and delegate; a higher nonce replaces it.
 */
export type SpendPermission = {
  readonly wallet: Address
  readonly delegate: Address
  /** The most that a single order, transfer, purchase or escrow may take, in µcr. */
  readonly jobMicrocreditsMax: bigint
  /** The most within any 60 minutes, in µcr; what a hold gives back counts no longer. */
  readonly hourMicrocreditsMax: bigint
  /** The most within any 24 hours, in µcr. */
  readonly dayMicrocreditsMax: bigint
  /** Who may be paid: recipients of credits, and the nodes that may run jobs. Empty allows everybody. */
  readonly counterparties: readonly Address[]
  /** Engines that jobs may use. Empty allows every engine. */
  readonly engines: readonly string[]
  /** Unix seconds from which the permission is worth nothing. */
  readonly expires: bigint
  readonly nonce: bigint
}

export const spendPermissionType: MessageType = {
  name: 'SpendPermission',
  fields: [
    { name: 'wallet', type: 'address' },
    { name: 'delegate', type: 'address' },
    { name: 'jobMicrocreditsMax', type: 'uint64' },
    { name: 'hourMicrocreditsMax', type: 'uint64' },
    { name: 'dayMicrocreditsMax', type: 'uint64' },
    { name: 'counterparties', type: 'address[]' },
    { name: 'engines', type: 'string[]' },
    { name: 'expires', type: 'uint64' },
    { name: 'nonce', type: 'uint64' },
  ],
}

/** Signed by the wallet, or by the delegate who gives its power back: ends the permission of that nonce and all older ones. */
export type PermissionRevocation = { readonly wallet: Address; readonly delegate: Address; readonly nonce: bigint }

export const permissionRevocationType: MessageType = {
  name: 'PermissionRevocation',
  fields: [
    { name: 'wallet', type: 'address' },
    { name: 'delegate', type: 'address' },
    { name: 'nonce', type: 'uint64' },
  ],
}

/** What a delegate has spent once a spend is counted, in µcr; journalled with each spend under a permission. */
export type PermissionTotals = {
  /** Digest of the permission. */
  readonly permission: Hex
  readonly hourMicrocredits: bigint
  readonly dayMicrocredits: bigint
  readonly totalMicrocredits: bigint
}
