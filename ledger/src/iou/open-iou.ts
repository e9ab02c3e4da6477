import type { Iou } from './iou.ts'

/** An IOU that is not paid in full, as the ledger remembers it. */
export type OpenIou = {
  readonly iou: Iou
  /** What the debtor has not redeemed yet, in µcr: at least 1. */
  readonly outstandingMicrocredits: bigint
  /** When the creditor declared it in default; `undefined` when it did not. */
  readonly defaultedAtMs: number | undefined
}
