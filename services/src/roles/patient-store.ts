import { type EventStore, StoreDamagedError } from '@deparrow/ledger'
import type { Wait } from '../poll-loop.ts'

/** As much of a store as a follower needs. */
export type JournalStore = Pick<EventStore, 'read' | 'head' | 'waitBeyond'>

export type PatientStoreParts = {
  readonly store: JournalStore
  readonly wait: Wait
  /** Ends the patience: the next failure is thrown. */
  readonly signal: AbortSignal
  /** Told once of each time that the store is away. */
  readonly report: (problem: string) => void
}

const pauseMinMs = 100
const pauseMaxMs = 2_000

/**
 * A store whose readers wait while it is away, instead of failing: a follower stays where it is and goes on when the store is back. What the
 * store says of its data ({@link StoreDamagedError}), or of a call that makes no sense, is thrown at once.
 */
export function patientStore({ store, wait, signal, report }: PatientStoreParts): JournalStore {
  const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (let failureCount = 0; ; failureCount++) {
      try {
        return await ask()
      } catch (error) {
        if (signal.aborted || isFinal(error)) throw error
        if (failureCount === 0) report(`the event store is away: ${error instanceof Error ? error.message : error}`)
        await wait(Math.min(pauseMinMs * 2 ** failureCount, pauseMaxMs), signal)
      }
    }
  }
  return {
    read: (shard, afterPosition, limit) => patiently(() => store.read(shard, afterPosition, limit)),
    head: shard => patiently(() => store.head(shard)),
    waitBeyond: (shard, position, ended) => {
      return patiently(async () => {
        if (!ended.aborted) await store.waitBeyond(shard, position, ended)
      })
    },
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof StoreDamagedError || error instanceof RangeError || error instanceof TypeError
}
