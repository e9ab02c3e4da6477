import { describeEventBus } from '../../relay/event-bus.spec.behaviour.ts'
import { deleteTopic, kafkaBrokers, testTopic } from './kafka-brokers.spec.fixture.ts'
import { KafkaEventBus } from './kafka-event-bus.ts'

const brokers = kafkaBrokers()

if (brokers !== undefined) {
  describeEventBus('the event bus on Kafka', async () => {
    const options = testTopic(brokers)
    return { connect: async () => new KafkaEventBus(options), remove: () => deleteTopic(options) }
  })
}
