import { randomBytes } from 'node:crypto'
import { type EachBatchPayload, Kafka, logLevel } from 'kafkajs'

/** An event as a consumer gets it from a topic. */
export type TopicEvent = { readonly position: number; readonly hash: string; readonly payload: string }

const readTimeoutMs = 60_000

/**
 * All committed events of partition 0 in the order of the topic, read with another client library than the one that wrote them, until one
 * with `lastPosition` has come. Rejects when it has not come within a minute.
 */
export async function readTopic(broker: string, topic: string, lastPosition: number): Promise<readonly TopicEvent[]> {
  const kafka = new Kafka({ clientId: 'deparrow-test', brokers: [broker], logLevel: logLevel.NOTHING })
  const groupId = `deparrow-test-${randomBytes(6).toString('hex')}`
  const consumer = kafka.consumer({ groupId, readUncommitted: false })
  const events: TopicEvent[] = []
  const done = Promise.withResolvers<void>()
  const late = () => done.reject(new Error(`${events.length} events came, not the one at ${lastPosition}`))
  const timer = setTimeout(late, readTimeoutMs)
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const eachBatch = async ({ batch }: EachBatchPayload) => {
      if (batch.partition !== 0) return
      for (const { headers, value } of batch.messages) {
        const [position, hash] = [headers?.['ce_pos'], headers?.['ce_hash']]
        events.push({ position: Number(position), hash: `${hash}`, payload: `${value}` })
      }
      const isLast = Number(batch.offsetLag()) <= 1
      if (isLast && (events.at(-1)?.position ?? 0) >= lastPosition) done.resolve()
    }
    consumer.run({ eachBatch }).catch(done.reject)
    await done.promise
    return events
  } finally {
    clearTimeout(timer)
    await consumer.disconnect()
  }
}
