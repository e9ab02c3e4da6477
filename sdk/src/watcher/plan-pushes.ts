import type { Hex } from '@deparrow/ledger'
import { type NodeJob, receiptClaimOf } from './node-job.ts'
import type { WatchCall } from './plan.ts'

/** The contracts' `PUSH_MARGIN_SECONDS`: between an inbox item's arrival and its turn in the journal, beside D. */
export const pushMarginSeconds = 300

/** What is known beside a node's jobs when its receipts are to be pushed. */
export type PushView = {
  readonly jobs: readonly NodeJob[]
  /** Block time, in seconds. */
  readonly nowSeconds: number
  /** D, in seconds. */
  readonly inboxAgeSeconds: number
  /** Digests of receipts that are in the inbox, that the ledger has signed to have taken, or whose jobs the journal has settled. */
  readonly taken: ReadonlySet<Hex>
}

/**
 * The receipts to be entered into the inbox now, because the ledger has not taken them and the last time at which the contract lets them in is no further
 * away than the time that a push needs: D and the margin. Later than that nothing helps, and earlier the ledger may still take them for nothing.
 */
export function planPushes({ jobs, nowSeconds, inboxAgeSeconds, taken }: PushView): readonly WatchCall[] {
  const needed = inboxAgeSeconds + pushMarginSeconds
  return jobs.flatMap(job => {
    const { receipt, paper } = job
    const latest = Number(paper.certificate.message.expires) - needed
    const isTime = nowSeconds <= latest && nowSeconds >= latest - needed
    if (receipt === undefined || !isTime || taken.has(receipt.digest)) return []
    const nowMs = BigInt(nowSeconds) * 1_000n
    const isPast = (paper.receipt?.message.endedAtMs ?? 0n) <= nowMs
    if (!isPast || receiptClaimOf(job, nowMs, true) === undefined) return []
    return [
      {
        contract: 'disputedReceipts',
        functionName: 'pushReceipt',
        args: [receipt.evidence],
        receipt: receipt.digest,
      } as const,
    ]
  })
}
