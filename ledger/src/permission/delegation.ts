import type { Address, Hex } from '../hex.ts'
import type { LedgerState } from '../journal/state.ts'
import type { Signed } from '../typed-data/types.ts'
import type { SpendPermission } from './spend-permission.ts'
import type { SpendUsage } from './spend-usage.ts'

/**
 * Everything between one wallet and one delegate. What was spent is kept over replacements and revocations of the permission, so that
 * nothing but time makes room under a cap: a wallet that wants to allow more signs higher caps.
 */
export type Delegation = {
  /** The newest permission, also after its end; `undefined` when the wallet revoked before it granted. */
  readonly permission: Signed<SpendPermission> | undefined
  /** Digest of the permission, zero without one. */
  readonly digest: Hex
  /** The highest nonce that was granted or revoked; only a higher one can be granted. */
  readonly lastNonce: bigint
  /** From this time on the permission is worth nothing: its expiry, or its revocation. */
  readonly endsAtMs: number
  readonly usage: SpendUsage
}

/** A wallet and its delegate. */
export type DelegationKey = `${Address}:${Address}`

/** What a hold or escrow remembers of the permission under which it was opened. */
export type HeldUnderPermission = {
  readonly permission: Hex
  readonly delegate: Address
  /** When the spend was counted. */
  readonly spentAtMs: number
}

export function delegationKey(wallet: Address, delegate: Address): DelegationKey {
  return `${wallet}:${delegate}`
}

export function delegationOf(state: Readonly<LedgerState>, wallet: Address, delegate: Address): Delegation | undefined {
  return state.delegations.get(delegationKey(wallet, delegate))
}
