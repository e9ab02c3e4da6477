import type { MessageRecord } from '@platformatic/kafka'
import type { LedgerCloudEvent } from '../../relay/event-bus.port.ts'
import { toKafkaMessage } from './kafka-message.ts'
import type { KafkaBusOptions } from './kafka-options.ts'
import { RelayProducer } from './relay-producer.ts'

/**
 * Writes events to partition 0 in a transaction under the relay's own id and goes away without ending it, as a relay that is killed
 * in the middle of a batch does.
 */
export async function crashInTransaction(options: KafkaBusOptions, events: readonly LedgerCloudEvent[]): Promise<void> {
  const { producer, transaction } = await beginAsRelay(options)
  const messages = events.map(event => toKafkaMessage(options.topic, 0, Buffer.from('a'), event))
  await transaction.send({ messages, acks: -1 })
  await producer.close(true)
}

/** The same, but gone before the first event is sent: the transaction will be ended in the partition without having written there. */
export async function crashBeforeSending(options: KafkaBusOptions): Promise<void> {
  const { producer, transaction } = await beginAsRelay(options)
  const metadata = await producer.metadata({ topics: [options.topic] })
  await transaction.addPartitions(metadata, [{ topic: options.topic, partition: 0 }] as MessageRecord[])
  await producer.close(true)
}

async function beginAsRelay({ brokers, topic }: KafkaBusOptions) {
  const connection = { clientId: 'crash', bootstrapBrokers: [...brokers], retries: 30, retryDelay: 20 }
  const producer = new RelayProducer({ ...connection, idempotent: true, transactionalId: `deparrow-relay-${topic}-0` })
  return { producer, transaction: await producer.beginTransaction({ producerId: -1n, producerEpoch: -1 }) }
}
