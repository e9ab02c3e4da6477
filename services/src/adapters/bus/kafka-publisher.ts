import { type MessageToProduce, ProduceAcks, type Producer } from '@platformatic/kafka'
import {
  assertContinues,
  BusUnavailableError,
  type LedgerCloudEvent,
  type ShardPublisher,
} from '../../relay/event-bus.port.ts'
import { answered, closed } from './deadline.ts'
import { toBusError } from './kafka-errors.ts'
import { toKafkaMessage } from './kafka-message.ts'
import { clientOptions, type KafkaBusOptions } from './kafka-options.ts'
import { KafkaPartitionReader } from './kafka-partition-reader.ts'
import { RelayProducer } from './relay-producer.ts'

type Transaction = Awaited<ReturnType<Producer['beginTransaction']>>

/**
 * Without these the library asks for producer 0 in epoch 0, and a broker answers `PRODUCER_FENCED` to every start after the first,
 * unless the id happens to be 0. −1 asks for whatever producer the transactional id has, in a new epoch.
 */
const newestProducer = { producerId: -1n, producerEpoch: -1 }

/**
 * Publishes one shard under its own transactional id, so that a broker fences whoever opened it before: one transaction for each
 * batch. After any failure it is of no use, and what became of the transaction shows when the shard is opened again.
 */
export class KafkaPublisher implements ShardPublisher {
  private newest: LedgerCloudEvent | undefined
  private isUsable = true

  private constructor(
    private readonly options: KafkaBusOptions,
    private readonly producer: Producer,
    private transaction: Transaction,
    private readonly place: {
      readonly topic: string
      readonly partition: number
      readonly shard: string
      readonly key: Buffer
    },
    readonly last: LedgerCloudEvent | undefined,
  ) {
    this.newest = last
  }

  /** Takes the shard over: ends what an earlier publisher left open, then reads the last committed event. */
  static async open(options: KafkaBusOptions, shard: string): Promise<KafkaPublisher> {
    const { topic } = options
    const partition = options.shards.indexOf(shard)
    const transactionalId = `deparrow-relay-${topic}-${partition}`
    const producer = new RelayProducer({ ...clientOptions(options), idempotent: true, transactionalId })
    try {
      const transaction = await answered(options, producer.beginTransaction(newestProducer))
      const last = await readLast(options, shard)
      return new KafkaPublisher(
        options,
        producer,
        transaction,
        { topic, partition, shard, key: Buffer.from(shard) },
        last,
      )
    } catch (error) {
      await closed(producer.close(true))
      throw toBusError(error, { shard })
    }
  }

  async publish(batch: readonly LedgerCloudEvent[]): Promise<void> {
    const { topic, partition, shard, key } = this.place
    assertContinues(this.newest, batch)
    if (!this.isUsable) throw new BusUnavailableError({ reason: 'CLOSED' })
    this.isUsable = false
    try {
      const messages = batch.map(event => toKafkaMessage(topic, partition, key, event))
      await answered(this.options, this.commit(messages))
    } catch (error) {
      throw toBusError(error, { shard })
    }
    this.newest = batch.at(-1)
    this.isUsable = true
  }

  async close(): Promise<void> {
    this.isUsable = false
    await closed(this.producer.close(true))
  }

  private async commit(messages: MessageToProduce[]): Promise<void> {
    await this.transaction.send({ messages, acks: ProduceAcks.ALL })
    await this.transaction.commit()
    this.transaction = await this.producer.beginTransaction(newestProducer)
  }
}

async function readLast(options: KafkaBusOptions, shard: string): Promise<LedgerCloudEvent | undefined> {
  const reader = await KafkaPartitionReader.open(options, shard)
  try {
    const last = await reader.lastEvent()
    if (last === undefined) return undefined
    const { cursor: _, ...event } = last
    return event
  } finally {
    await reader.close()
  }
}
