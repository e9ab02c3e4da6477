import assert from 'node:assert/strict'
import { it } from 'node:test'
import { zeroHash } from '../hex.ts'
import { type StoredEvent, UnknownOutcomeError } from '../ports/event-store.ts'
import type { Bench } from './event-store.behaviour.bench.ts'
import { readToEnd, sampleBatch, sampleEvents } from './sample-events.ts'

export function describeAppending(bench: Bench): void {
  it('begins with an empty journal at position 0 and the zero hash', async () => {
    assert.deepEqual(await bench.store.head('a'), { position: 0, hash: zeroHash })
    assert.deepEqual(await bench.store.read('a', 0, 100), [])
    const { head, leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    assert.deepEqual(head, { position: 0, hash: zeroHash })
    assert.ok(leaseEpoch >= 1)
  })

  it('gives back what was appended, in order and unchanged, whatever characters it holds', async () => {
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    const texts = ['{"k":"ä€😀"}', `{"q":"'\\"{},\\\\\\u0000\\n"}`, '{"a":1.0,"a":2}', '{ "b" : "\u2028\t" }', '{}']
    const events = sampleEvents(0, texts.length).map((event, index) => ({ ...event, payload: texts[index] ?? '' }))
    await bench.store.append({ shard: 'a', leaseEpoch, expectedPosition: 0, events })
    assert.deepEqual(await bench.store.read('a', 0, 100), events)
  })

  it('moves the head to the last event of each batch', async () => {
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    for (const [after, count] of [
      [0, 1],
      [1, 3],
      [4, 2],
    ] as const) {
      const events = sampleEvents(after, count)
      assert.equal(await bench.store.append({ shard: 'a', leaseEpoch, expectedPosition: after, events }), 'appended')
      assert.deepEqual(await bench.store.head('a'), { position: after + count, hash: events.at(-1)?.hash })
    }
    assert.deepEqual(await bench.store.read('a', 0, 100), sampleEvents(0, 6))
  })

  it('takes a batch of 5 000 events at once', async () => {
    const { events } = await bench.acquireAndAppend(bench.store, 'a', 5_000)
    assert.deepEqual(await readToEnd(bench.store, 'a', 1_700), events)
  })

  it('takes a batch of 12 MB at once', async () => {
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    const note = 'ä'.repeat(50_000)
    const events = sampleEvents(0, 120).map(event => ({
      ...event,
      payload: `{"note":"${note}","position":${event.position},"type":"HoldOpened"}`,
    }))
    assert.equal(await bench.store.append({ shard: 'a', leaseEpoch, expectedPosition: 0, events }), 'appended')
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, 120, 1)), 'appended')
    assert.deepEqual(await readToEnd(bench.store, 'a', 50), [...events, ...sampleEvents(120, 1)])
  })

  it('keeps shards apart', async () => {
    const ofA = await bench.acquireAndAppend(bench.store, 'a', 3)
    const ofB = await bench.acquireAndAppend(bench.store, 'b', 5)
    assert.deepEqual(await bench.store.read('a', 0, 100), ofA.events)
    assert.deepEqual(await bench.store.read('b', 0, 100), ofB.events)
    assert.equal((await bench.store.head('a')).position, 3)
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    await bench.store.acquire('b', bench.leaseMs)
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, 3, 1)), 'appended')
  })

  it('answers appended again to a batch that it has, and keeps it once', async () => {
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    const batches = [sampleBatch('a', leaseEpoch, 0, 3), sampleBatch('a', leaseEpoch, 3, 2)] as const
    for (const batch of [batches[0], batches[0], batches[1], batches[1], batches[0]])
      assert.equal(await bench.store.append(batch), 'appended')
    assert.deepEqual(await bench.store.read('a', 0, 100), sampleEvents(0, 5))
  })

  it('answers appended also when another writer has taken over since the batch was written', async () => {
    const other = await bench.openAnother()
    const { leaseEpoch } = await bench.acquireAndAppend(bench.store, 'a', 3)
    const present = await other.acquire('a', bench.leaseMs)
    await other.append(sampleBatch('a', present.leaseEpoch, 3, 4))
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, 0, 3)), 'appended')
    assert.deepEqual(await bench.store.read('a', 0, 100), sampleEvents(0, 7))
  })

  it('keeps a batch once that is sent several times at the same time', async () => {
    const other = await bench.openAnother()
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    const batch = sampleBatch('a', leaseEpoch, 0, 20)
    const results = await Promise.all([bench.store, other, bench.store, other].map(store => store.append(batch)))
    assert.deepEqual(results, ['appended', 'appended', 'appended', 'appended'])
    assert.deepEqual(await bench.store.read('a', 0, 100), sampleEvents(0, 20))
  })
}

