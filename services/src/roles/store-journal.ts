import { decodeEvent, followJournal, type LedgerEvent } from '@deparrow/ledger'
import type { JournalSource } from '../ledger/read-model-feed.ts'
import { orAborted } from './or-aborted.ts'
import type { JournalStore } from './patient-store.ts'

/** A journal as it lies in its store, for a process that needs its events and not the ledger's state. Ends with the signal. */
export function storeJournal(
  store: JournalStore,
  journal: string,
  { signal, fail }: { readonly signal: AbortSignal; readonly fail: (cause: unknown) => void },
): JournalSource {
  const events = async (afterPosition: number, limit: number): Promise<readonly LedgerEvent[]> =>
    (await store.read(journal, afterPosition, limit)).map(decodeEvent)
  const subscribe = (listener: (events: readonly LedgerEvent[]) => void): (() => void) => {
    const ending = new AbortController()
    const ended = AbortSignal.any([signal, ending.signal])
    const tell = async (): Promise<void> => {
      const { position } = await orAborted(store.head(journal), ended)
      for await (const page of followJournal(store, journal, position, ended)) {
        if (!ended.aborted) listener(page.map(decodeEvent))
      }
    }
    tell().catch((error: unknown) => {
      if (!ended.aborted) fail(error)
    })
    return () => ending.abort()
  }
  return { events, subscribe }
}
