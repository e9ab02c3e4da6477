import { type Address, zeroAddress } from '../hex.ts'
import type { EventOf, LedgerEvent } from '../journal/event.ts'
import {
  permissionRevocationType,
  permissionSecondsMax,
  type SpendPermission,
  spendPermissionType,
  type UnderPermission,
} from '../permission/spend-permission.ts'
import type { Message, MessageType, Signed } from '../typed-data/types.ts'
import { type Audit, deadlineProblem, digestOf, expectEntries, isSignedBy, nonceProblem, signerOf } from './checks.ts'
import { type AuditedDelegation, addSpend, type DelegatedSpend, newDelegation, takeBack } from './delegated-spends.ts'
import { countDelegate } from './inbox-movement.ts'

/** What a permission may name where the contract judges it. */
const counterpartiesMax = 64

const enginesMax = 16

/** A message under which credits leave a wallet, as the auditor reads it. */
export type AuditedSpend = {
  readonly type: MessageType
  readonly signed: Signed<Message>
  readonly wallet: Address
  readonly amountMicrocredits: bigint
  readonly lane: number
  readonly nonce: bigint
  /** Who is paid; `undefined` for a job, whose node is not chosen yet. */
  readonly counterparty: Address | undefined
  /** `undefined` for what is no job. */
  readonly engine: string | undefined
  /** What to say when nobody who may has signed. */
  readonly unsigned: string
}

/** What the auditor remembers of a hold or escrow that a delegate opened. */
export type AuditedUnderPermission = {
  readonly delegation: AuditedDelegation
  readonly permission: NonNullable<AuditedDelegation['permission']>
  readonly spend: DelegatedSpend
}

/** What a spend was made under: a permission, or nothing when the wallet itself signed. */
export type SpendVerdict =
  | { readonly problem: string }
  | { readonly problem?: undefined; readonly under: AuditedUnderPermission | undefined }

export function grantProblem(audit: Audit, event: EventOf<'PermissionGranted'>): string | undefined {
  const { permission: signed, digest } = event.data
  const { wallet, delegate, nonce, expires, counterparties, engines } = signed.message
  if (!isSignedBy(audit, spendPermissionType, signed, wallet)) return 'the wallet did not sign the permission'
  if (digestOf(audit, spendPermissionType, signed.message) !== digest) return 'the permission has another digest'
  if (delegate === wallet || delegate === zeroAddress) return 'makes nobody else a delegate'
  const isShort = counterparties.length <= counterpartiesMax && engines.length <= enginesMax
  if (audit.config.protocol === 2 && !isShort) return 'grants a permission that cannot be shown on chain'
  const endsAtMs = Number(expires) * 1000
  if (endsAtMs <= event.atMs) return 'grants a permission that has expired'
  const delegation = known(audit, wallet, delegate) ?? newDelegation(delegate)
  if (nonce <= delegation.nonce) return `grants nonce ${nonce} after ${delegation.nonce}`
  if (known(audit, wallet, delegate) === undefined) countDelegate(audit.books, wallet)
  audit.books.delegations.set(`${wallet}:${delegate}`, delegation)
  Object.assign(delegation, { permission: { message: signed.message, digest }, nonce, endsAtMs })
  return deadlineProblem(event, expires, permissionSecondsMax) ?? expectEntries(event, {})
}

export function revocationProblem(audit: Audit, event: EventOf<'PermissionRevoked'>): string | undefined {
  const { revocation } = event.data
  const { wallet, delegate, nonce } = revocation.message
  const delegation = known(audit, wallet, delegate) ?? newDelegation(delegate)
  const signer = signerOf(audit, permissionRevocationType, revocation, wallet)
  const isGivenBack = signer === delegate && delegation.permission !== undefined && nonce <= delegation.nonce
  if (signer !== wallet && !isGivenBack) return 'neither the wallet nor its delegate signed the revocation'
  if (nonce < delegation.nonce) return `revokes nonce ${nonce} after ${delegation.nonce}`
  if (known(audit, wallet, delegate) === undefined) countDelegate(audit.books, wallet)
  audit.books.delegations.set(`${wallet}:${delegate}`, delegation)
  Object.assign(delegation, { nonce, endsAtMs: Math.min(delegation.endsAtMs, event.atMs) })
  return expectEntries(event, {})
}

