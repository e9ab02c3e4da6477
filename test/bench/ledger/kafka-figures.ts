import { measureKafkaLag } from '../kafka-lag.ts'
import type { Figure } from './figure.ts'

const eventsPerSecond = 5_000

/** From an event's commit to a consumer of Kafka that has it, at 5 000 events a second, the broker on the same machine. */
export async function kafkaFigures(brokers: string): Promise<readonly Figure[]> {
  const { p50, p99, p999, max } = await measureKafkaLag({ brokers: brokers.split(','), eventsPerSecond })
  return [{ name: 'kafka_lag_p99', value: p99, unit: 'ms', p50, p99, p999, max, target: '≤ 100', isMet: p99 <= 100 }]
}
