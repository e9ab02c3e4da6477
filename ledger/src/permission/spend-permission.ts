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

/**
 * What a delegate has spent out of a wallet, in µcr, once an event counts: journalled with each spend under a permission, and with the end of
 * what such a spend had set aside. `SpendUsage` says how hour and day are counted.
 */
export type PermissionTotals = {
  /** Digest of the permission under which the spend was made. */
  readonly permission: Hex
  /** Whose key signed the spend. */
  readonly delegate: Address
  readonly hourMicrocredits: bigint
  readonly dayMicrocredits: bigint
  /** Since the wallet's first permission for this delegate. */
  readonly totalMicrocredits: bigint
}

/** What an event says of the permission behind it: the delegate's totals, or nothing when the wallet itself signed. */
export type UnderPermission = { readonly spend?: PermissionTotals }

/** A permission may stand for at most two years before its wallet must sign it again. */
export const permissionSecondsMax = 2 * 365 * 24 * 3600

/**
 * Delegates that a wallet may ever name, also those whose power has ended: their nonces are kept for ever, so that an old permission never
 * stands again. A delegate that was named before can be given a new permission at any time.
 */
export const delegatesMax = 1_000
