import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { EventStore, StoredEvent } from '../ports/event-store.ts'
import type { Bench } from './event-store.behaviour.bench.ts'
import { sampleBatch, sampleEvents } from './sample-events.ts'

export function describeReading(bench: Bench): void {
  it('reads pages after a position, wherever the batches begin and end', async () => {
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    for (const [after, count] of [
      [0, 1],
      [1, 5],
      [6, 3],
      [9, 1],
    ] as const)
      await bench.store.append(sampleBatch('a', leaseEpoch, after, count))
    for (let after = 0; after <= 11; after++) {
      for (let limit = 1; limit <= 11; limit++) {
        const count = Math.max(0, Math.min(limit, 10 - after))
        assert.deepEqual(await bench.store.read('a', after, limit), sampleEvents(after, count), `${after} ${limit}`)
      }
    }
  })

  it('refuses page sizes outside 1 to 10 000 and positions below 0', async () => {
    for (const limit of [0, -1, 10_001, 1.5, Number.NaN])
      await assert.rejects(bench.store.read('a', 0, limit), RangeError)
    for (const after of [-1, 0.5, Number.NaN]) await assert.rejects(bench.store.read('a', after, 1), RangeError)
  })

  it('shows readers a prefix without gaps while batches are appended', async () => {
    const reader = await bench.openAnother()
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    const writing = (async () => {
      for (let after = 0; after < 200; after += 5) await bench.store.append(sampleBatch('a', leaseEpoch, after, 5))
    })()
    const readers = [reader, bench.store, reader].map(store => readUntil(store, writing))
    await writing
    for (const seen of await Promise.all(readers)) assert.deepEqual(seen, sampleEvents(0, 200))
  })

  it('shows readers one history while writers take the shard from one another', async () => {
    const reader = await bench.openAnother()
    const writers = [bench.store, await bench.openAnother(), await bench.openAnother()]
    const writing = Promise.all(writers.map((store, index) => writeInTurns(bench, store, index + 1)))
    const seen = await readUntil(reader, writing)
    const appended = (await writing).flat().sort((a, b) => a.position - b.position)
    assert.ok(appended.length >= 10)
    assert.deepEqual(seen, appended)
    assert.deepEqual(await reader.read('a', 0, 10_000), appended)
  })
}

/** All events, by pages of 7 read again and again, until the writing has ended and everything was seen. */
async function readUntil(store: EventStore, writing: Promise<unknown>): Promise<readonly StoredEvent[]> {
  let isWriting = true
  const ended = () => {
    isWriting = false
  }
  writing.then(ended, ended)
  const seen: StoredEvent[] = []
  for (;;) {
    const isLastRound = !isWriting
    const page = await store.read('a', seen.length, 7)
    seen.push(...page)
    if (isLastRound && page.length === 0) return seen
    await new Promise<void>(resolve => setImmediate(resolve))
  }
}

/** Takes the shard ten times and appends until another takes it, at most three batches. Gives what was appended. */
async function writeInTurns(bench: Bench, store: EventStore, history: number): Promise<readonly StoredEvent[]> {
  const written: StoredEvent[] = []
  for (let turn = 0; turn < 10; turn++) {
    const { leaseEpoch, head } = await store.acquire('a', bench.leaseMs)
    let { position } = head
    for (let round = 0; round < 3; round++) {
      const batch = sampleBatch('a', leaseEpoch, position, 3, history * 100 + turn)
      if ((await store.append(batch)) === 'fenced') break
      written.push(...batch.events)
      position += 3
    }
  }
  return written
}

export function describeReopening(bench: Bench): void {
  it('keeps events, head and fence when it is closed and opened again', async () => {
    const former = await bench.acquireAndAppend(bench.store, 'a', 40)
    const reopened = await bench.reopen()
    assert.deepEqual(await reopened.head('a'), { position: 40, hash: sampleEvents(39, 1)[0]?.hash })
    assert.deepEqual(await reopened.read('a', 0, 100), sampleEvents(0, 40))
    assert.equal(await reopened.acquireExpired('a', bench.leaseMs), undefined)
    const present = await reopened.acquire('a', bench.leaseMs)
    assert.equal(present.head.position, 40)
    assert.ok(present.leaseEpoch > former.leaseEpoch)
    assert.equal(await reopened.append(sampleBatch('a', present.leaseEpoch, 40, 1)), 'appended')
  })

  it('answers nothing after it was closed', async () => {
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    const { store } = bench
    await bench.reopen()
    await assert.rejects(store.acquire('a', bench.leaseMs))
    await assert.rejects(store.acquireExpired('a', bench.leaseMs))
    await assert.rejects(store.renew('a', leaseEpoch, bench.leaseMs))
    await assert.rejects(store.release('a', leaseEpoch))
    await assert.rejects(store.head('a'))
    await assert.rejects(store.read('a', 0, 1))
    await assert.rejects(store.append(sampleBatch('a', leaseEpoch, 0, 1)))
    await assert.rejects(store.waitBeyond('a', 0, new AbortController().signal))
    await store.close()
  })
}
