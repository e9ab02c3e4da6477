import { decodeEvent, type EventStore, type Ledger } from '@deparrow/ledger'
import type { ReadModel } from './read-model.port.ts'

/** Events folded in one transaction: more save few commits and hold more in memory. */
const pageEvents = 1_000

/** A shard's journal as a rebuild reads it. */
export type JournalReader = { readonly store: Pick<EventStore, 'read'>; readonly shard: string }

/** Empties the read model and folds the whole journal into it; returns the position that it then has. */
export async function rebuildReadModel(journal: JournalReader, readModel: ReadModel): Promise<number> {
  await readModel.clear()
  return catchUpReadModel(journal, readModel)
}

/** Folds into the read model what the journal holds after its position; returns the position that it then has. */
export function catchUpReadModel({ store, shard }: JournalReader, readModel: ReadModel): Promise<number> {
  return foldInto(readModel, async (position, limit) => (await store.read(shard, position, limit)).map(decodeEvent))
}

/** Folds events page by page, from the read model's position until there are no more; returns the position that it then has. */
export async function foldInto(readModel: ReadModel, readEvents: Ledger['events']): Promise<number> {
  let position = await readModel.position()
  for (;;) {
    const page = await readEvents(position, pageEvents)
    const last = page.at(-1)
    if (last === undefined) return position
    await readModel.apply(page)
    position = last.position
  }
}
