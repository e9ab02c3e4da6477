import { type Address, zeroAddress } from '../hex.ts'
import {
  accept,
  checkDeadline,
  checkSignature,
  type Decision,
  type DecisionContext,
  refuse,
  signedDigest,
} from '../journal/decision.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import type { LedgerState } from '../journal/state.ts'
import { listFieldLengthMax } from '../typed-data/json.ts'
import type { Signed } from '../typed-data/types.ts'
import { type Delegation, delegationOf, type HeldUnderPermission } from './delegation.ts'
import {
  delegatesMax,
  type PermissionRevocation,
  type PermissionTotals,
  permissionRevocationType,
  permissionSecondsMax,
  type SpendPermission,
  spendPermissionType,
  type UnderPermission,
} from './spend-permission.ts'
import { giveBack, totalsAt } from './spend-usage.ts'

/** Engines that a permission may name. */
const engines: readonly string[] = ['wasm', 'docker']

/**
 * Lets a delegate spend out of a wallet, in place of an earlier permission for it. What the delegate has spent so far goes on counting.
 * Refusals in order: `MALFORMED`, `INVALID_SIGNATURE` (the wallet alone may sign it), `DEADLINE_PASSED`, `DEADLINE_TOO_FAR`, `NONCE_USED`
 * (granted or revoked before), `TOO_MANY_DELEGATES`.
 */
export function grantPermission(context: DecisionContext, permission: Signed<SpendPermission>): Decision {
  const { state, nowMs } = context
  const { wallet, delegate, expires, nonce } = permission.message
  const refusal =
    malformedPermission(permission.message) ??
    checkSignature(context, spendPermissionType, permission, wallet) ??
    checkDeadline(expires, nowMs, permissionSecondsMax) ??
    checkNonceAbove(delegationOf(state, wallet, delegate), nonce) ??
    checkRoom(state, wallet, delegate)
  if (refusal !== undefined) return refuse(refusal)
  return accept({ type: 'PermissionGranted', data: { permission, digest: signedDigest(context) }, entries: [] })
}

/**
 * Ends a delegate's permission at once; what it has set aside stays until it ends by itself. The wallet may revoke any nonce, also one that was
 * never granted, which then never can be. The delegate may give back what it has been given. Refusals in order: `MALFORMED`,
 * `INVALID_SIGNATURE`, `PERMISSION_EXPIRED` (it has ended already), `NONCE_USED` (a later one was granted or revoked), `TOO_MANY_DELEGATES`.
 */
export function revokePermission(context: DecisionContext, revocation: Signed<PermissionRevocation>): Decision {
  const { state, nowMs } = context
  const { wallet, delegate, nonce } = revocation.message
  const known = delegationOf(state, wallet, delegate)
  const signer = isGivingBack(context, revocation.message, known) ? delegate : wallet
  const refusal =
    malformedDelegate(wallet, delegate) ??
    checkSignature(context, permissionRevocationType, revocation, signer) ??
    (known?.lastNonce === nonce ? checkStanding(known, delegate, nowMs) : checkNonceAbove(known, nonce)) ??
    checkRoom(state, wallet, delegate)
  if (refusal !== undefined) return refuse(refusal)
  return accept({ type: 'PermissionRevoked', data: { revocation }, entries: [] })
}

/**
 * The totals of the delegate that opened a hold or escrow, once `releasedMicrocredits` of it have returned to the wallet; nothing when the wallet
 * itself opened it.
 */
export function totalsAfterReturn(
  state: Readonly<LedgerState>,
  wallet: Address,
  under: HeldUnderPermission | undefined,
  releasedMicrocredits: bigint,
  atMs: number,
): UnderPermission {
  if (under === undefined) return {}
  const { permission, delegate, spentAtMs } = under
  const delegation = delegationOf(state, wallet, delegate)
  if (delegation === undefined) throw new TypeError(`wallet ${wallet} never named delegate ${delegate}`)
  const totals = totalsAt(giveBack(delegation.usage, spentAtMs, releasedMicrocredits), atMs)
  const spend: PermissionTotals = { permission, delegate, ...totals }
  return { spend }
}

/** Whether it is the delegate who signed, about a permission that it has been given. */
function isGivingBack(
  { signer }: DecisionContext,
  { delegate, nonce }: PermissionRevocation,
  known: Delegation | undefined,
): boolean {
  return signer === delegate && known?.permission !== undefined && nonce <= known.lastNonce
}

function checkStanding({ endsAtMs }: Delegation, delegate: Address, nowMs: number): LedgerRefusal | undefined {
  return endsAtMs > nowMs ? undefined : { code: 'PERMISSION_EXPIRED', delegate, endedAtMs: endsAtMs }
}

function checkNonceAbove(known: Delegation | undefined, nonce: bigint): LedgerRefusal | undefined {
  if (known === undefined || nonce > known.lastNonce) return undefined
  return { code: 'NONCE_USED', nonce, lastNonce: known.lastNonce }
}

/** `TOO_MANY_DELEGATES` when the delegate would be one more than its wallet may name. */
function checkRoom(state: Readonly<LedgerState>, wallet: Address, delegate: Address): LedgerRefusal | undefined {
  const named = state.delegates.get(wallet)?.length ?? 0
  if (named < delegatesMax || delegationOf(state, wallet, delegate) !== undefined) return undefined
  return { code: 'TOO_MANY_DELEGATES', wallet, delegatesMax }
}

function malformedPermission({
  wallet,
  delegate,
  counterparties,
  engines: named,
}: SpendPermission): LedgerRefusal | undefined {
  const malformed = (field: string, problem: string): LedgerRefusal => ({ code: 'MALFORMED', field, problem })
  if (counterparties.length > listFieldLengthMax) {
    return malformed('counterparties', `expected at most ${listFieldLengthMax} addresses`)
  }
  if (named.length > engines.length || !named.every(engine => engines.includes(engine))) {
    return malformed('engines', `expected some of ${engines.join(' and ')}`)
  }
  return malformedDelegate(wallet, delegate)
}

function malformedDelegate(wallet: Address, delegate: Address): LedgerRefusal | undefined {
  const malformed = (problem: string): LedgerRefusal => ({ code: 'MALFORMED', field: 'delegate', problem })
  if (delegate === wallet) return malformed('must differ from the wallet, which needs no permission')
  return delegate === zeroAddress ? malformed('the zero address has no key') : undefined
}
