import type { LedgerEvent } from './event.ts'

type Listener = (events: readonly LedgerEvent[]) => void

/** Who hears of durable events. What one of them throws is its own affair: the others hear of the events too. */
export class JournalListeners {
  private readonly listeners = new Set<Listener>()

  /** `onError` hears what a listener threw, and must not throw itself; without it such errors are dropped. */
  constructor(private readonly onError?: (error: unknown) => void) {}

  /** Returns the function that ends it. */
  add(listener: Listener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  tell(events: readonly LedgerEvent[]): void {
    for (const listener of this.listeners) {
      try {
        listener(events)
      } catch (error) {
        this.onError?.(error)
      }
    }
  }
}
