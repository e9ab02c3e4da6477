import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { LedgerEvent } from '@deparrow/ledger'
import { openSqlite } from '../adapters/sql/sqlite-database.ts'
import { KyselyReadModel } from '../read-model/kysely-read-model.ts'
import type { ReadModel } from '../read-model/read-model.port.ts'
import { sampleJournal } from '../read-model/sample-journal.spec.fixture.ts'
import { type JournalSource, ReadModelFeed } from './read-model-feed.ts'

const soonMs = 10_000

/** A journal that gets longer when it is told to. */
class Journal implements JournalSource {
  private readonly listeners = new Set<(events: readonly LedgerEvent[]) => void>()
  readCount = 0
  length = 0

  constructor(private readonly all: readonly LedgerEvent[]) {}

  async events(afterPosition: number, limit: number): Promise<readonly LedgerEvent[]> {
    this.readCount += 1
    return this.all.slice(afterPosition, Math.min(this.length, afterPosition + limit))
  }

  subscribe(listener: (events: readonly LedgerEvent[]) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  get isFollowed(): boolean {
    return this.listeners.size > 0
  }

  growTo(length: number): void {
    const events = this.all.slice(this.length, length)
    this.length = length
    for (const listener of this.listeners) listener(events)
  }
}

async function setUp(t: TestContext) {
  const journal = new Journal(sampleJournal().events)
  const model = await KyselyReadModel.open(openSqlite(':memory:'))
  t.after(() => model.close())
  return { journal, model }
}

describe('the feed of the read model', () => {
  it('does not answer before it has caught up, and begins where the read model stands', async t => {
    const { journal, model } = await setUp(t)
    journal.growTo(6)
    await model.apply((await journal.events(0, 6)).slice(0, 4))
    const feed = new ReadModelFeed(journal, model)
    await feed.start()
    assert.equal(await model.position(), 6)
    await feed.stop()
  })

  it('folds what comes, also what came while it was folding, until it is stopped', async t => {
    const { journal, model } = await setUp(t)
    const feed = new ReadModelFeed(journal, model)
    await feed.start()
    for (const length of [1, 2, 5, 6, 9]) journal.growTo(length)
    await model.waitFor(9, { timeoutMs: soonMs })
    await feed.stop()
    assert.equal(journal.isFollowed, false)
    journal.growTo(11)
    assert.equal(await model.position(), 9)
  })

  it('keeps shards apart', async t => {
    const { journal, model } = await setUp(t)
    const feed = new ReadModelFeed(journal, model, 3)
    journal.growTo(5)
    await feed.start()
    await feed.stop()
    assert.deepEqual([await model.position(), await model.position(3)], [0, 5])
  })

  it('fails to start when the journal cannot be folded', async t => {
    const { journal, model } = await setUp(t)
    journal.growTo(3)
    const broken = { ...bound(model), apply: () => Promise.reject(new RangeError('full')) } as ReadModel
    await assert.rejects(new ReadModelFeed(journal, broken).start(), /full/)
    assert.equal(journal.isFollowed, false)
  })

  it('says why it is behind, reads the journal again after a while, and then is not behind', async t => {
    const { journal, model } = await setUp(t)
    let failures = 2
    const flaky = {
      ...bound(model),
      async apply(events: readonly LedgerEvent[], shard?: number) {
        if (failures > 0 && events.some(event => event.position === 4)) {
          failures -= 1
          throw new RangeError('full')
        }
        await model.apply(events, shard)
      },
    } as ReadModel
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const feed = new ReadModelFeed(journal, flaky)
    journal.growTo(3)
    await feed.start()
    journal.growTo(8)
    for (let turn = 0; feed.lastError === undefined; turn++) await nextTurn(turn)
    assert.match(String(feed.lastError), /full/)
    const readBefore = journal.readCount
    t.mock.timers.tick(999)
    await nextTurn(0)
    assert.equal(journal.readCount, readBefore)
    for (let turn = 0; (await model.position()) < 8; turn++) {
      t.mock.timers.tick(1_000)
      await nextTurn(turn)
    }
    assert.deepEqual([feed.lastError, failures], [undefined, 0])
    await feed.stop()
  })
})

/** The model's methods, without its class. */
function bound(model: KyselyReadModel): Partial<ReadModel> {
  return { position: shard => model.position(shard) }
}

async function nextTurn(turn: number): Promise<void> {
  assert.ok(turn < 10_000, 'it never came')
  await new Promise(resolve => setImmediate(resolve))
}
