import { KafkaEventBus } from '../adapters/bus/kafka-event-bus.ts'
import { SqliteEventStore } from '../adapters/event-store/sqlite-event-store.ts'
import { waitOnTimer } from '../poll-loop.ts'
import { JournalRelay } from './journal-relay.ts'

/** A process that relays shard `a` of a SQLite journal until it is killed: `<journal> <brokers> <topic>`. */
const [journal = '', brokers = '', topic = ''] = process.argv.slice(2)

const store = await SqliteEventStore.open(journal)
const bus = new KafkaEventBus({ brokers: brokers.split(','), topic, shards: ['a', 'b'] })
new JournalRelay({ store, bus, shard: 'a', wait: waitOnTimer }).start()
process.stdout.write('started\n')
setInterval(() => {}, 60_000)
