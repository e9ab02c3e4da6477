import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { StoreDamagedError } from '@deparrow/ledger'
import { InMemoryEventStore, until } from '@deparrow/ledger/testing'
import { appendAll, sampleChain } from '../relay/sample-chain.spec.fixture.ts'
import { patientStore } from './patient-store.ts'
import { storeJournal } from './store-journal.ts'

/** A store whose next calls fail, and what its patient readers said and waited. */
function scene() {
  const store = new InMemoryEventStore()
  const failing = { left: 0, with: new Error('connection refused') as Error }
  const stopping = new AbortController()
  const problems: string[] = []
  const pausesMs: number[] = []
  const fallible = <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) => {
    return async (...args: Args): Promise<T> => {
      if (failing.left-- > 0) throw failing.with
      return call(...args)
    }
  }
  const patient = patientStore({
    store: {
      read: fallible(store.read.bind(store)),
      head: fallible(store.head.bind(store)),
      waitBeyond: fallible(store.waitBeyond.bind(store)),
    },
    wait: async ms => void pausesMs.push(ms),
    signal: stopping.signal,
    report: problem => void problems.push(problem),
  })
  return { store, patient, failing, stopping, problems, pausesMs }
}

describe('a patient reader of a store', () => {
  it('throws at once what the store says of its data, and of a call that makes no sense', async () => {
    const { patient, failing, pausesMs } = scene()
    for (const error of [
      new StoreDamagedError('position 3 was changed'),
      new RangeError('limit'),
      new TypeError('shard'),
    ]) {
      failing.left = 1
      failing.with = error
      await assert.rejects(patient.head('main'), error)
    }
    assert.deepEqual(pausesMs, [])
  })

  it('throws what keeps failing once it is told to stop', async () => {
    const { patient, failing, stopping } = scene()
    stopping.abort()
    failing.left = 1
    await assert.rejects(patient.read('main', 0, 10), failing.with)
  })

  it('waits while the store is away, longer each time up to two seconds, and says so once', async () => {
    const { patient, failing, problems, pausesMs } = scene()
    failing.left = 7
    assert.equal((await patient.head('main')).position, 0)
    assert.deepEqual(pausesMs, [100, 200, 400, 800, 1_600, 2_000, 2_000])
    assert.deepEqual(problems, ['the event store is away: connection refused'])
  })

  it('keeps a follower where it is, which loses and repeats nothing', async () => {
    const { store, patient, failing, stopping } = scene()
    const chain = sampleChain(50)
    const fail = (cause: unknown) => assert.fail(String(cause))
    const journal = storeJournal(patient, 'a', { signal: stopping.signal, fail })
    const seen: number[] = []
    journal.subscribe(events => void seen.push(...events.map(({ position }) => position)))
    for (let length = 10; length <= 50; length += 10) {
      failing.left = 5
      await appendAll(store, 'a', chain.slice(0, length))
      await until(() => seen.at(-1) === length)
    }
    assert.deepEqual(
      seen,
      chain.map(({ position }) => position),
    )
    stopping.abort()
  })
})
