import type { Hex, JournalLedger, LedgerEvent } from '@deparrow/ledger'

/** What settling needs of the writer. */
export type SettlingLedger = Pick<JournalLedger, 'submit' | 'subscribe' | 'pendingSettlements'>

/**
 * Settles each job whose receipt is journalled, those of an earlier start too. A settlement that cannot be written now is reported, and
 * comes with the next start or at the hold's expiry, whichever is first. Returns the function that ends it.
 */
export function settleJobs(ledger: SettlingLedger, report: (problem: string) => void): () => void {
  const settle = (orderDigest: Hex): void => {
    ledger.submit({ type: 'SettleJob', orderDigest }).catch((error: unknown) => {
      report(`job ${orderDigest} is not settled yet: ${error instanceof Error ? error.message : String(error)}`)
    })
  }
  const hear = (events: readonly LedgerEvent[]): void => {
    for (const event of events) if (event.type === 'ReceiptReceived') settle(event.data.receipt.message.orderDigest)
  }
  const end = ledger.subscribe(hear)
  for (const orderDigest of ledger.pendingSettlements()) settle(orderDigest)
  return end
}
