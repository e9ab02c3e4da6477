/** The event bus on Kafka: an entry of its own, so that a network without Kafka does not load its client. */
export { KafkaEventBus } from './adapters/bus/kafka-event-bus.ts'
export type { KafkaBusOptions } from './adapters/bus/kafka-options.ts'
export { TopicTooSmallError } from './adapters/bus/kafka-topic.ts'
