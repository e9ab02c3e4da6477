import { Admin } from '@platformatic/kafka'
import { BusUnavailableError } from '../../relay/event-bus.port.ts'
import { answered, closed } from './deadline.ts'
import { kafkaCodes, toBusError } from './kafka-errors.ts'
import { clientOptions, type KafkaBusOptions } from './kafka-options.ts'

/** Brokers take no larger batch by default (1 MiB); one event with the books of a whole epoch may come near to that. */
const messageBytesMax = 8 * 1024 * 1024

/**
 * Creates the topic unless it is there: a partition for each shard, and everything is kept for ever, since a consumer that
 * begins needs the first event. Throws {@link TopicTooSmallError}, `BusUnavailableError`.
 */
export async function ensureTopic(options: KafkaBusOptions): Promise<void> {
  const { topic, shards, replicas = -1 } = options
  const admin = new Admin(clientOptions(options))
  try {
    await answered(options, createTopic(admin, topic, shards.length, replicas))
    const metadata = await answered(options, admin.metadata({ topics: [topic], forceUpdate: true }))
    const partitionCount = metadata.topics.get(topic)?.partitionsCount
    if (partitionCount === undefined) throw new BusUnavailableError({ reason: 'UNKNOWN_TOPIC_OR_PARTITION' })
    if (partitionCount < shards.length)
      throw new TopicTooSmallError({ topic, partitionCount, shardCount: shards.length })
  } catch (error) {
    throw error instanceof TopicTooSmallError ? error : toBusError(error, { shard: topic })
  } finally {
    await closed(admin.close())
  }
}

async function createTopic(admin: Admin, topic: string, partitions: number, replicas: number): Promise<void> {
  const configs = [
    { name: 'cleanup.policy', value: 'delete' },
    { name: 'retention.ms', value: '-1' },
    { name: 'retention.bytes', value: '-1' },
    { name: 'max.message.bytes', value: `${messageBytesMax}` },
  ]
  try {
    await admin.createTopics({ topics: [topic], partitions, replicas, configs })
  } catch (error) {
    if (!kafkaCodes(error).includes('TOPIC_ALREADY_EXISTS')) throw error
  }
}

/** Thrown when a topic has fewer partitions than there are shards. Add partitions to it; events of others do not move. */
export class TopicTooSmallError extends Error {
  override readonly name = 'TopicTooSmallError'
  constructor({ topic, partitionCount, shardCount }: { topic: string; partitionCount: number; shardCount: number }) {
    super(`topic ${topic} has ${partitionCount} partitions for ${shardCount} shards: add partitions to it`)
  }
}