export function describeRefusals(bench: Bench): void {
  async function refuses(change: (events: StoredEvent[]) => StoredEvent[]): Promise<void> {
    const { leaseEpoch } = await bench.acquireAndAppend(bench.store, 'a', 2)
    const events = change([...sampleEvents(2, 4)])
    await assert.rejects(
      bench.store.append({ shard: 'a', leaseEpoch, expectedPosition: 2, events }),
      (error: unknown) => error instanceof Error && !(error instanceof UnknownOutcomeError),
    )
    assert.deepEqual(await bench.store.head('a'), { position: 2, hash: sampleEvents(1, 1)[0]?.hash })
    assert.equal((await bench.store.read('a', 0, 100)).length, 2)
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, 2, 1)), 'appended', 'the store goes on working')
  }

  const withOne = (change: Partial<StoredEvent>) =>
    refuses(events => events.map(event => (event.position === 5 ? { ...event, ...change } : event)))

  it('refuses a batch without events', () => refuses(() => []))
  it('refuses a batch that does not begin after the head', () => refuses(events => events.slice(1)))
  it('refuses a batch with a gap', () => refuses(events => events.filter(event => event.position !== 4)))
  it('refuses a batch that has a position twice', () => refuses(events => [...events.slice(0, 2), ...events.slice(1)]))
  it('refuses a batch that descends', () => refuses(events => events.reverse()))
  it('writes nothing of a batch in which one hash is too short', () => withOne({ hash: '0x00' }))
  it('writes nothing of a batch in which one hash is not in lower case', () =>
    withOne({ hash: `0x${'AB'.repeat(32)}` }))
  it('writes nothing of a batch in which one payload has two lines', () => withOne({ payload: '{\n}' }))
  it('writes nothing of a batch in which one payload is no text that could come back', () =>
    withOne({ payload: '"\ud800"' }))

  it('answers fenced to an expected position behind or ahead of the head, and writes nothing', async () => {
    const { leaseEpoch } = await bench.acquireAndAppend(bench.store, 'a', 2)
    for (const expectedPosition of [0, 1, 3, 100]) {
      assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, expectedPosition, 2, 1)), 'fenced')
    }
    assert.deepEqual(await bench.store.read('a', 0, 100), sampleEvents(0, 2))
  })

  it('answers fenced to a batch that has the length of the one that it has, but other events', async () => {
    const { leaseEpoch } = await bench.acquireAndAppend(bench.store, 'a', 2)
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, 0, 2, 1)), 'fenced')
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, 0, 1, 1)), 'fenced')
    assert.deepEqual(await bench.store.read('a', 0, 100), sampleEvents(0, 2))
  })

  it('answers fenced to a lease that was never given', async () => {
    assert.equal(await bench.store.append(sampleBatch('nobody', 0, 0, 1)), 'fenced')
    assert.equal(await bench.store.append(sampleBatch('nobody', 1, 0, 1)), 'fenced')
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch + 1, 0, 1)), 'fenced')
    assert.equal((await bench.store.head('a')).position, 0)
  })

  it('answers fenced to a lease that was never given, also where it and the expected position add up', async () => {
    const { leaseEpoch } = await bench.acquireAndAppend(bench.store, 'a', 3)
    const other = await bench.openAnother()
    for (const store of [bench.store, other]) {
      for (const by of [-3, -2, -1, 1, 2, 3])
        assert.equal(await store.append(sampleBatch('a', leaseEpoch + by, 3 - by, 2, 1)), 'fenced', `${by}`)
    }
    assert.deepEqual(await bench.store.read('a', 0, 100), sampleEvents(0, 3))
  })
}
