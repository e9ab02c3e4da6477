import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Admin, connectionsApiChannel, Producer } from '@platformatic/kafka'
import { MalformedRecordError, RecordsGoneError } from '../../relay/event-bus.port.ts'
import { describeEventBus } from '../../relay/event-bus.spec.behaviour.ts'
import { collect, sampleCloudEvents, withoutCursor } from '../../relay/sample-chain.spec.fixture.ts'
import { deleteTopic, kafkaBrokers, testTopic } from './kafka-brokers.spec.fixture.ts'
import { crashBeforeSending, crashInTransaction } from './kafka-crash.spec.fixture.ts'
import { KafkaEventBus } from './kafka-event-bus.ts'
import { TopicTooSmallError } from './kafka-topic.ts'

const brokers = kafkaBrokers()

if (brokers !== undefined) {
  describeEventBus('the event bus on Kafka', async () => {
    const options = testTopic(brokers)
    return { connect: async () => new KafkaEventBus(options), remove: () => deleteTopic(options) }
  })

  describe('the event bus on Kafka, where Kafka shows', () => {
    function createScene(t: TestContext) {
      const options = testTopic(brokers ?? [])
      const client = { clientId: 'deparrow-test', bootstrapBrokers: [...options.brokers] }
      const admin = new Admin(client)
      const bus = new KafkaEventBus(options)
      t.after(async () => {
        await bus.close()
        await deleteTopic(options)
        await admin.close()
      })
      return { options, client, admin, bus }
    }

    it('refuses a topic that has fewer partitions than there are shards', async t => {
      const { options, admin, bus } = createScene(t)
      await admin.createTopics({ topics: [options.topic], partitions: 1, replicas: 1 })
      await assert.rejects(bus.open('a'), TopicTooSmallError)
    })

    it('refuses a shard whose last record somebody else wrote', async t => {
      const { options, client, bus } = createScene(t)
      await (await bus.open('a')).publish(sampleCloudEvents('a', 3))
      const stranger = new Producer(client)
      await stranger.send({ messages: [{ topic: options.topic, partition: 0, value: Buffer.from('{}') }], acks: -1 })
      await stranger.close()
      await assert.rejects(bus.open('a'), MalformedRecordError)
      await assert.rejects(collect(bus, 'a', 4), MalformedRecordError)
    })

    it('refuses a cursor to records that were deleted', async t => {
      const { options, admin, bus } = createScene(t)
      await (await bus.open('a')).publish(sampleCloudEvents('a', 30))
      const partitions = [{ partition: 0, offset: 10n }]
      await admin.deleteRecords({ topics: [{ name: options.topic, partitions }] })
      const following = bus.follow('a', '5', AbortSignal.timeout(5_000)).next()
      await assert.rejects(following, RecordsGoneError)
      assert.equal((await collect(bus, 'a', 20))[0]?.position, 11)
    })

    it('fails when the topic is deleted under a publisher and a follower, and begins a new one', async t => {
      const { options, admin, bus } = createScene(t)
      const publisher = await bus.open('a')
      await publisher.publish(sampleCloudEvents('a', 3))
      const following = bus.follow('a', undefined, AbortSignal.timeout(20_000))
      assert.equal((await following.next()).value?.length, 3)
      const failing = assert.rejects(following.next(), { name: 'BusUnavailableError' })
      await admin.deleteTopics({ topics: [options.topic] })
      await assert.rejects(publisher.publish(sampleCloudEvents('a', 5).slice(3)), { name: 'BusUnavailableError' })
      await failing
      const next = await bus.open('a')
      assert.equal(next.last, undefined)
      await next.publish(sampleCloudEvents('a', 4))
      assert.equal((await collect(bus, 'a', 4)).length, 4)
    })

    it('shows followers nothing of aborted transactions, though many lie in one page, and finds the last event before them', async t => {
      const { options, bus } = createScene(t)
      const events = sampleCloudEvents('a', 60)
      const never = sampleCloudEvents('a', 200, 'never published')
      for (let from = 0; from < 60; from += 10) {
        const publisher = await bus.open('a')
        assert.equal(publisher.last?.position ?? 0, from)
        await publisher.publish(events.slice(from, from + 10))
        await publisher.close()
        await crashInTransaction(options, never.slice(0, from === 50 ? 200 : 3))
      }
      assert.deepEqual((await bus.open('a')).last, events.at(-1))
      assert.deepEqual((await collect(bus, 'a', 60)).map(withoutCursor), events)
    })

    it('shows followers all that was committed between a transaction that was aborted and one that wrote nothing', async t => {
      const { options, bus } = createScene(t)
      const events = sampleCloudEvents('a', 30)
      const crashes = [
        () => crashInTransaction(options, sampleCloudEvents('a', 3, 'never published')),
        crashBeforeSending,
      ]
      for (let from = 0; from < 30; from += 10) {
        const publisher = await bus.open('a')
        assert.equal(publisher.last?.position ?? 0, from)
        await publisher.publish(events.slice(from, from + 10))
        await publisher.close()
        await crashes.shift()?.(options)
      }
      assert.deepEqual((await collect(bus, 'a', 30)).map(withoutCursor), events)
    })

    it('keeps everything in the topic that it creates, and gives each shard a partition', async t => {
      const { options, admin, bus } = createScene(t)
      await bus.open('a')
      const { topics } = await admin.metadata({ topics: [options.topic] })
      assert.equal(topics.get(options.topic)?.partitionsCount, 2)
      const names = ['cleanup.policy', 'retention.ms', 'retention.bytes']
      const [described] = await admin.describeConfigs({
        resources: [{ resourceType: 2, resourceName: options.topic, configurationKeys: names }],
      })
      const values = Object.fromEntries((described?.configs ?? []).map(({ name, value }) => [name, value]))
      assert.deepEqual(values, { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' })
    })

    it('adds partitions to transactions as a client does, not as a broker', async t => {
      const { bus } = createScene(t)
      const versions: unknown[] = []
      const listen = (message: unknown) => {
        const { apiKey, apiVersion } = message as Readonly<Record<string, unknown>>
        if (apiKey === 24) versions.push(apiVersion)
      }
      connectionsApiChannel.start.subscribe(listen)
      t.after(() => connectionsApiChannel.start.unsubscribe(listen))
      await (await bus.open('a')).publish(sampleCloudEvents('a', 3))
      assert.ok(versions.length > 0 && versions.every(version => version === 3), `versions ${versions}`)
    })
  })
}
