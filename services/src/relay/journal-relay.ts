import { type EventStore, followJournal } from '@deparrow/ledger'
import type { Wait } from '../poll-loop.ts'
import { BusFencedError, type EventBus, MalformedRecordError, type ShardPublisher } from './event-bus.port.ts'
import { cloudEventSourceDefault, toCloudEvent } from './ledger-cloud-event.ts'
import { publishBatches } from './publish-batches.ts'
import { ForeignTopicError, resumePosition } from './resume-point.ts'

export type JournalRelayParts = {
  readonly store: Pick<EventStore, 'read' | 'waitBeyond' | 'head'>
  readonly bus: Pick<EventBus, 'open'>
  readonly shard: string
  readonly wait: Wait
  /** CloudEvents `source`; one for all shards of a network. */
  readonly source?: string
}

/**
 * `refused`: the bus holds something else than this journal, and the relay publishes nothing until an operator has looked and
 * started it again.
 */
export type RelayState = 'stopped' | 'opening' | 'publishing' | 'backingOff' | 'refused'

/** Pauses after failures: doubled each time, from short enough for a broker's restart to long enough not to burden one. */
const backoffMinMs = 100
const backoffMaxMs = 5_000
/** Two relays that open again at once would fence each other without end; correctness does not depend on it. */
const fencedPauseMs = 5_000
/** What a batch under way gets when the relay is stopped; after it the batch is left to the next one to finish or undo. */
const stopGraceMs = 2_000

/**
 * Publishes a shard's journal: finds the last published event, goes on after it, in order, one batch at a time, and waits for more.
 * Keeps no position of its own, so that nothing can disagree with the bus. Whatever fails (bus, store, a newer relay), it
 * pauses, opens the shard again and goes on from where the bus really is.
 */
export class JournalRelay {
  state: RelayState = 'stopped'
  /** Last position known to be committed on the bus; 0 for none, `undefined` until the bus was read. */
  publishedPosition: number | undefined
  failuresInARow = 0
  /** What went wrong, until a batch is published or there is nothing to publish. */
  lastError: unknown
  private stopping = new AbortController()
  private running: Promise<void> | undefined
  private publisher: ShardPublisher | undefined

  constructor(private readonly parts: JournalRelayParts) {}

  get shard(): string {
    return this.parts.shard
  }

  get lastErrorName(): string | undefined {
    if (this.lastError === undefined) return undefined
    return this.lastError instanceof Error ? this.lastError.name : 'unknown'
  }

  /** Events of the journal that are not published. Throws what the store throws. */
  async lagEvents(): Promise<number> {
    const head = await this.parts.store.head(this.parts.shard)
    return Math.max(0, head.position - (this.publishedPosition ?? 0))
  }

  /** Without effect while it runs; after `refused` it looks at the bus again. */
  start(): void {
    if (this.running !== undefined) return
    this.stopping = new AbortController()
    this.running = this.run(this.stopping.signal).finally(() => {
      this.running = undefined
    })
  }

  /** Ends after the batch under way, or without it when the bus does not answer within 2 s. */
  async stop(): Promise<void> {
    const { running } = this
    if (running === undefined) return
    this.stopping.abort()
    const ended = new AbortController()
    await Promise.race([running, this.parts.wait(stopGraceMs, ended.signal)])
    ended.abort()
    await this.publisher?.close()
    await running
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.publishUntilStopped(signal)
      } catch (error) {
        if (signal.aborted) break
        this.lastError = error
        this.failuresInARow++
        if (isForOperators(error)) {
          this.state = 'refused'
          return
        }
        this.state = 'backingOff'
        await this.parts.wait(pauseMs(error, this.failuresInARow), signal)
      }
    }
    this.state = 'stopped'
  }

  private async publishUntilStopped(signal: AbortSignal): Promise<void> {
    const { store, bus, shard, source = cloudEventSourceDefault } = this.parts
    this.state = 'opening'
    this.publisher = await bus.open(shard)
    try {
      const after = await resumePosition(store, shard, this.publisher.last)
      this.publishedPosition = after
      if ((await this.lagEvents()) === 0) this.succeed(after)
      this.state = 'publishing'
      for await (const page of followJournal(store, shard, after, signal)) {
        for (const batch of publishBatches(page.map(stored => toCloudEvent(shard, source, stored)))) {
          if (signal.aborted) return
          await this.publisher.publish(batch)
          this.succeed(batch.at(-1)?.position ?? after)
        }
      }
    } finally {
      await this.publisher.close()
      this.publisher = undefined
    }
  }

  private succeed(position: number): void {
    this.publishedPosition = position
    this.failuresInARow = 0
    this.lastError = undefined
  }
}

function isForOperators(error: unknown): boolean {
  return error instanceof ForeignTopicError || error instanceof MalformedRecordError
}

function pauseMs(error: unknown, failuresInARow: number): number {
  if (error instanceof BusFencedError) return fencedPauseMs
  return Math.min(backoffMinMs * 2 ** Math.min(failuresInARow - 1, 16), backoffMaxMs)
}
