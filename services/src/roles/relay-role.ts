import { KafkaEventBus } from '../adapters/bus/kafka-event-bus.ts'
import type { ConfigOf } from '../config/role-config.ts'
import { gauge } from '../operations/gauge.ts'
import { waitOnTimer } from '../poll-loop.ts'
import { JournalRelay } from '../relay/journal-relay.ts'
import { journalName, journalNames } from './journal-name.ts'
import { openStore } from './open-databases.ts'
import type { RoleContext, StartedRole } from './role-context.ts'

/** Brings one shard's journal to its partition. While Kafka is away it waits, and is not ready. */
export async function startRelay(config: ConfigOf<'relay'>, context: RoleContext): Promise<StartedRole> {
  const { closing, metrics, server } = context
  const { kafkaBrokers: brokers, kafkaTopic: topic, kafkaReplicas: replicas, shard, shardCount } = config
  const store = await openStore(config.storeUrl, context)
  const shards = journalNames(shardCount)
  const bus = new KafkaEventBus({ brokers, topic, shards, ...(replicas !== undefined && { replicas }) })
  closing.defer(() => bus.close())
  const relay = new JournalRelay({ store, bus, shard: journalName(shard, shardCount), wait: waitOnTimer })
  server.expect({
    name: 'kafka',
    isRequired: true,
    isHealthy: () => relay.state === 'publishing' && relay.lastError === undefined,
  })
  gauge(metrics, 'deparrow_relay_published_position', 'Last position that is on Kafka.', () => relay.publishedPosition)
  gauge(metrics, 'deparrow_relay_lag_events', 'Events of the journal that are not on Kafka.', () => relay.lagEvents())
  gauge(
    metrics,
    'deparrow_relay_refused',
    '1 when the topic holds another journal and an operator has to look.',
    () => {
      return relay.state === 'refused' ? 1 : 0
    },
  )
  relay.start()
  closing.defer(() => relay.stop())
  return {}
}
