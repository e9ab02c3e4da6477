import { type AppendBatch, isHexOf } from '@deparrow/ledger'

const readLimitMax = 10_000

/** A day: no writer is given up for longer than that. */
const leaseMsMax = 86_400_000

/** UTF-16 units in the payloads of one batch: half of the longest string of V8, so that a batch can be read back. */
const batchLengthMax = 2 ** 28

/**
 * Throws {@link InvalidBatchError} when a caller breaks the contract of `append`: at least one event, positions ascend from the
 * head without gaps, a hash has 32 bytes in lower case, a payload is one line of well-formed text, and the whole is no longer than
 * 2^28 characters.
 */
export function assertBatch(batch: AppendBatch): void {
  if (batch.events.length === 0) throw new InvalidBatchError('a batch holds at least one event')
  let length = 0
  batch.events.forEach(({ position, payload, hash }, index) => {
    const expected = batch.expectedPosition + index + 1
    if (position !== expected) {
      throw new InvalidBatchError(`expected an event for position ${expected}, found one for ${position}`)
    }
    if (!isHexOf(hash, 32) || hash !== hash.toLowerCase()) {
      throw new InvalidBatchError(`the hash at position ${position} is not 32 bytes in lower case`)
    }
    if (payload.includes('\n') || !payload.isWellFormed()) {
      throw new InvalidBatchError(`the payload at position ${position} is not one line of well-formed text`)
    }
    length += payload.length
  })
  if (length > batchLengthMax)
    throw new InvalidBatchError(`a batch of ${length} characters is too long to be read back`)
}

/** Throws {@link RangeError} when a caller breaks the contract of `read`. */
export function assertPage(afterPosition: number, limit: number): void {
  assertPosition(afterPosition)
  if (!Number.isInteger(limit) || limit < 1 || limit > readLimitMax) {
    throw new RangeError(`a page holds 1 to ${readLimitMax} events, not ${limit}`)
  }
}

/** Throws {@link RangeError} when a position is not a whole number from 0. */
export function assertPosition(position: number): void {
  if (!Number.isSafeInteger(position) || position < 0) {
    throw new RangeError(`${position} is no position: a whole number from 0`)
  }
}

/** Throws {@link RangeError} when a lease's time is not a whole number of milliseconds up to a day. */
export function assertLeaseMs(leaseMs: number): void {
  if (!Number.isInteger(leaseMs) || leaseMs < 1 || leaseMs > leaseMsMax) {
    throw new RangeError(`a lease lasts 1 to ${leaseMsMax} ms, not ${leaseMs}`)
  }
}

/** Thrown when code hands over a batch that the port does not allow. Nothing was written. */
export class InvalidBatchError extends Error {
  override readonly name = 'InvalidBatchError'
}
