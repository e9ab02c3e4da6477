import { decodeEvent, type EventStore, type JournalReads } from '@deparrow/ledger'
import { eventsOf, type ProjectedJournal } from './build-projections.ts'
import { openBatches } from './fold-balances.ts'
import type { ReadModel } from './read-model.port.ts'

/** Events folded in one transaction: more save few commits and hold more in memory. */
const pageEvents = 1_000

/** A shard's journal as a rebuild reads it; `number` is its number among the shards, 0 unless it is named. */
export type JournalReader = {
  readonly store: Pick<EventStore, 'read'>
  readonly shard: string
  readonly number?: number
}

/** Empties the read model and folds the whole journal into it; returns the position that it then has. */
export async function rebuildReadModel(journal: JournalReader, readModel: ReadModel): Promise<number> {
  await readModel.clear()
  return catchUpReadModel(journal, readModel)
}

/** Folds into the read model what the journal holds after its position; returns the position that it then has. */
export function catchUpReadModel({ store, shard, number = 0 }: JournalReader, readModel: ReadModel): Promise<number> {
  const readEvents = async (position: number, limit: number) =>
    (await store.read(shard, position, limit)).map(decodeEvent)
  return foldInto(readModel, readEvents, number)
}

/** Folds into the read model what journals hold after its positions, as far as they went when they were opened. */
export async function catchUpProjections(
  readModel: Pick<ReadModel, 'position' | 'apply'>,
  journals: readonly ProjectedJournal[],
): Promise<void> {
  for (const { source, number } of journals) {
    const batches = await openBatches(source)
    try {
      const end = await batches.end(source.shard)
      for await (const page of batches.pages(source.shard, await readModel.position(number), end)) {
        await readModel.apply(page.flatMap(eventsOf), number)
      }
    } finally {
      await batches.close()
    }
  }
}

/** Folds events page by page, from the read model's position until there are no more; returns the position that it then has. */
export async function foldInto(
  readModel: Pick<ReadModel, 'position' | 'apply'>,
  readEvents: JournalReads['events'],
  shard = 0,
): Promise<number> {
  let position = await readModel.position(shard)
  for (;;) {
    const page = await readEvents(position, pageEvents)
    const last = page.at(-1)
    if (last === undefined) return position
    await readModel.apply(page, shard)
    position = last.position
  }
}
