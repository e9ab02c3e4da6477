import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { BusFencedError, BusUnavailableError, RecordsGoneError } from '../../relay/event-bus.port.ts'
import { toBusError } from './kafka-errors.ts'
import { KafkaEventBus } from './kafka-event-bus.ts'

const options = { brokers: ['127.0.0.1:1'], topic: 'ledger', shards: ['a', 'b'] }

describe('the event bus on Kafka without a broker', () => {
  for (const [what, wrong] of [
    ['no broker', { brokers: [] }],
    ['no shard', { shards: [] }],
    ['a shard twice', { shards: ['a', 'b', 'a'] }],
    ['no topic', { topic: '' }],
    ['a topic that is no name', { topic: 'a b' }],
  ] as const) {
    it(`refuses options with ${what}`, () => {
      assert.throws(() => new KafkaEventBus({ ...options, ...wrong }), RangeError)
    })
  }

  it('refuses a shard that has no partition', async () => {
    const bus = new KafkaEventBus(options)
    await assert.rejects(bus.open('c'), RangeError)
    await assert.rejects(bus.follow('c', undefined, AbortSignal.timeout(5_000)).next(), RangeError)
    await bus.close()
  })

  it('says that a broker which refuses connections is not available', async () => {
    const bus = new KafkaEventBus(options)
    await assert.rejects(bus.open('a'), { name: 'BusUnavailableError', reason: 'ECONNREFUSED' })
    await bus.close()
  })
})

describe('the event bus on Kafka with a broker that takes connections and never answers', () => {
  async function silentBroker(t: TestContext): Promise<string> {
    const sockets: Socket[] = []
    const server = createServer(socket => sockets.push(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  it('gives up in time, publishing and following', async t => {
    const bus = new KafkaEventBus({ ...options, brokers: [await silentBroker(t)], answerMs: 100 })
    const timeout = { name: 'BusUnavailableError', reason: 'TIMEOUT' }
    await assert.rejects(bus.open('a'), timeout)
    await assert.rejects(bus.follow('a', undefined, AbortSignal.timeout(20_000)).next(), timeout)
    await bus.close()
  })
})

describe('an error of the Kafka client', () => {
  const wrapped = (apiId: string) =>
    Object.assign(new AggregateError([{ code: 'PLT_KFK_PROTOCOL', apiId }]), { code: 'X' })

  it('means that another has taken over when the producer is fenced, however deep that stands', () => {
    for (const apiId of ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH']) {
      assert.ok(toBusError(new Error('outer', { cause: wrapped(apiId) }), { shard: 'a' }) instanceof BusFencedError)
    }
  })

  it('means that records are gone when the offset is out of range', () => {
    assert.ok(toBusError(wrapped('OFFSET_OUT_OF_RANGE'), { shard: 'a', cursor: '5' }) instanceof RecordsGoneError)
  })

  it('means otherwise that the bus is not available, with the innermost code', () => {
    for (const [error, reason] of [
      [wrapped('MESSAGE_TOO_LARGE'), 'MESSAGE_TOO_LARGE'],
      [new TypeError('undefined is no function'), 'UNKNOWN'],
      ['text', 'UNKNOWN'],
      [undefined, 'UNKNOWN'],
    ] as const) {
      const found = toBusError(error, { shard: 'a' })
      assert.ok(found instanceof BusUnavailableError)
      assert.equal(found.reason, reason)
      assert.equal(found.cause, error)
    }
  })
})
