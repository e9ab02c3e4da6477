import type { Address, Hex } from '@deparrow/ledger'
import { type Fields, optional, read } from './read.ts'

/** The selection that {@link readIou} reads. */
export const iouFields =
  'id debtor creditor amount outstanding dueAt reference issuedPosition issuedAt defaultedAt paidAt'

/** A promise to pay as the gateway tells it; amounts in µcr, times in RFC 3339. */
export type IouView = {
  /** Digest of the signed message. */
  readonly id: Hex
  readonly debtor: Address
  readonly creditor: Address
  readonly amountMicrocredits: bigint
  /** 0 when it is paid. */
  readonly outstandingMicrocredits: bigint
  /** Unix seconds from which it may be declared in default. */
  readonly dueAt: bigint
  readonly reference: Hex
  readonly issuedPosition: bigint
  readonly issuedAt: string
  readonly defaultedAt: string | null
  readonly paidAt: string | null
}

/** Reads an `Iou` of the schema; throws `ANSWER_INVALID`. */
export function readIou(iou: Fields): IouView {
  return {
    id: read.hash(iou, 'id'),
    debtor: read.address(iou, 'debtor'),
    creditor: read.address(iou, 'creditor'),
    amountMicrocredits: read.amount(iou, 'amount'),
    outstandingMicrocredits: read.amount(iou, 'outstanding'),
    dueAt: read.amount(iou, 'dueAt'),
    reference: read.hash(iou, 'reference'),
    issuedPosition: read.amount(iou, 'issuedPosition'),
    issuedAt: read.text(iou, 'issuedAt'),
    defaultedAt: optional(read.text, iou, 'defaultedAt'),
    paidAt: optional(read.text, iou, 'paidAt'),
  }
}
