import {
  assertContinues,
  BusFencedError,
  BusUnavailableError,
  type DeliveredEvent,
  type EventBus,
  type LedgerCloudEvent,
  RecordsGoneError,
  type ShardPublisher,
} from '../../relay/event-bus.port.ts'

/** Events of a shard that are kept; about 40 MB with payloads of 1 KB. */
const retainedEventsDefault = 20_000

/** Events handed to a follower at once. */
const pageEventsMax = 1_000

type Follower = { nextIndex: number }

/** What one shard's publishers and followers share. Indexes count all events ever appended, from 0. */
export class ShardLog {
  readonly events: LedgerCloudEvent[] = []
  readonly followers = new Set<Follower>()
  firstIndex = 0
  last: LedgerCloudEvent | undefined
  epoch = 0
  private wakers: (() => void)[] = []

  get endIndex(): number {
    return this.firstIndex + this.events.length
  }

  wake(): void {
    for (const waker of this.wakers.splice(0)) waker()
  }

  /** Resolves at the next {@link wake}. */
  changed(): Promise<void> {
    return new Promise(resolve => this.wakers.push(resolve))
  }

  /** Forgets the oldest events that every follower has taken, as many as are too many. */
  trim(eventsMax: number): void {
    const needed = Math.min(...[...this.followers].map(follower => follower.nextIndex), this.endIndex)
    const count = Math.min(this.events.length - eventsMax, needed - this.firstIndex)
    if (count <= 0) return
    this.events.splice(0, count)
    this.firstIndex += count
  }
}

/** What several {@link InProcessEventBus} can share, as several processes share a broker. */
export class InProcessBroker {
  private readonly logs = new Map<string, ShardLog>()

  constructor(readonly retainedEventsMax: number = retainedEventsDefault) {
    if (!(Number.isSafeInteger(retainedEventsMax) && retainedEventsMax >= 1)) {
      throw new RangeError(`cannot keep ${retainedEventsMax} events`)
    }
  }

  log(shard: string): ShardLog {
    const known = this.logs.get(shard)
    if (known !== undefined) return known
    const created = new ShardLog()
    this.logs.set(shard, created)
    return created
  }

  /** Lets all who wait look again. */
  wake(): void {
    for (const log of this.logs.values()) log.wake()
  }
}

/**
 * The event bus of a network in one process. It keeps the promises of the port for as long as the process lives, and begins
 * empty: each start publishes the journal again, from its first event, to whoever follows. Memory is bounded: of each shard
 * the last events are kept, publishing waits for a follower that is too far behind, and a follower that comes too late for
 * the first events gets `RecordsGoneError`; so let followers begin before the relay.
 */
export class InProcessEventBus implements EventBus {
  private readonly closing = new AbortController()

  constructor(private readonly broker: InProcessBroker = new InProcessBroker()) {}

  async open(shard: string): Promise<ShardPublisher> {
    this.assertOpen()
    const log = this.broker.log(shard)
    log.epoch++
    log.wake()
    return new InProcessPublisher(shard, log, this.broker.retainedEventsMax, this.closing.signal)
  }

  async *follow(
    shard: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly DeliveredEvent[], void> {
    this.assertOpen()
    const log = this.broker.log(shard)
    const follower = { nextIndex: indexOf(shard, log, cursor) }
    log.followers.add(follower)
    const wake = (): void => log.wake()
    signal.addEventListener('abort', wake)
    try {
      while (!signal.aborted) {
        this.assertOpen()
        const page = pageFrom(log, follower.nextIndex)
        if (page.length > 0) yield page
        follower.nextIndex += page.length
        if (page.length > 0) log.wake()
        else await log.changed()
      }
    } finally {
      signal.removeEventListener('abort', wake)
      log.followers.delete(follower)
      log.wake()
    }
  }

  async close(): Promise<void> {
    this.closing.abort()
    this.broker.wake()
  }

  private assertOpen(): void {
    if (this.closing.signal.aborted) throw new BusUnavailableError({ reason: 'CLOSED' })
  }
}

class InProcessPublisher implements ShardPublisher {
  readonly last: LedgerCloudEvent | undefined
  private readonly epoch: number
  private isClosed = false

  constructor(
    private readonly shard: string,
    private readonly log: ShardLog,
    private readonly retainedEventsMax: number,
    private readonly busClosed: AbortSignal,
  ) {
    this.last = log.last
    this.epoch = log.epoch
  }

  async publish(batch: readonly LedgerCloudEvent[]): Promise<void> {
    const { log } = this
    this.assertUsable()
    while (log.events.length > 0 && log.events.length + batch.length > this.retainedEventsMax) {
      log.trim(Math.max(0, this.retainedEventsMax - batch.length))
      if (log.events.length === 0 || log.events.length + batch.length <= this.retainedEventsMax) break
      await log.changed()
      this.assertUsable()
    }
    assertContinues(log.last, batch)
    log.events.push(...batch)
    log.last = batch.at(-1)
    log.wake()
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.log.wake()
  }

  private assertUsable(): void {
    if (this.isClosed || this.busClosed.aborted) throw new BusUnavailableError({ reason: 'CLOSED' })
    if (this.epoch !== this.log.epoch) throw new BusFencedError({ shard: this.shard })
  }
}

function indexOf(shard: string, log: ShardLog, cursor: string | undefined): number {
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw new RangeError(`${cursor} is no cursor`)
  const index = Number(cursor ?? 0)
  if (index < log.firstIndex || index > log.endIndex) throw new RecordsGoneError({ shard, cursor: `${index}` })
  return index
}

function pageFrom(log: ShardLog, index: number): readonly DeliveredEvent[] {
  const from = index - log.firstIndex
  return log.events
    .slice(from, from + pageEventsMax)
    .map((event, offset) => ({ ...event, cursor: `${index + offset + 1}` }))
}
