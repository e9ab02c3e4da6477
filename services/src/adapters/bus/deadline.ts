import { BusUnavailableError } from '../../relay/event-bus.port.ts'

/**
 * What a broker gets for one thing that is asked of it. The library itself repeats a request that timed out, up to five minutes
 * long, and a relay could not tell that from a bus that works.
 */
export const answerMsDefault = 10_000

/** What a connection gets to close; one whose other side is gone would never say so. */
const closeMs = 2_000

/** The result of asking a broker; throws {@link BusUnavailableError} after its time, and the answer, if it ever comes, is lost. */
export async function answered<T>({ answerMs }: { answerMs?: number }, asking: Promise<T>): Promise<T> {
  return within(answerMs ?? answerMsDefault, asking)
}

/** Closes one or more clients for at most 2 s. Never throws: whoever closes has no more use for them. */
export async function closed(...closing: readonly Promise<unknown>[]): Promise<void> {
  await within(closeMs, Promise.allSettled(closing)).catch(() => {})
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new BusUnavailableError({ reason: 'TIMEOUT' })), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
