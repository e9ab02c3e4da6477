import {
  BusUnavailableError,
  type DeliveredEvent,
  type EventBus,
  type ShardPublisher,
} from '../../relay/event-bus.port.ts'
import { toBusError } from './kafka-errors.ts'
import type { KafkaBusOptions } from './kafka-options.ts'
import { KafkaPartitionReader } from './kafka-partition-reader.ts'
import { KafkaPublisher } from './kafka-publisher.ts'
import { ensureTopic } from './kafka-topic.ts'

/** How long a broker holds a fetch that finds nothing before it answers. */
const fetchWaitMs = 500

/**
 * The event bus on Kafka 4: one topic, a partition for each shard, a transaction for each batch. Making one connects to
 * nothing; the topic is created when a shard is first opened.
 */
export class KafkaEventBus implements EventBus {
  private readonly inUse = new Set<{ close(): Promise<void> }>()
  private isClosed = false
  private hasTopic = false

  /** Throws `RangeError` for options that name no broker, no shard, or a shard twice. */
  constructor(private readonly options: KafkaBusOptions) {
    const { brokers, shards, topic } = options
    if (brokers.length === 0) throw new RangeError('no broker is named')
    if (shards.length === 0 || new Set(shards).size !== shards.length) throw new RangeError('shards need one name each')
    if (!/^[a-zA-Z0-9._-]{1,200}$/.test(topic)) throw new RangeError(`${topic} is no name of a topic`)
  }

  async open(shard: string): Promise<ShardPublisher> {
    await this.prepare(shard)
    const publisher = await this.keep(await this.openPublisher(shard))
    return {
      last: publisher.last,
      publish: batch => publisher.publish(batch),
      close: () => this.release(publisher),
    }
  }

  async *follow(
    shard: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly DeliveredEvent[], void> {
    if (cursor !== undefined && !/^\d{1,18}$/.test(cursor)) throw new RangeError(`${cursor} is no cursor`)
    await this.prepare(shard)
    let reader: KafkaPartitionReader | undefined
    let offset = cursor === undefined ? undefined : BigInt(cursor)
    const end = (): void => void reader?.close()
    signal.addEventListener('abort', end)
    try {
      reader = await this.keep(await KafkaPartitionReader.open(this.options, shard))
      offset ??= (await reader.bounds()).start
      while (!signal.aborted) {
        const { events, nextOffset } = await reader.read(offset, fetchWaitMs)
        offset = nextOffset
        if (events.length > 0) yield events
      }
    } catch (error) {
      this.hasTopic = false
      if (!signal.aborted) throw toBusError(error, { shard, cursor: `${offset ?? 0}` })
    } finally {
      signal.removeEventListener('abort', end)
      if (reader !== undefined) await this.release(reader)
    }
  }

  /** Ends publishers and followers too. */
  async close(): Promise<void> {
    this.isClosed = true
    for (const each of this.inUse) await this.release(each)
  }

  private async prepare(shard: string): Promise<void> {
    if (!this.options.shards.includes(shard)) throw new RangeError(`topic ${this.options.topic} has no shard ${shard}`)
    if (this.isClosed) throw new BusUnavailableError({ reason: 'CLOSED' })
    if (!this.hasTopic) await ensureTopic(this.options)
    this.hasTopic = true
  }

  /** After a failure the topic is looked for again: it may have been deleted. */
  private async openPublisher(shard: string): Promise<KafkaPublisher> {
    try {
      return await KafkaPublisher.open(this.options, shard)
    } catch (error) {
      this.hasTopic = false
      throw error
    }
  }

  /** Remembers what {@link close} must close; closes it at once when that has happened meanwhile. */
  private async keep<T extends { close(): Promise<void> }>(opened: T): Promise<T> {
    this.inUse.add(opened)
    if (!this.isClosed) return opened
    await this.release(opened)
    throw new BusUnavailableError({ reason: 'CLOSED' })
  }

  private async release(opened: { close(): Promise<void> }): Promise<void> {
    this.inUse.delete(opened)
    await opened.close()
  }
}
