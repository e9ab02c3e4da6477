import type { Address, Hex } from '@deparrow/ledger'
import { type Fields, optional, read } from './read.ts'
import { type MovementSubject, readSubject } from './wallet.ts'

/** The selection that {@link readPermission} reads. */
export const permissionFields = `id wallet delegate jobMax hourMax dayMax counterparties engines nonce grantedPosition grantedAt endsAt
  stands spent spendCount used { hour day total }`

/** The selection that {@link readPermissionSpend} reads. */
export const permissionSpendFields = `position time event amount counterparty subject { kind id } hour day total spent`

/** What a wallet has signed so that another key may spend from it, and what was spent; amounts in µcr, times in RFC 3339. */
export type PermissionView = {
  /** Digest of the signed message. */
  readonly id: Hex
  readonly wallet: Address
  readonly delegate: Address
  readonly jobMicrocreditsMax: bigint
  readonly hourMicrocreditsMax: bigint
  readonly dayMicrocreditsMax: bigint
  readonly counterparties: readonly Address[]
  readonly engines: readonly string[]
  readonly nonce: bigint
  readonly grantedPosition: bigint
  readonly grantedAt: string
  /** From then on it is worth nothing. */
  readonly endsAt: string
  readonly stands: boolean
  /** Under this permission, less what came back. */
  readonly spentMicrocredits: bigint
  readonly spendCount: number
  /** What counts against the caps now; null when another permission has taken its place. */
  readonly used: PermissionUse | null
}

/** What a delegate has spent out of a wallet, in µcr. */
export type PermissionUse = {
  readonly hourMicrocredits: bigint
  readonly dayMicrocredits: bigint
  readonly totalMicrocredits: bigint
}

/** A spend, or with a negative amount the return of what it had set aside, with the delegate's totals after it. */
export type PermissionSpend = PermissionUse & {
  readonly position: bigint
  readonly time: string
  readonly event: string
  readonly amountMicrocredits: bigint
  readonly counterparty: Address | null
  readonly subject: MovementSubject | null
  /** Under this permission alone. */
  readonly spentMicrocredits: bigint
}

/** Reads a `Permission` of the schema; throws `ANSWER_INVALID`. */
export function readPermission(permission: Fields): PermissionView {
  const used = optional(read.object, permission, 'used')
  return {
    id: read.hash(permission, 'id'),
    wallet: read.address(permission, 'wallet'),
    delegate: read.address(permission, 'delegate'),
    jobMicrocreditsMax: read.amount(permission, 'jobMax'),
    hourMicrocreditsMax: read.amount(permission, 'hourMax'),
    dayMicrocreditsMax: read.amount(permission, 'dayMax'),
    counterparties: read.texts(permission, 'counterparties').map(address => read.address({ address }, 'address')),
    engines: read.texts(permission, 'engines'),
    nonce: read.amount(permission, 'nonce'),
    grantedPosition: read.amount(permission, 'grantedPosition'),
    grantedAt: read.text(permission, 'grantedAt'),
    endsAt: read.text(permission, 'endsAt'),
    stands: read.flag(permission, 'stands'),
    spentMicrocredits: read.amount(permission, 'spent'),
    spendCount: read.integer(permission, 'spendCount'),
    used: used && readUse(used),
  }
}

/** Reads a `PermissionSpend` of the schema; throws `ANSWER_INVALID`. */
export function readPermissionSpend(spend: Fields): PermissionSpend {
  return {
    position: read.amount(spend, 'position'),
    time: read.text(spend, 'time'),
    event: read.text(spend, 'event'),
    amountMicrocredits: read.signedAmount(spend, 'amount'),
    counterparty: optional(read.address, spend, 'counterparty'),
    subject: readSubject(spend),
    ...readUse(spend),
    spentMicrocredits: read.amount(spend, 'spent'),
  }
}

/** Reads the totals of a delegate; throws `ANSWER_INVALID`. */
export function readUse(totals: Fields): PermissionUse {
  return {
    hourMicrocredits: read.amount(totals, 'hour'),
    dayMicrocredits: read.amount(totals, 'day'),
    totalMicrocredits: read.amount(totals, 'total'),
  }
}
