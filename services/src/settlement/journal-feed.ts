import type { Ledger, LedgerEvent } from '@deparrow/ledger'

/** Events read at once while catching up. */
const pageEvents = 1_000

/**
 * Gives every event of the journal to `apply`, in order, each exactly once: first all there are, then those that come. Answers
 * when `apply` has seen all that were durable at the call; the returned function ends the feed.
 */
export async function feedJournal(ledger: Ledger, apply: (event: LedgerEvent) => void): Promise<() => void> {
  let position = 0
  let isCaughtUp = false
  const early: LedgerEvent[] = []
  const take = (event: LedgerEvent): void => {
    if (event.position <= position) return
    if (event.position !== position + 1) throw new JournalGapError(position, event.position)
    apply(event)
    position = event.position
  }
  const stop = ledger.subscribe(events => {
    if (isCaughtUp) events.forEach(take)
    else early.push(...events)
  })
  for (;;) {
    const page = await ledger.events(position, pageEvents)
    page.forEach(take)
    if (page.length < pageEvents) break
  }
  early.forEach(take)
  isCaughtUp = true
  return stop
}

/** Thrown when the ledger calls back with events that do not follow the last ones: its promise is broken. */
export class JournalGapError extends Error {
  override readonly name = 'JournalGapError'
  constructor(lastPosition: number, position: number) {
    super(`the journal's event ${position} came after ${lastPosition}`)
  }
}
