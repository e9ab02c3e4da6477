import { type Address, zeroHash } from '../hex.ts'
import { useNonce } from '../journal/change-state.ts'
import type { EventOf } from '../journal/event.ts'
import { LedgerInvariantError } from '../journal/invariant-error.ts'
import type { LedgerState } from '../journal/state.ts'
import type { Signed } from '../typed-data/types.ts'
import { type Delegation, delegationKey, delegationOf, type HeldUnderPermission } from './delegation.ts'
import {
  delegatesMax,
  type PermissionRevocation,
  type SpendPermission,
  type UnderPermission,
} from './spend-permission.ts'
import { countSpend, giveBack, noUsage } from './spend-usage.ts'

export function permissionGranted(state: LedgerState, { data }: EventOf<'PermissionGranted'>): void {
  const { message } = data.permission
  const { wallet, delegate, nonce, expires } = message
  const usage = delegationOf(state, wallet, delegate)?.usage ?? noUsage
  const endsAtMs = Number(expires) * 1000
  setDelegation(state, wallet, delegate, {
    permission: data.permission,
    digest: data.digest,
    lastNonce: nonce,
    endsAtMs,
    usage,
  })
}

export function permissionRevoked(state: LedgerState, { data, atMs }: EventOf<'PermissionRevoked'>): void {
  revoked(state, data.revocation.message, atMs)
}

/**
 * A revocation that was handed to the contract. It ends nothing when a later permission stands, or the wallet has as many delegates as it may: then
 * the one that it names can never be granted anything.
 */
export function delegationRevoked(state: LedgerState, revocation: PermissionRevocation, atMs: number): void {
  const { wallet, delegate, nonce } = revocation
  const known = delegationOf(state, wallet, delegate)
  const isFull = known === undefined && (state.delegates.get(wallet)?.length ?? 0) >= delegatesMax
  if (!isFull && (known === undefined || nonce >= known.lastNonce)) revoked(state, revocation, atMs)
}

function revoked(state: LedgerState, { wallet, delegate, nonce }: PermissionRevocation, atMs: number): void {
  const known = delegationOf(state, wallet, delegate)
  const endsAtMs = Math.min(atMs, known?.endsAtMs ?? atMs)
  const none = { permission: undefined, digest: zeroHash, usage: noUsage }
  setDelegation(state, wallet, delegate, { ...none, ...known, lastNonce: nonce, endsAtMs })
}

/** What an event says that a wallet, or a delegate under its permission, has spent. */
export type Spent = {
  readonly wallet: Address
  readonly amountMicrocredits: bigint
  readonly lane: number
  readonly nonce: bigint
}

/** Uses the signer's nonce up and, for a delegate, counts the spend. */
export function spent(state: LedgerState, message: Spent, { spend }: UnderPermission, atMs: number): void {
  const { wallet, amountMicrocredits } = message
  if (spend === undefined) return useNonce(state, wallet, message)
  const delegation = knownDelegation(state, wallet, spend.delegate)
  const usage = countSpend(delegation.usage, atMs, amountMicrocredits)
  state.delegations.set(delegationKey(wallet, spend.delegate), { ...delegation, usage })
  useNonce(state, wallet, message, spend.delegate)
}

/** What a hold or escrow that an event opens has to remember of its permission. */
export function heldUnder({ spend }: UnderPermission, atMs: number): HeldUnderPermission | undefined {
  return spend && { permission: spend.permission, delegate: spend.delegate, spentAtMs: atMs }
}

/** The permission under which an event spends out of a wallet; `undefined` when the wallet itself signed. */
export function permissionBehind(
  state: LedgerState,
  wallet: Address,
  { spend }: UnderPermission,
): Signed<SpendPermission> | undefined {
  return spend && knownDelegation(state, wallet, spend.delegate).permission
}

/** Takes off what the end of a hold or escrow returned to its wallet. */
export function spendReturned(
  state: LedgerState,
  wallet: Address,
  under: HeldUnderPermission | undefined,
  releasedMicrocredits: bigint,
): void {
  if (under === undefined) return
  const delegation = knownDelegation(state, wallet, under.delegate)
  const usage = giveBack(delegation.usage, under.spentAtMs, releasedMicrocredits)
  state.delegations.set(delegationKey(wallet, under.delegate), { ...delegation, usage })
}

function setDelegation(state: LedgerState, wallet: Address, delegate: Address, delegation: Delegation): void {
  const key = delegationKey(wallet, delegate)
  if (!state.delegations.has(key)) state.delegates.set(wallet, [...(state.delegates.get(wallet) ?? []), delegate])
  state.delegations.set(key, delegation)
}

function knownDelegation(state: LedgerState, wallet: Address, delegate: Address): Delegation {
  const delegation = delegationOf(state, wallet, delegate)
  if (delegation === undefined) throw new LedgerInvariantError(`wallet ${wallet} never named delegate ${delegate}`)
  return delegation
}
