import type { LedgerCloudEvent } from './event-bus.port.ts'

/** Half of Kafka's default limit of a batch (`max.message.bytes`, 1 MiB), so that attributes never bring a batch above it. */
const payloadBytesMax = 512 * 1024

/** Events in one transaction; bounds memory and how late a batch is seen, not speed. */
const batchEventsMax = 1_000

/** Cuts events into batches, in order, of at most 1 000 events and 512 KiB of payloads; a larger payload is a batch alone. */
export function* publishBatches(events: Iterable<LedgerCloudEvent>): Generator<readonly LedgerCloudEvent[], void> {
  let batch: LedgerCloudEvent[] = []
  let bytes = 0
  for (const event of events) {
    const eventBytes = Buffer.byteLength(event.payload)
    if (batch.length === batchEventsMax || (batch.length > 0 && bytes + eventBytes > payloadBytesMax)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(event)
    bytes += eventBytes
  }
  if (batch.length > 0) yield batch
}
