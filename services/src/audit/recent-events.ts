import type { Entry, Hex, LedgerEvent } from '@deparrow/ledger'

type RecentEvent = { readonly position: number; readonly hash: Hex; readonly entries: LedgerEvent['entries'] }

/**
 * The newest events of a journal, as far as it takes to say what was so some positions ago. Positions without gaps; at most
 * `eventsMax` events.
 */
export class RecentEvents {
  private events: RecentEvent[] = []

  constructor(private readonly eventsMax: number) {}

  add({ position, entries }: LedgerEvent, hash: Hex): void {
    this.events.push({ position, hash, entries })
    // Cut in bulk: an event at a time would move all the others each time.
    if (this.events.length >= 2 * this.eventsMax) this.events = this.events.slice(-this.eventsMax)
  }

  clear(): void {
    this.events = []
  }

  /** Whether it knows what happened after a position, up to the newest event. */
  knowsAfter(position: number): boolean {
    const [oldest] = this.events
    return oldest === undefined || position >= oldest.position - 1
  }

  /** The chain hash after an event; `undefined` for one that is not remembered. */
  hashAt(position: number): Hex | undefined {
    return this.at(position)?.hash
  }

  /** What accounts moved by after a position up to another, in µcr. */
  changes(afterPosition: number, toPosition: number): ReadonlyMap<string, bigint> {
    const changes = new Map<string, bigint>()
    for (const { account, amountMicrocredits } of this.entries(afterPosition, toPosition)) {
      changes.set(account, (changes.get(account) ?? 0n) + amountMicrocredits)
    }
    return changes
  }

  /** The accounts that moved after a position up to another. */
  touched(afterPosition: number, toPosition: number): ReadonlySet<string> {
    return new Set([...this.entries(afterPosition, toPosition)].map(({ account }) => account))
  }

  /** Entries after a position up to another, newest first. */
  *entries(afterPosition: number, toPosition: number): Generator<Entry, void> {
    for (let position = toPosition; position > afterPosition; position--) {
      const entries = this.at(position)?.entries ?? []
      for (let index = entries.length - 1; index >= 0; index--) yield entries[index] as Entry
    }
  }

  private at(position: number): RecentEvent | undefined {
    const [oldest] = this.events
    return oldest === undefined ? undefined : this.events[position - oldest.position]
  }
}
