import assert from 'node:assert/strict'
import { it } from 'node:test'
import { followJournal } from '../journal/follow-journal.ts'
import type { EventStore, StoredEvent } from '../ports/event-store.ts'
import { type Bench, soon } from './event-store.behaviour.bench.ts'
import { sampleBatch, sampleEvents } from './sample-events.ts'

const never = () => new AbortController().signal

export function describeWaiting(bench: Bench): void {
  it('waits not at all for what is there already', async () => {
    await bench.acquireAndAppend(bench.store, 'a', 3)
    const other = await bench.openAnother()
    for (const store of [bench.store, other]) {
      await soon(store.waitBeyond('a', 0, never()))
      await soon(store.waitBeyond('a', 2, never()))
    }
  })

  it('waits for an append of the same store', async () => {
    const { leaseEpoch } = await bench.acquireAndAppend(bench.store, 'a', 3)
    await endsWith(bench.store, 3, () => bench.store.append(sampleBatch('a', leaseEpoch, 3, 1)))
  })

  it('waits for an append of another store, also of a shard that is not there yet', async () => {
    const other = await bench.openAnother()
    await endsWith(bench.store, 0, () => bench.acquireAndAppend(other, 'a', 1))
  })

  it('goes on waiting when another shard grows, when its own grows too little, and when a writer comes', async () => {
    const other = await bench.openAnother()
    const { leaseEpoch } = await bench.acquireAndAppend(bench.store, 'a', 3)
    let hasEnded = false
    const waits = [bench.store, other].map(store => {
      const wait = store.waitBeyond('a', 4, never())
      return wait.then(() => {
        hasEnded = true
      })
    })
    await bench.acquireAndAppend(bench.store, 'b', 9)
    await bench.store.append(sampleBatch('a', leaseEpoch, 3, 1))
    await soon(other.waitBeyond('a', 3, never()))
    const next = await other.acquire('a', bench.leaseMs)
    assert.equal(hasEnded, false)
    await other.append(sampleBatch('a', next.leaseEpoch, 4, 1))
    await soon(Promise.all(waits))
  })

  it('lets many wait for different positions, each for its own', async () => {
    const other = await bench.openAnother()
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    const ended: number[] = []
    const waits = Array.from({ length: 100 }, (_, position) =>
      other.waitBeyond('a', position, never()).then(() => ended.push(position)),
    )
    await bench.store.append(sampleBatch('a', leaseEpoch, 0, 40))
    await soon(Promise.all(waits.slice(0, 40)))
    assert.equal(ended.length, 40)
    assert.ok(ended.every(position => position < 40))
    await bench.store.append(sampleBatch('a', leaseEpoch, 40, 60))
    await soon(Promise.all(waits))
  })

  it('stops waiting when it is told to, before or after it began, and lets the others wait on', async () => {
    const controller = new AbortController()
    const stopped = [1, 2, 3].map(() => bench.store.waitBeyond('a', 0, controller.signal))
    const other = bench.store.waitBeyond('a', 0, never())
    controller.abort()
    await soon(Promise.all(stopped))
    await soon(bench.store.waitBeyond('a', 0, controller.signal))
    await bench.acquireAndAppend(bench.store, 'a', 1)
    await soon(other)
  })

  it('fails a wait when it is closed, and refuses a position that is none', async () => {
    for (const position of [-1, 0.5, Number.NaN])
      await assert.rejects(bench.store.waitBeyond('a', position, never()), RangeError)
    const waiting = assert.rejects(bench.store.waitBeyond('a', 0, never()))
    await bench.store.close()
    await soon(waiting)
  })
}

async function endsWith(store: EventStore, position: number, act: () => Promise<unknown>): Promise<void> {
  let hasEnded = false
  const wait = store.waitBeyond('a', position, never()).then(() => {
    hasEnded = true
  })
  assert.equal((await store.head('a')).position, position)
  assert.equal(hasEnded, false)
  await act()
  await soon(wait)
}

export function describeFollowing(bench: Bench): void {
  it('is followed through its history and then through what comes, from this store and from another', async () => {
    const other = await bench.openAnother()
    const { leaseEpoch } = await bench.acquireAndAppend(bench.store, 'a', 2_500)
    const followers = [follow(bench.store, 0, 2_620), follow(other, 0, 2_620), follow(other, 2_490, 2_620)]
    for (let after = 2_500; after < 2_560; after += 20)
      await bench.store.append(sampleBatch('a', leaseEpoch, after, 20))
    const next = await other.acquire('a', bench.leaseMs)
    for (let after = 2_560; after < 2_620; after += 20) await other.append(sampleBatch('a', next.leaseEpoch, after, 20))
    const [one, two, late] = await soon(Promise.all(followers))
    assert.deepEqual(one, sampleEvents(0, 2_620))
    assert.deepEqual(two, sampleEvents(0, 2_620))
    assert.deepEqual(late, sampleEvents(2_490, 130))
  })

  it('is followed until the follower is told to stop, also while nothing comes', async () => {
    const controller = new AbortController()
    const seen: StoredEvent[] = []
    await bench.acquireAndAppend(bench.store, 'a', 3)
    const following = (async () => {
      for await (const page of followJournal(bench.store, 'a', 0, controller.signal)) seen.push(...page)
    })()
    await soon(untilCount(seen, 3))
    controller.abort()
    await soon(following)
    assert.deepEqual(seen, sampleEvents(0, 3))
  })
}

async function follow(store: EventStore, afterPosition: number, toPosition: number): Promise<readonly StoredEvent[]> {
  const controller = new AbortController()
  const seen: StoredEvent[] = []
  for await (const page of followJournal(store, 'a', afterPosition, controller.signal)) {
    assert.ok(page.length > 0)
    seen.push(...page)
    if (seen.at(-1)?.position === toPosition) controller.abort()
  }
  return seen
}

async function untilCount(seen: readonly StoredEvent[], count: number): Promise<void> {
  while (seen.length < count) await new Promise<void>(resolve => setImmediate(resolve))
}
