import { FetchIsolationLevels, ListOffsetTimestamps } from '@platformatic/kafka'
import { BusUnavailableError, type DeliveredEvent } from '../../relay/event-bus.port.ts'
import { committedBatches, lastOffset } from './committed-events.ts'
import { answered, closed } from './deadline.ts'
import { fromKafkaRecord } from './kafka-message.ts'
import { clientOptions, type KafkaBusOptions } from './kafka-options.ts'
import { PageConsumer } from './page-consumer.ts'

/** Bytes fetched at once; a broker gives one whole batch even if it is larger. */
const pageBytesMax = 1024 * 1024

/** How far the search for the last event steps back at first; each step is four times as far. */
const firstStepOffsets = 64n

/** Where a partition begins and where its committed part ends: no transaction that began before `end` is open. */
type Bounds = { readonly start: bigint; readonly end: bigint }

/** Reads the committed events of one partition, without a consumer group: whoever reads keeps the place himself. */
export class KafkaPartitionReader {
  private constructor(
    private readonly options: KafkaBusOptions,
    private readonly consumer: PageConsumer,
    private readonly place: { readonly topic: string; readonly topicId: string; readonly partition: number },
    private readonly leader: number,
    private readonly shard: string,
  ) {}

  static async open(options: KafkaBusOptions, shard: string): Promise<KafkaPartitionReader> {
    const { topic } = options
    const partition = options.shards.indexOf(shard)
    const consumer = new PageConsumer({ ...clientOptions(options), groupId: 'deparrow-without-a-group' })
    try {
      const metadata = await answered(options, consumer.metadata({ topics: [topic], forceUpdate: true }))
      const found = metadata.topics.get(topic)
      const leader = found?.partitions[partition]?.leader
      if (found === undefined || leader === undefined) throw new BusUnavailableError({ reason: 'NO_SUCH_PARTITION' })
      return new KafkaPartitionReader(options, consumer, { topic, topicId: found.id, partition }, leader, shard)
    } catch (error) {
      await closed(consumer.close())
      throw error
    }
  }

  /** Committed events from an offset on, at once or when there are some, after `waitMs` none; and where to go on. */
  async read(offset: bigint, waitMs: number): Promise<{ events: readonly DeliveredEvent[]; nextOffset: bigint }> {
    const { topicId, partition } = this.place
    const wanted = {
      partition,
      fetchOffset: offset,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      partitionMaxBytes: pageBytesMax,
    }
    const asking = this.consumer.fetch({
      node: this.leader,
      topics: [{ topicId, partitions: [wanted] }],
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
      minBytes: 1,
      maxBytes: pageBytesMax,
      maxWaitTime: waitMs,
    })
    const response = await answered(this.options, asking)
    const partitionPage = response.responses[0]?.partitions[0]
    const last = partitionPage?.records?.at(-1)
    if (partitionPage === undefined || last === undefined) return { events: [], nextOffset: offset }
    const records = committedBatches(this.consumer.pageOf(partitionPage)).flatMap(({ firstOffset, records }) =>
      records.map(record => ({ record, offset: firstOffset + BigInt(record.offsetDelta) })),
    )
    const events = records
      .filter(each => each.offset >= offset)
      .map(each => fromKafkaRecord(this.shard, `${each.offset + 1n}`, each.record))
    return { events, nextOffset: lastOffset(last) + 1n }
  }

  /**
   * The last committed event. It need not be near the end, where markers and the records of aborted transactions may lie, so the
   * search goes back step by step, at most to the partition's beginning.
   */
  async lastEvent(): Promise<DeliveredEvent | undefined> {
    const { start, end } = await this.bounds()
    let to = end
    for (let step = firstStepOffsets; to > start; step *= 4n) {
      const from = to - step > start ? to - step : start
      const found = await this.lastEventBetween(from, to)
      if (found !== undefined) return found
      to = from
    }
    return undefined
  }

  async bounds(): Promise<Bounds> {
    const [start, end] = [
      await this.offsetAt(ListOffsetTimestamps.EARLIEST),
      await this.offsetAt(ListOffsetTimestamps.LATEST),
    ]
    return { start, end }
  }

  close(): Promise<void> {
    return closed(this.consumer.close(true))
  }

  private async lastEventBetween(from: bigint, to: bigint): Promise<DeliveredEvent | undefined> {
    let found: DeliveredEvent | undefined
    for (let offset = from; offset < to; ) {
      const { events, nextOffset } = await this.read(offset, 0)
      if (nextOffset === offset) throw new BusUnavailableError({ reason: 'RECORDS_WITHHELD' })
      found = events.findLast(event => BigInt(event.cursor) <= to) ?? found
      offset = nextOffset
    }
    return found
  }

  /** For the latest one the last stable offset, because that is what a reader of committed records gets. */
  private async offsetAt(timestamp: bigint): Promise<bigint> {
    const { topic, partition } = this.place
    const isolationLevel = FetchIsolationLevels.READ_COMMITTED
    const asking = this.consumer.listOffsets({
      topics: [topic],
      partitions: { [topic]: [partition] },
      timestamp,
      isolationLevel,
    })
    const offsets = await answered(this.options, asking)
    const offset = offsets.get(topic)?.[partition]
    if (offset === undefined) throw new BusUnavailableError({ reason: 'NO_OFFSET' })
    return offset
  }
}
