import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, connect as tcpConnect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chainHash, type StoredEvent, zeroHash } from '@deparrow/ledger'
import { ethersCrypto, InMemoryEventStore } from '@deparrow/ledger/testing'
import type { KafkaMessage } from 'kafkajs'
import { deleteTopic, kafkaBrokers, testTopic } from '../adapters/bus/kafka-brokers.spec.fixture.ts'
import { crashInTransaction } from '../adapters/bus/kafka-crash.spec.fixture.ts'
import { KafkaEventBus } from '../adapters/bus/kafka-event-bus.ts'
import type { KafkaBusOptions } from '../adapters/bus/kafka-options.ts'
import { SqliteEventStore } from '../adapters/event-store/sqlite-event-store.ts'
import { waitOnTimer } from '../poll-loop.ts'
import { initialConsumerState } from './consume-event.ts'
import type { EventBus } from './event-bus.port.ts'
import { JournalRelay } from './journal-relay.ts'
import { readWithKafkaJs } from './kafka-js-reader.spec.fixture.ts'
import { cloudEventSourceDefault, toCloudEvent } from './ledger-cloud-event.ts'
import { consumeTo } from './reference-consumer.ts'
import { appendAll, sampleChain, until } from './sample-chain.spec.fixture.ts'

const brokers = kafkaBrokers()
const journal = sampleChain(3_000, 'one', 300)
const cloudEvents = journal.map(stored => toCloudEvent('a', cloudEventSourceDefault, stored))

type Scene = {
  readonly options: KafkaBusOptions
  readonly store: InMemoryEventStore
  readonly bus: KafkaEventBus
  relay(onto?: EventBus): JournalRelay
}

function createScene(t: TestContext): Scene {
  const options = testTopic(brokers ?? [])
  const store = new InMemoryEventStore()
  const bus = new KafkaEventBus(options)
  const relays: JournalRelay[] = []
  t.after(async () => {
    for (const relay of relays) await relay.stop()
    await bus.close()
    await store.close()
    await deleteTopic(options)
  })
  const relay = (onto: EventBus = bus): JournalRelay => {
    const created = new JournalRelay({ store, bus: onto, shard: 'a', wait: waitOnTimer })
    relays.push(created)
    return created
  }
  return { options, store, bus, relay }
}

/** Every event once, in order, byte for byte, and the hash chain that the messages themselves give is the journal's. */
function assertPublished(messages: readonly KafkaMessage[], events: readonly StoredEvent[]): void {
  let hash = zeroHash
  assert.equal(messages.length, events.length)
  messages.forEach((message, index) => {
    const event = events[index]
    const payload = message.value?.toString()
    hash = chainHash(ethersCrypto, hash, payload ?? '')
    assert.equal(payload, event?.payload)
    assert.equal(hash, event?.hash)
    assert.equal(message.headers?.['ce_hash']?.toString(), hash)
    assert.equal(message.headers?.['ce_pos']?.toString(), `${index + 1}`)
    assert.equal(message.headers?.['ce_id']?.toString(), `a/${index + 1}`)
  })
}

