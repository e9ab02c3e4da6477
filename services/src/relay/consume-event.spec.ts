import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { StoreDamagedError, zeroHash } from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import { InProcessEventBus } from '../adapters/bus/in-process-event-bus.ts'
import {
  type ConsumerState,
  consumeEvent,
  initialConsumerState,
  JournalGapError,
  OtherHistoryError,
} from './consume-event.ts'
import type { DeliveredEvent } from './event-bus.port.ts'
import { consumeTo } from './reference-consumer.ts'
import { sampleCloudEvents } from './sample-chain.spec.fixture.ts'

const events: readonly DeliveredEvent[] = sampleCloudEvents('a', 20).map(event => ({
  ...event,
  cursor: `c${event.position}`,
}))
const others: readonly DeliveredEvent[] = sampleCloudEvents('a', 20, 'two').map(event => ({ ...event, cursor: 'x' }))

function consume(...taken: readonly (DeliveredEvent | undefined)[]): ConsumerState {
  const state = initialConsumerState()
  for (const event of taken) consumeEvent(state, event ?? assert.fail(), ethersCrypto)
  return state
}

function assertRefused(before: readonly DeliveredEvent[], wrong: DeliveredEvent | undefined, error: object): void {
  const state = consume(...before)
  assert.throws(() => consumeEvent(state, wrong ?? assert.fail(), ethersCrypto), error)
  assert.deepEqual(state, consume(...before), 'a refused event changes nothing')
}

describe('the rule for consumers', () => {
  it('stops at a gap', () => {
    assertRefused(events.slice(0, 4), events[5], JournalGapError)
    assertRefused([], events[1], JournalGapError)
  })

  it('stops at an event of another history, next or at the position that was counted last', () => {
    assertRefused(events.slice(0, 4), others[4], OtherHistoryError)
    assertRefused(events.slice(0, 4), others[3], OtherHistoryError)
  })

  it('stops at an event whose payload or hash was changed', () => {
    const [event] = events.slice(4)
    assert.ok(event !== undefined)
    const payload = event.payload.replace('"one"', '"One"')
    assertRefused(events.slice(0, 4), { ...event, payload }, OtherHistoryError)
    assertRefused(events.slice(0, 4), { ...event, hash: zeroHash }, OtherHistoryError)
  })

  it('stops at a payload that belongs to another position', () => {
    const [event] = events.slice(4)
    assert.ok(event !== undefined)
    assertRefused(events.slice(0, 3), { ...event, position: 4 }, OtherHistoryError)
    const bad = sampleCloudEvents('a', 1)[0] ?? assert.fail()
    assertRefused(
      [],
      { ...bad, position: 1, payload: 'no JSON', hash: hashOf('no JSON'), cursor: 'c' },
      StoreDamagedError,
    )
  })

  it('skips what was counted already, and remembers where it was found', () => {
    const state = consume(...events.slice(0, 10), ...events.slice(3, 9))
    assert.deepEqual({ ...state, cursor: 'c10' }, consume(...events.slice(0, 10)))
    assert.equal(state.cursor, 'c9')
  })

  it('keeps balances that add up to nothing, and the hash of the last event', () => {
    const state = consume(...events)
    const amounts = [...state.balances.values()]
    assert.equal(amounts.length, 2)
    assert.equal(
      amounts.reduce((sum, amount) => sum + amount),
      0n,
    )
    assert.equal(
      amounts.find(amount => amount > 0n),
      BigInt((20 * 21) / 2 + 20),
    )
    assert.equal(state.hash, events.at(-1)?.hash)
  })
})

describe('consuming to a position', () => {
  async function busWith(count: number): Promise<InProcessEventBus> {
    const bus = new InProcessEventBus()
    await (await bus.open('a')).publish(sampleCloudEvents('a', count))
    return bus
  }

  it('counts up to it exactly, and goes on from there', async () => {
    const source = { bus: await busWith(20), shard: 'a', crypto: ethersCrypto }
    const state = initialConsumerState()
    for (const position of [7, 7, 3, 8, 20]) {
      await consumeTo(source, state, position, AbortSignal.timeout(5_000))
      assert.deepEqual({ ...state, cursor: '' }, { ...consume(...events.slice(0, state.position)), cursor: '' })
      assert.equal(state.position, Math.max(position, position === 3 ? 7 : 0))
    }
  })

  it('waits for what is not published yet, until the signal aborts', async () => {
    const bus = await busWith(5)
    const stop = new AbortController()
    const state = initialConsumerState()
    const consuming = consumeTo({ bus, shard: 'a', crypto: ethersCrypto }, state, 10, stop.signal)
    await (await bus.open('a')).publish(sampleCloudEvents('a', 8).slice(5))
    while (state.position < 8) await new Promise<void>(resolve => setImmediate(resolve))
    stop.abort()
    await consuming
    assert.equal(state.position, 8)
  })

  it('keeps what it counted when it stops at an event that is wrong', async () => {
    const delivered = [...events.slice(0, 5), ...others.slice(5)]
    const bus = {
      async *follow() {
        yield delivered
      },
    }
    const state = initialConsumerState()
    const consuming = consumeTo({ bus, shard: 'a', crypto: ethersCrypto }, state, 20, AbortSignal.timeout(5_000))
    await assert.rejects(consuming, OtherHistoryError)
    assert.deepEqual(state, consume(...events.slice(0, 5)))
  })
})

function hashOf(payload: string): `0x${string}` {
  const bytes = ethersCrypto.keccak256(new Uint8Array([...new Uint8Array(32), ...new TextEncoder().encode(payload)]))
  return `0x${Buffer.from(bytes).toString('hex')}`
}
