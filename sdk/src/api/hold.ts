import type { Address, Hex } from '@deparrow/ledger'
import { AnswerInvalidError } from '../errors.ts'
import { type Fields, optional, read } from './read.ts'

/** The selection that {@link readHold} reads. */
export const holdFields = `id kind payer seller amount openedPosition openedAt expiresAt permission
  end { position time event released }`

/** Credits that are, or were, set aside: for a job, or by an escrow for another agent. Amounts in µcr, times in RFC 3339. */
export type Hold = {
  /** Digest of the signed order. */
  readonly id: Hex
  readonly kind: 'job' | 'escrow'
  readonly payer: Address
  /** For whom an escrow is; null for a job. */
  readonly seller: Address | null
  readonly amountMicrocredits: bigint
  readonly openedPosition: bigint
  readonly openedAt: string
  readonly expiresAt: string
  /** Digest of the permission under which a delegate opened it. */
  readonly permission: Hex | null
  /** Null while it is open, as far as is known now. */
  readonly end: HoldEnd | null
}

export type HoldEnd = {
  readonly position: bigint
  readonly time: string
  readonly event: string
  /** What returned to the payer; the rest was paid. */
  readonly releasedMicrocredits: bigint
}

/** Reads a `Hold` of the schema; throws `ANSWER_INVALID`. */
export function readHold(hold: Fields): Hold {
  const kind = (['job', 'escrow'] as const).find(known => known === hold['kind'])
  if (kind === undefined) throw new AnswerInvalidError('the gateway', 'the field kind is no kind of a hold')
  return {
    id: read.hash(hold, 'id'),
    kind,
    payer: read.address(hold, 'payer'),
    seller: optional(read.address, hold, 'seller'),
    amountMicrocredits: read.amount(hold, 'amount'),
    openedPosition: read.amount(hold, 'openedPosition'),
    openedAt: read.text(hold, 'openedAt'),
    expiresAt: read.text(hold, 'expiresAt'),
    permission: optional(read.hash, hold, 'permission'),
    end: readEnd(optional(read.object, hold, 'end')),
  }
}

function readEnd(end: Fields | null): HoldEnd | null {
  if (end === null) return null
  return {
    position: read.amount(end, 'position'),
    time: read.text(end, 'time'),
    event: read.text(end, 'event'),
    releasedMicrocredits: read.amount(end, 'released'),
  }
}
