import type { LedgerEvent } from '@deparrow/ledger'
import { InMemoryEventStore, type TestLedger } from '@deparrow/ledger/testing'
import type { ReadModel } from './read-model.port.ts'
import { sampleJournal } from './sample-journal.spec.fixture.ts'

/** A database on which read models are opened, one after another. */
export type ReadModelStorage = { open(): Promise<ReadModel>; remove(): Promise<void> }

/** An empty read model for each test, and the sample journal. */
export class ReadBench {
  model!: ReadModel
  readonly ledger: TestLedger = sampleJournal()
  private storage!: ReadModelStorage
  private opened: ReadModel[] = []

  constructor(private readonly createStorage: () => Promise<ReadModelStorage>) {}

  get events(): readonly LedgerEvent[] {
    return this.ledger.events
  }

  async setUp(): Promise<void> {
    this.storage = await this.createStorage()
    this.model = await this.openAnother()
  }

  async openAnother(): Promise<ReadModel> {
    const model = await this.storage.open()
    this.opened.push(model)
    return model
  }

  async tearDown(): Promise<void> {
    for (const model of this.opened.splice(0)) await model.close()
    await this.storage.remove()
  }

  async journal() {
    const store = new InMemoryEventStore()
    const { leaseEpoch } = await store.acquire('a', 1_000)
    await store.append({ shard: 'a', leaseEpoch, expectedPosition: 0, events: this.ledger.stored })
    return { store, shard: 'a', leaseEpoch }
  }
}
