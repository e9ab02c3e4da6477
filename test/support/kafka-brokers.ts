import { it } from 'node:test'
import { Admin } from '@platformatic/kafka'

/**
 * `KAFKA_BROKERS`, or `undefined` when tests against a real Kafka are to be left out. Where engines are required
 * (`DEPARROW_REQUIRE_ENGINES=1`, as in CI) a missing address is a failing test.
 */
export function kafkaBrokers(): readonly string[] | undefined {
  const brokers = process.env['KAFKA_BROKERS']
  if (brokers !== undefined && brokers !== '') return brokers.split(',')
  it('Kafka: set KAFKA_BROKERS to run its tests', test => {
    if (process.env['DEPARROW_REQUIRE_ENGINES'] === '1') {
      throw new Error('engines are required and KAFKA_BROKERS is not set')
    }
    test.skip('no Kafka is given')
  })
  return undefined
}

export async function deleteTopic(brokers: readonly string[], topic: string): Promise<void> {
  const admin = new Admin({ clientId: 'deparrow-test', bootstrapBrokers: [...brokers] })
  try {
    if ((await admin.listTopics()).includes(topic)) await admin.deleteTopics({ topics: [topic] })
  } finally {
    await admin.close()
  }
}
