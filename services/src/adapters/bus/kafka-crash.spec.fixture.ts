import { Producer } from '@platformatic/kafka'
import type { LedgerCloudEvent } from '../../relay/event-bus.port.ts'
import { toKafkaMessage } from './kafka-message.ts'
import type { KafkaBusOptions } from './kafka-options.ts'

/**
 * Writes events to partition 0 in a transaction under the relay's own id and goes away without ending it, as a relay that is killed
 * in the middle of a batch does.
 */
export async function crashInTransaction(options: KafkaBusOptions, events: readonly LedgerCloudEvent[]): Promise<void> {
  const { brokers, topic } = options
  const connection = { clientId: 'crash', bootstrapBrokers: [...brokers], retries: 30, retryDelay: 20 }
  const producer = new Producer({ ...connection, idempotent: true, transactionalId: `deparrow-relay-${topic}-0` })
  const transaction = await producer.beginTransaction({ producerId: -1n, producerEpoch: -1 })
  const messages = events.map(event => toKafkaMessage(topic, 0, Buffer.from('a'), event))
  await transaction.send({ messages, acks: -1 })
  await producer.close(true)
}
