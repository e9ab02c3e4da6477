import { randomBytes } from 'node:crypto'
import { type EachBatchPayload, Kafka, type KafkaMessage, logLevel } from 'kafkajs'
import type { KafkaBusOptions } from '../adapters/bus/kafka-options.ts'

/** The broker's last offset minus that of the last record in a page is at most this at the end: the marker of the last commit. */
const lagAtEnd = 1

/**
 * All committed messages of partition 0 up to its end, read by another client library than that which wrote them. Call it when
 * everything is published; throws when the end has not come within 30 s.
 */
export async function readWithKafkaJs(options: KafkaBusOptions): Promise<readonly KafkaMessage[]> {
  const kafka = new Kafka({ clientId: 'deparrow-test', brokers: [...options.brokers], logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({
    groupId: `deparrow-test-${randomBytes(6).toString('hex')}`,
    readUncommitted: false,
  })
  const messages: KafkaMessage[] = []
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [options.topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${messages.length} messages came within 30 s, no end`)), 30_000)
      const eachBatch = async ({ batch }: EachBatchPayload) => {
        if (batch.partition !== 0) return
        messages.push(...batch.messages)
        if (Number(batch.offsetLag()) > lagAtEnd) return
        clearTimeout(timer)
        resolve()
      }
      consumer.run({ eachBatch }).catch(reject)
    })
    return messages
  } finally {
    await consumer.disconnect()
  }
}
