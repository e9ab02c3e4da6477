import { StoreDamagedError } from '@deparrow/ledger'
import type { JournalBatch } from '../adapters/event-store/journal-batches.ts'
import type { AccountSums } from './account-sums.ts'
import { scanEntries } from './scan-entries.ts'

const lineFeed = 0x0a

/**
 * Adds the entries of a batch's events whose positions lie after `afterPosition`, up to `untilPosition`. Throws {@link StoreDamagedError} for a
 * batch that does not hold what it says.
 */
export function sumEntries(
  { firstPosition, lastPosition, payloads }: JournalBatch,
  afterPosition: number,
  untilPosition: number,
  sums: AccountSums,
): void {
  const lines = Buffer.from(payloads.buffer, payloads.byteOffset, payloads.byteLength)
  const bytes = new DataView(payloads.buffer, payloads.byteOffset, payloads.byteLength)
  const add = (from: number, to: number, amount: number) => sums.add(bytes, from, to, amount)
  let end = payloads.length
  for (let position = lastPosition; position >= firstPosition; position--) {
    const isWanted = position > afterPosition && position <= untilPosition
    const before = isWanted ? scanEntries(bytes, end, position, add) : end - 1
    // A line feed within a text of JSON is written as an escape, so one that is found ends the payload before this one.
    const start = before < 0 ? -1 : lines.lastIndexOf(lineFeed, before)
    if ((start === -1) !== (position === firstPosition)) {
      throw new StoreDamagedError(
        `the batch that begins at position ${firstPosition} does not hold as many events as it says`,
      )
    }
    end = start
  }
}
