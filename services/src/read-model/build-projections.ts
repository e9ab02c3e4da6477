import { decodeEvent, type LedgerEvent, StoreDamagedError, zeroHash } from '@deparrow/ledger'
import type { JournalBatch, JournalBatches } from '../adapters/event-store/journal-batches.ts'
import { readBalances } from './balance-reads.ts'
import { foldBalances, type JournalSource, openBatches } from './fold-balances.ts'
import { foldEvents } from './fold-events.ts'
import { emptyFoldState, type FoldState } from './fold-state.ts'
import { createIndexes, dropIndexes } from './projection-indexes.ts'
import { type ProjectionTarget, writeAddedRows, writeCheckpoint, writeState } from './write-projections.ts'

/** A shard's journal with its number among the shards. */
export type ProjectedJournal = { readonly source: JournalSource; readonly number: number }

/**
 * Folds whole journals into empty tables and returns how many events that were. What the fold must know stays in memory, nothing is read back, and
 * the indexes are made at the end. The balances are then compared with those that {@link foldBalances} finds by another way; throws
 * {@link RebuildMismatchError} when they differ, and `StoreDamagedError` for a journal that cannot be read.
 */
export async function buildProjections(
  target: ProjectionTarget,
  journals: readonly ProjectedJournal[],
): Promise<number> {
  const indexes = await dropIndexes(target)
  let eventCount = 0
  for (const { source, number } of journals) {
    const position = await buildShard(target, source, number)
    await assertBalances(target, source, number, position)
    eventCount += position
  }
  await createIndexes(target, indexes)
  return eventCount
}

async function buildShard(target: ProjectionTarget, source: JournalSource, number: number): Promise<number> {
  const batches = await openBatches(source)
  try {
    const state = emptyFoldState(number)
    const position = await foldToEnd(target, source, batches, state)
    await writeState(target, state)
    if (position > 0) await writeCheckpoint(target, number, position)
    return position
  } finally {
    await batches.close()
  }
}

/** Goes on until the journal did not grow while it was being folded. */
async function foldToEnd(
  target: ProjectionTarget,
  { shard }: JournalSource,
  batches: JournalBatches,
  state: FoldState,
): Promise<number> {
  let position = 0
  for (;;) {
    const end = await batches.end(shard)
    if (end === position) return position
    for await (const page of batches.pages(shard, position, end)) {
      const rows = foldEvents(page.flatMap(eventsOf), state)
      await writeAddedRows(target, state.shard, rows)
    }
    position = end
  }
}

/** The events of a batch. Throws `StoreDamagedError` when it does not hold what it says. */
export function eventsOf({ firstPosition, lastPosition, payloads }: JournalBatch): readonly LedgerEvent[] {
  const lines = Buffer.from(payloads.buffer, payloads.byteOffset, payloads.byteLength).toString('utf8').split('\n')
  if (lines.length !== lastPosition - firstPosition + 1) {
    throw new StoreDamagedError(
      `the batch that begins at position ${firstPosition} does not hold as many events as it says`,
    )
  }
  return lines.map((payload, index) => decodeEvent({ position: firstPosition + index, payload, hash: zeroHash }))
}

async function assertBalances(
  { kysely }: ProjectionTarget,
  source: JournalSource,
  number: number,
  position: number,
): Promise<void> {
  const built = new Map((await readBalances(kysely, number)).map(row => [row.account, row.amountMicrocredits]))
  const { balances } = await foldBalances(source, { untilPosition: position })
  for (const account of new Set([...built.keys(), ...balances.keys()])) {
    const [builtMicrocredits, foldedMicrocredits] = [built.get(account) ?? 0n, balances.get(account) ?? 0n]
    if (builtMicrocredits !== foldedMicrocredits) {
      throw new RebuildMismatchError({ account, builtMicrocredits, foldedMicrocredits })
    }
  }
}

/** Thrown when two ways to fold a journal do not give the same balances: one of them is wrong, and what was built is not used. */
export class RebuildMismatchError extends Error {
  override readonly name = 'RebuildMismatchError'
  constructor(options: { account: string; builtMicrocredits: bigint; foldedMicrocredits: bigint }) {
    super(
      `the rebuilt projections have ${options.builtMicrocredits} µcr on ${options.account}, the journal's entries add up to ` +
        `${options.foldedMicrocredits} µcr; keep the projections in use and report this`,
    )
  }
}
