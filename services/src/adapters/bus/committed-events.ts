import type { RecordsBatch } from '@platformatic/kafka'

/** Attribute bits of a record batch (Kafka's message format, version 2). */
const isTransactional = 1 << 4
const isControl = 1 << 5

/** Type of a control record, after its version: 0 ends a transaction as aborted, 1 as committed. */
const abortMarker = 0

/** What a broker answers to a fetch from one partition. */
export type FetchedPage = {
  readonly records?: readonly RecordsBatch[] | null
  readonly abortedTransactions: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[] | null
}

/**
 * The batches of a fetched page that hold committed events. A broker hands out the records of aborted transactions too, with a
 * list of those that the page touches, in the order of their first offsets; leaving them out is up to the client. Several
 * transactions of one producer may lie in one page, and one may end after it.
 */
export function committedBatches(page: FetchedPage): readonly RecordsBatch[] {
  const starts = [...(page.abortedTransactions ?? [])].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  const aborting = new Set<bigint>()
  return (page.records ?? []).filter(batch => {
    while (starts[0] !== undefined && starts[0].firstOffset <= lastOffset(batch)) {
      aborting.add((starts.shift() as { producerId: bigint }).producerId)
    }
    if ((batch.attributes & isControl) !== 0) {
      if (batch.records[0]?.key?.readInt16BE(2) === abortMarker) aborting.delete(batch.producerId)
      return false
    }
    return (batch.attributes & isTransactional) === 0 || !aborting.has(batch.producerId)
  })
}

export function lastOffset(batch: RecordsBatch): bigint {
  return batch.firstOffset + BigInt(batch.lastOffsetDelta)
}
