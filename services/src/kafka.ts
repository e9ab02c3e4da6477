/**
 * The event bus on Kafka with the relay to it: an entry of its own, so that a network without Kafka does not load its client, and a relay
 * loads nothing else.
 */
export { KafkaEventBus } from './adapters/bus/kafka-event-bus.ts'
export type { KafkaBusOptions } from './adapters/bus/kafka-options.ts'
export { TopicTooSmallError } from './adapters/bus/kafka-topic.ts'
export { waitOnTimer } from './poll-loop.ts'
export { JournalRelay } from './relay/journal-relay.ts'
