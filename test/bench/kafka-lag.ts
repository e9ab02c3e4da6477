import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { canonicalJson, type EventStore, type Hex, type StoredEvent } from '@deparrow/ledger'
import { JournalRelay, SqliteEventStore, waitOnTimer } from '@deparrow/services'
import { KafkaEventBus } from '@deparrow/services/kafka'
import { Kafka } from 'kafkajs'

export type KafkaLagOptions = {
  /** `host:port` of the brokers. */
  readonly brokers: readonly string[]
  /** Offered load, independent of how fast it is taken (open loop). */
  readonly eventsPerSecond?: number
  readonly payloadBytes?: number
  readonly durationMs?: number
  /** Load before the measured time begins, for compilers and connections. */
  readonly warmUpMs?: number
}

/** Times in ms from the beginning of the durable append to the consumer's call with the event. */
export type KafkaLag = {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  readonly count: number
}

const shard = 'bench'

/** The writer appends what is due so often; a group commit gathers as much. */
const appendEveryMs = 5

/**
 * How late a consumer of committed records sees an event: SQLite journal (one fsync a batch), relay, broker and consumer on one
 * machine, writer, relay and consumer in this process. Throws when the last event has not come 30 s after it was written.
 */
export async function measureKafkaLag(options: KafkaLagOptions): Promise<KafkaLag> {
  const { eventsPerSecond = 5_000, payloadBytes = 700, durationMs = 10_000, warmUpMs = 3_000 } = options
  const eventCount = Math.floor((eventsPerSecond * (durationMs + warmUpMs)) / 1_000)
  const events = Array.from({ length: eventCount }, (_, index) => sampleEvent(index + 1, payloadBytes))
  const folder = mkdtempSync(join(tmpdir(), 'deparrow-bench-'))
  const store = await SqliteEventStore.open(join(folder, 'journal.sqlite'))
  const topic = `deparrow-bench-${randomBytes(6).toString('hex')}`
  const bus = new KafkaEventBus({ brokers: options.brokers, topic, shards: [shard] })
  const relay = new JournalRelay({ store, bus, shard, wait: waitOnTimer })
  try {
    relay.start()
    const times = { committing: new Float64Array(eventCount), seen: new Float64Array(eventCount) }
    const consuming = consume(bus, times.seen, durationMs + warmUpMs + 30_000)
    await appendAtRate(store, events, eventsPerSecond, times.committing)
    await consuming
    return summarise(times, Math.floor((eventsPerSecond * warmUpMs) / 1_000))
  } finally {
    await relay.stop()
    await bus.close()
    await store.close()
    rmSync(folder, { recursive: true })
    await deleteTopic(options.brokers, topic)
  }
}

async function consume(bus: KafkaEventBus, seen: Float64Array, timeoutMs: number): Promise<void> {
  for await (const page of bus.follow(shard, undefined, AbortSignal.timeout(timeoutMs))) {
    const nowMs = performance.now()
    for (const { position } of page) seen[position - 1] = nowMs
    if (page.at(-1)?.position === seen.length) return
  }
  throw new Error(`the last of ${seen.length} events did not reach the consumer within ${timeoutMs} ms`)
}

async function appendAtRate(
  store: EventStore,
  events: readonly StoredEvent[],
  eventsPerSecond: number,
  committing: Float64Array,
): Promise<void> {
  const { leaseEpoch } = await store.acquire(shard, 60_000)
  const startMs = performance.now()
  for (let position = 0; position < events.length; ) {
    const nowMs = performance.now()
    const due = Math.min(events.length, Math.floor(((nowMs - startMs) * eventsPerSecond) / 1_000))
    if (due > position) {
      committing.fill(nowMs, position, due)
      const batch = events.slice(position, due)
      const result = await store.append({ shard, leaseEpoch, expectedPosition: position, events: batch })
      if (result !== 'appended') throw new Error(`the append after position ${position} was ${result}`)
      position = due
    }
    await wait(appendEveryMs)
  }
}

function summarise(times: { committing: Float64Array; seen: Float64Array }, from: number): KafkaLag {
  const lags = times.seen
    .subarray(from)
    .map((seenMs, index) => seenMs - (times.committing[from + index] ?? 0))
    .sort()
  const at = (share: number) => lags[Math.min(lags.length - 1, Math.ceil(share * lags.length) - 1)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1), count: lags.length }
}

function sampleEvent(position: number, payloadBytes: number): StoredEvent {
  const event = {
    atMs: 1_700_000_000_000 + position,
    commandId: `0x${position.toString(16).padStart(64, '0')}`,
    position,
  }
  const bare = canonicalJson({ ...event, data: { signature: '' }, type: 'CreditsTransferred' })
  const signature = 'f'.repeat(Math.max(0, payloadBytes - bare.length))
  const hash: Hex = `0x${position.toString(16).padStart(64, '0')}`
  return { position, payload: canonicalJson({ ...event, data: { signature }, type: 'CreditsTransferred' }), hash }
}

async function deleteTopic(brokers: readonly string[], topic: string): Promise<void> {
  const admin = new Kafka({ clientId: 'deparrow-bench', brokers: [...brokers] }).admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [topic] })
  await admin.disconnect()
}
