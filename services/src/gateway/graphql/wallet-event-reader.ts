import type { Address } from '@deparrow/ledger'
import { GraphQLError } from 'graphql'
import { ReadModelBehindError, type ReadQueries } from '../../read-model/read-queries.port.ts'
import type { StatementEntry } from '../../read-model/read-records.ts'

/** The entries of one event on a wallet's accounts, in their order. */
export type EventEntries = { readonly position: number; readonly entries: readonly StatementEntry[] }

export type WalletEventSource = {
  readonly reads: Pick<ReadQueries, 'statement' | 'waitFor'>
  /** The durable end of the journal. */
  readonly head: () => number
  /** Gives a value when something may have moved in the wallet, from before this reader was made on. */
  readonly wakes: AsyncIterableIterator<unknown>
  readonly wallet: Address
  /** The wallet's home, whose journal is followed. */
  readonly shard: number
}

/** Entries that a reader may be behind: about 1 MB in memory for each of them. */
export const entriesBehindMax = 2_000

/** Mostly a wake brings one event; who is further behind reads on in large pages. */
const firstPageEntries = 25
const pageEntries = 500

/** The projections answer within milliseconds; this only bounds one wait of many. */
const waitMs = 10_000

/**
 * A wallet's events after a position, in the journal's order, each once, for as long as it is read. It reads what it has not given yet out of
 * the projections whenever it is asked and something has happened, so that a slow reader costs nothing and misses nothing. Throws
 * `RESUME_TOO_FAR` when more than {@link entriesBehindMax} entries have come that were not read.
 */
export class WalletEventReader implements AsyncIterableIterator<EventEntries> {
  #waiting: EventEntries[] = []
  #readTo: number
  readonly #ended = new AbortController()

  constructor(
    private readonly source: WalletEventSource,
    private after: number,
  ) {
    this.#readTo = after
  }

  async next(): Promise<IteratorResult<EventEntries>> {
    try {
      while (!this.#ended.signal.aborted) {
        const event = this.#waiting.shift()
        if (event !== undefined) {
          this.after = event.position
          return { done: false, value: event }
        }
        if (this.source.head() > this.#readTo) await this.#readOn()
        else if ((await this.source.wakes.next()).done) break
      }
    } catch (error) {
      if (!this.#ended.signal.aborted) {
        await this.return()
        throw error
      }
    }
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<EventEntries>> {
    this.#ended.abort()
    this.#waiting = []
    await this.source.wakes.return?.()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Fills what waits with everything up to the head as it is now; nothing of the wallet may be among it. */
  async #readOn(): Promise<void> {
    const head = this.source.head()
    await this.#whenVisible(head)
    const entries = await this.#entriesAfter(this.after)
    this.#waiting = groupByEvent(entries)
    this.#readTo = Math.max(head, this.#waiting.at(-1)?.position ?? 0)
  }

  async #whenVisible(position: number): Promise<void> {
    const { reads, shard } = this.source
    const { signal } = this.#ended
    for (;;) {
      try {
        return await reads.waitFor(position, { timeoutMs: waitMs, shard, signal })
      } catch (error) {
        if (!(error instanceof ReadModelBehindError)) throw error
      }
    }
  }

  /** Newest first. */
  async #entriesAfter(after: number): Promise<readonly StatementEntry[]> {
    const { reads, wallet, shard } = this.source
    const found: StatementEntry[] = []
    let cursor: string | undefined
    do {
      const first = cursor === undefined ? firstPageEntries : pageEntries
      const page = await reads.statement(wallet, { first, ...(cursor !== undefined && { cursor }) })
      const own = page.entries.filter(entry => entry.shard === shard)
      const wanted = own.filter(({ position }) => position > after)
      found.push(...wanted)
      if (found.length > entriesBehindMax) throw resumeTooFar(after)
      if (wanted.length < own.length) return found
      cursor = page.nextCursor
    } while (cursor !== undefined)
    return found
  }
}

/** From entries that are newest first to events that are oldest first. */
function groupByEvent(entries: readonly StatementEntry[]): EventEntries[] {
  const events = new Map<number, StatementEntry[]>()
  for (const entry of entries.toReversed()) {
    const known = events.get(entry.position)
    if (known === undefined) events.set(entry.position, [entry])
    else known.push(entry)
  }
  return [...events].map(([position, own]) => ({
    position,
    entries: own.toSorted((a, b) => a.entryIndex - b.entryIndex),
  }))
}

function resumeTooFar(after: number): GraphQLError {
  const message = `More than ${entriesBehindMax} entries have come since position ${after}. Page through the statement, then follow from its newest position.`
  return new GraphQLError(message, { extensions: { code: 'RESUME_TOO_FAR' } })
}
