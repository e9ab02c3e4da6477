import type { IouRecord } from '../../read-model/read-records.ts'

/** A promise to pay as the type `Iou` of the schema. */
export function iouView({ digest, iou, ...record }: IouRecord) {
  return {
    id: digest,
    debtor: iou.debtor,
    creditor: iou.creditor,
    amount: iou.amountMicrocredits,
    outstanding: record.outstandingMicrocredits,
    dueAt: iou.dueAt,
    reference: iou.reference,
    issuedPosition: record.issuedPosition,
    issuedAt: record.issuedAtMs,
    defaultedAt: record.defaultedAtMs,
    paidAt: record.paidAtMs,
  }
}
