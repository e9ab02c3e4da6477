import type { Address, Hex } from '../hex.ts'
import type { HeldUnderPermission } from '../permission/delegation.ts'

/** Credits of one agent that are set aside for another. They lie on the account `hold:<escrow>`. */
export type OpenEscrow = {
  /** Digest of the order that opened it. */
  readonly escrow: Hex
  readonly wallet: Address
  readonly seller: Address
  /** Whose key signed the order: the wallet itself, or its delegate. */
  readonly openedBy: Address
  readonly amountMicrocredits: bigint
  readonly expiresAtMs: number
  /** The permission under which a delegate opened it; `undefined` when the wallet itself did. */
  readonly under: HeldUnderPermission | undefined
}

/** What is remembered of an escrow that has ended, until its order is forgotten. */
export type EndedEscrow = Pick<OpenEscrow, 'wallet' | 'seller' | 'openedBy'>
