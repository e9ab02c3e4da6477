import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { Admin } from '@platformatic/kafka'
import type { KafkaBusOptions } from './kafka-options.ts'

/**
 * `KAFKA_BROKERS` (`host:port`, separated by commas), or `undefined` when the suites against a real Kafka are to be left out. Where
 * engines are required (`DEPARROW_REQUIRE_ENGINES=1`, as in CI) a missing address is a failing test.
 */
export function kafkaBrokers(): readonly string[] | undefined {
  const brokers = process.env['KAFKA_BROKERS']
  if (brokers !== undefined && brokers !== '') return brokers.split(',')
  if (process.env['DEPARROW_REQUIRE_ENGINES'] === '1') {
    it('has the addresses of Kafka brokers in KAFKA_BROKERS', () => {
      throw new Error('DEPARROW_REQUIRE_ENGINES=1, but KAFKA_BROKERS is not set')
    })
  }
  return undefined
}

/** Options for a topic of a test's own, which is created when it is first used. */
export function testTopic(brokers: readonly string[]): KafkaBusOptions {
  return { brokers, topic: `deparrow-test-${randomBytes(6).toString('hex')}`, shards: ['a', 'b'] }
}

export async function deleteTopic({ brokers, topic }: KafkaBusOptions): Promise<void> {
  const admin = new Admin({ clientId: 'deparrow-test', bootstrapBrokers: [...brokers] })
  try {
    if ((await admin.listTopics()).includes(topic)) await admin.deleteTopics({ topics: [topic] })
  } finally {
    await admin.close()
  }
}