/** A broker's address at which nobody listens until `open` is called. */
async function closedAddress(t: TestContext, [target = '']: readonly string[]) {
  const [host = '', port = ''] = target.split(':')
  const server: Server = createServer(socket => {
    const upstream = tcpConnect(Number(port), host)
    for (const each of [socket, upstream]) each.on('error', () => each.destroy())
    socket.pipe(upstream).pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: ownPort } = server.address() as { port: number }
  const close = () => new Promise<void>(resolve => server.close(() => resolve()))
  await close()
  t.after(close)
  const open = async () => once(server.listen(ownPort, '127.0.0.1'), 'listening')
  return { address: `127.0.0.1:${ownPort}`, open }
}

if (brokers !== undefined) {
  describe('a relay to Kafka', () => {
    it('publishes what another client reads back: every event once, in order, bytes and hash chain as in the journal', async t => {
      const { store, options, relay } = createScene(t)
      await appendAll(store, 'a', journal.slice(0, 1_000))
      const publishing = relay()
      publishing.start()
      for (let to = 1_100; to <= 3_000; to += 100) await appendAll(store, 'a', journal.slice(0, to))
      await until('everything is published', () => publishing.publishedPosition === 3_000)
      assertPublished(await readWithKafkaJs(options), journal)
    })

    it('gives the reference consumer the balances of the journal at each position', async t => {
      const { store, bus, relay } = createScene(t)
      await appendAll(store, 'a', journal)
      relay().start()
      const state = initialConsumerState()
      for (const position of [1, 999, 1_000, 3_000]) {
        await consumeTo({ bus, shard: 'a', crypto: ethersCrypto }, state, position, AbortSignal.timeout(20_000))
        assert.equal(state.hash, journal[position - 1]?.hash)
        const moved = journal.slice(0, position).reduce((sum, event) => sum + BigInt((event.position % 97) + 1), 0n)
        assert.deepEqual([...state.balances.values()], [-moved, moved])
      }
    })

    it('refuses the topic of another journal and writes nothing to it', async t => {
      const { store, bus, relay } = createScene(t)
      await (await bus.open('a')).publish(cloudEvents.slice(0, 20))
      await appendAll(store, 'a', sampleChain(30, 'two'))
      const refusing = relay()
      refusing.start()
      await until('it refuses', () => refusing.state === 'refused')
      assert.equal(refusing.lastErrorName, 'ForeignTopicError')
      assert.equal((await bus.open('a')).last?.position, 20)
    })

    it('leaves neither a gap nor a repetition behind when relays die in the middle of transactions', async t => {
      const { store, bus, options, relay } = createScene(t)
      const sizes = [1, 30, 400, 2, 300, 7]
      let published = 0
      for (const size of sizes) {
        await appendAll(store, 'a', journal.slice(0, published + size))
        const present = relay()
        present.start()
        await until('it has caught up', () => present.publishedPosition === published + size)
        await present.stop()
        published += size
        await crashInTransaction(options, cloudEvents.slice(published, published + size))
      }
      const last = relay()
      await appendAll(store, 'a', journal)
      last.start()
      await until('everything is published', () => last.publishedPosition === 3_000)
      assertPublished(await readWithKafkaJs(options), journal)
      const state = initialConsumerState()
      await consumeTo({ bus, shard: 'a', crypto: ethersCrypto }, state, 3_000, AbortSignal.timeout(20_000))
      assert.equal(state.hash, journal.at(-1)?.hash)
    })

    it('is replaced without loss when its process is killed again and again under load', async t => {
      const { options } = createScene(t)
      const folder = mkdtempSync(join(tmpdir(), 'deparrow-relay-'))
      const store = await SqliteEventStore.open(join(folder, 'journal.sqlite'))
      const children: ChildProcess[] = []
      t.after(async () => {
        for (const child of children) child.kill('SIGKILL')
        await store.close()
        rmSync(folder, { recursive: true })
      })
      const script = fileURLToPath(new URL('./relay-process.spec.fixture.js', import.meta.url))
      const watcher = new KafkaEventBus(options)
      t.after(() => watcher.close())
      const seen = { position: 0 }
      const watching = watch(watcher, seen, 3_000)
      for (let round = 1; round <= 5; round++) {
        const args = [script, join(folder, 'journal.sqlite'), options.brokers.join(','), options.topic]
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
        children.push(child)
        const from = (round - 1) * 600
        for (let to = from + 10; to <= from + 600; to += 10) {
          await appendAll(store, 'a', journal.slice(0, to))
          if (to === from + 300) await until('it publishes', () => seen.position > from)
        }
        if (round < 5) child.kill('SIGKILL')
      }
      await watching
      assertPublished(await readWithKafkaJs(options), journal)
    })

    it('shares a shard with another one by fencing it: everything is there once, in order', async t => {
      const { store, options, bus, relay } = createScene(t)
      const other = new KafkaEventBus(options)
      t.after(() => other.close())
      const [one, two] = [relay(bus), relay(other)]
      one.start()
      await appendAll(store, 'a', journal.slice(0, 100))
      await until('the first publishes', () => one.publishedPosition === 100)
      two.start()
      await until('the second has opened', () => two.publishedPosition === 100)
      await appendAll(store, 'a', journal.slice(0, 1_500))
      await until('the first is fenced', () => one.lastErrorName === 'BusFencedError')
      await until('the second goes on', () => two.publishedPosition === 1_500)
      await two.stop()
      await appendAll(store, 'a', journal)
      await until('the first comes back', () => one.publishedPosition === 3_000)
      assertPublished(await readWithKafkaJs(options), journal)
    })

    it('catches up when a broker that refused connections accepts them', async t => {
      const { store, options, relay } = createScene(t)
      const { address, open } = await closedAddress(t, options.brokers)
      const unreachable = new KafkaEventBus({ ...options, brokers: [address] })
      t.after(() => unreachable.close())
      await appendAll(store, 'a', journal.slice(0, 500))
      const waiting = relay(unreachable)
      waiting.start()
      await until('it fails', () => waiting.failuresInARow > 0)
      assert.equal(waiting.lastErrorName, 'BusUnavailableError')
      await appendAll(store, 'a', journal)
      await open()
      await until('it has caught up', () => waiting.publishedPosition === 3_000)
      assert.equal(waiting.lastErrorName, undefined)
      assertPublished(await readWithKafkaJs(options), journal)
    })
  })
}

/** Follows the topic and keeps the last position seen, until a position is reached. */
async function watch(bus: EventBus, seen: { position: number }, position: number): Promise<void> {
  for await (const page of bus.follow('a', undefined, AbortSignal.timeout(60_000))) {
    seen.position = page.at(-1)?.position ?? seen.position
    if (seen.position >= position) return
  }
}
