import { zeroHash } from '@deparrow/ledger'
import type { ConsumerState, LedgerCloudEvent } from '@deparrow/services/testing'
import type { Sim } from '../engine/sim.ts'
import type { JournalCheck } from './journal-check.ts'
import { SimpleBooks } from './simple-books.ts'

/** After so many events that a reader has taken its balances are compared with the journal's. */
const compareEveryEvents = 60

/** Holds those who read what was written against the journal: what is on the bus, and what was made of it. */
export class ReaderCheck {
  private readonly positions = new Map<string, number>()
  private readonly shadows = new Map<string, SimpleBooks>()
  private readonly comparedAt = new Map<object, number>()

  constructor(
    private readonly sim: Sim,
    private readonly journals: JournalCheck,
  ) {}

  /** What is on the bus is a beginning of the journal, in order, without a gap or a repetition. */
  published(shard: string, batch: readonly LedgerCloudEvent[]): void {
    const { stored } = this.journals.journal(shard)
    let position = this.positions.get(shard) ?? 0
    for (const event of batch) {
      position++
      const own = stored[position - 1]
      const isSame = event.position === position && own?.hash === event.hash && own.payload === event.payload
      this.sim.require(isSame, 'the bus has the journal’s events in their order', () => {
        return `record ${position} of ${shard} is event ${event.position}, ${event.hash}`
      })
    }
    this.positions.set(shard, position)
  }

  publishedPosition(shard: string): number {
    return this.positions.get(shard) ?? 0
  }

  /** A consumer stands somewhere in the journal, with the balances that the journal has there. */
  consumer(shard: string, state: ConsumerState): void {
    const before = this.comparedAt.get(state) ?? 0
    if (state.position < before) {
      return this.sim.fail('a consumer goes forward', `from ${before} to ${state.position} of ${shard}`)
    }
    if (state.position >= before + compareEveryEvents) this.compare(shard, state)
  }

  compare(shard: string, state: ConsumerState): void {
    this.comparedAt.set(state, state.position)
    const { stored } = this.journals.journal(shard)
    const hash = state.position === 0 ? zeroHash : stored[state.position - 1]?.hash
    this.sim.require(
      hash === state.hash,
      'a consumer stands in the journal',
      () => `${state.position} of ${shard} has ${hash}`,
    )
    this.balances('the consumer', shard, state.position, state.balances)
  }

  /** Balances that a reader of a shard has at a position. The positions of one reader ascend. */
  balances(reader: string, shard: string, position: number, balances: ReadonlyMap<string, bigint>): void {
    const key = `${reader} of ${shard}`
    const shadow = this.shadows.get(key) ?? new SimpleBooks()
    this.shadows.set(key, shadow)
    const { events } = this.journals.journal(shard)
    for (const event of events.slice(shadow.position, position)) shadow.add(event)
    const difference = shadow.differenceFrom(balances)
    if (difference !== undefined) this.sim.fail('projections are the fold of the journal', `${key}: ${difference}`)
  }
}