/**
 * Who signed a spend, and whether they might: the wallet itself, or a delegate within its standing permission. The totals that the event
 * carries must be those that the auditor adds up. Uses the signer's nonce up.
 */
export function judgeSpend(
  audit: Audit,
  event: LedgerEvent & { readonly data: UnderPermission },
  spend: AuditedSpend,
): SpendVerdict {
  const signer = signerOf(audit, spend.type, spend.signed, event.data.spend?.delegate ?? spend.wallet)
  if (signer === spend.wallet) {
    const claimed = event.data.spend && 'claims a permission although the wallet itself signed'
    const problem = claimed ?? nonceProblem(audit.books, spend.wallet, spend)
    return problem === undefined ? { under: undefined } : { problem }
  }
  const delegation = signer && known(audit, spend.wallet, signer)
  if (delegation?.permission === undefined) return { problem: spend.unsigned }
  if (delegation.endsAtMs <= event.atMs) return { problem: 'is signed under a permission that has ended' }
  const { permission } = delegation
  const allowed = addSpend(delegation, event.atMs, spend.amountMicrocredits)
  const under = { delegation, permission, spend: allowed }
  const problem =
    limitProblem(permission.message, spend) ??
    capProblem(permission.message, delegation, spend.amountMicrocredits) ??
    nonceProblem(audit.books, spend.wallet, spend, signer) ??
    totalsProblem(event.data, under)
  return problem === undefined ? { under } : { problem }
}

/** The end of a hold or escrow takes off what it returned, and says the totals that are left. */
export function returnProblem(
  event: LedgerEvent & { readonly data: UnderPermission },
  under: AuditedUnderPermission | undefined,
  releasedMicrocredits: bigint,
): string | undefined {
  if (under === undefined) return event.data.spend && 'claims a permission for what the wallet itself opened'
  takeBack(under.delegation, under.spend, event.atMs, releasedMicrocredits)
  return totalsProblem(event.data, under)
}

/** A node that the permission behind a hold does not name may not run its job. */
export function nodeProblem(under: AuditedUnderPermission | undefined, node: Address): string | undefined {
  const named = under?.permission.message.counterparties ?? []
  return named.length === 0 || named.includes(node)
    ? undefined
    : 'gives a job to a node that the permission does not name'
}

function known({ books }: Audit, wallet: Address, delegate: Address): AuditedDelegation | undefined {
  return books.delegations.get(`${wallet}:${delegate}`)
}

function limitProblem(permission: SpendPermission, { counterparty, engine }: AuditedSpend): string | undefined {
  const { counterparties, engines } = permission
  if (counterparty !== undefined && counterparties.length > 0 && !counterparties.includes(counterparty)) {
    return 'pays somebody whom the permission does not name'
  }
  const isEngineNamed = engine === undefined || engines.length === 0 || engines.includes(engine)
  return isEngineNamed ? undefined : 'uses an engine that the permission does not name'
}

function capProblem(
  { jobMicrocreditsMax, hourMicrocreditsMax, dayMicrocreditsMax }: SpendPermission,
  { hour, day }: AuditedDelegation,
  amountMicrocredits: bigint,
): string | undefined {
  if (amountMicrocredits > jobMicrocreditsMax) return `spends more than the ${jobMicrocreditsMax} µcr at once`
  if (hour.microcredits > hourMicrocreditsMax) return `spends more than the ${hourMicrocreditsMax} µcr an hour`
  return day.microcredits > dayMicrocreditsMax ? `spends more than the ${dayMicrocreditsMax} µcr a day` : undefined
}

function totalsProblem(
  { spend }: UnderPermission,
  { delegation, permission }: AuditedUnderPermission,
): string | undefined {
  const isRight =
    spend?.permission === permission.digest &&
    spend.delegate === delegation.delegate &&
    spend.hourMicrocredits === delegation.hour.microcredits &&
    spend.dayMicrocredits === delegation.day.microcredits &&
    spend.totalMicrocredits === delegation.total
  return isRight ? undefined : 'does not carry the totals of the permission under which it was signed'
}
