import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type AccountName, StoreDamagedError } from '@deparrow/ledger'
import type { JournalBatches } from '../adapters/event-store/journal-batches.ts'
import { SqliteJournalBatches } from '../adapters/event-store/sqlite-journal-batches.ts'
import { AccountSums } from './account-sums.ts'
import { sumEntries } from './sum-entries.ts'

/** A shard's journal in an engine, as it can be named to a thread. */
export type JournalSource =
  | { readonly engine: 'sqlite'; readonly path: string; readonly shard: string }
  | { readonly engine: 'postgres'; readonly url: string; readonly schema?: string; readonly shard: string }

/** Positions of a journal: those after `afterPosition`, up to `untilPosition`. */
export type JournalRange = {
  readonly source: JournalSource
  readonly afterPosition: number
  readonly untilPosition: number
}

export type FoldedBalances = {
  readonly position: number
  /** All accounts that ever had an entry, in µcr. */
  readonly balances: Balances
}

export type FoldBalancesOptions = {
  /** Where to stop; the end of the journal by default. */
  readonly untilPosition?: number
  /** How many threads fold; by default as many as the machine can run at once, and one for a short journal. */
  readonly threadCount?: number
}

/** What a thread says: its balances, or why the journal cannot be read. */
export type RangeAnswer = { readonly balances: Balances } | { readonly damage: string }

/** Balances by account, in µcr. */
export type Balances = ReadonlyMap<AccountName, bigint>

/** Below this a second thread takes longer to start than it saves. */
const eventsPerThreadMin = 50_000

/**
 * The balances of all accounts of a shard out of its journal alone, by nothing but the entries of its events: what any other copy of the balances
 * must agree with. Sums do not depend on order, so threads add up disjoint ranges of positions. Throws `StoreDamagedError` for a journal with a gap
 * or an event that cannot be read; hashes and signatures are not looked at.
 */
export async function foldBalances(source: JournalSource, options: FoldBalancesOptions = {}): Promise<FoldedBalances> {
  const position = options.untilPosition ?? (await endOf(source))
  const threadCount = options.threadCount ?? Math.min(availableParallelism(), Math.ceil(position / eventsPerThreadMin))
  const ranges = splitRange(source, position, Math.max(1, threadCount))
  const parts = await Promise.all(ranges.length === 1 ? ranges.map(foldRange) : ranges.map(foldInThread))
  return { position, balances: addUp(parts) }
}

/** Adds up one range in this thread. */
export async function foldRange({ source, afterPosition, untilPosition }: JournalRange): Promise<Balances> {
  const batches = await openBatches(source)
  try {
    const sums = new AccountSums()
    for await (const page of batches.pages(source.shard, afterPosition, untilPosition)) {
      for (const batch of page) sumEntries(batch, afterPosition, untilPosition, sums)
    }
    const balances = new Map<AccountName, bigint>()
    sums.addTo(balances)
    return balances
  } finally {
    await batches.close()
  }
}

function addUp([first = new Map(), ...others]: readonly Balances[]): Balances {
  if (others.length === 0) return first
  const balances = new Map(first)
  for (const [account, balance] of others.flatMap(part => [...part])) {
    balances.set(account, (balances.get(account) ?? 0n) + balance)
  }
  return balances
}

function splitRange(source: JournalSource, position: number, count: number): readonly JournalRange[] {
  const bound = (index: number) => Math.floor((position * index) / count)
  return Array.from({ length: count }, (_, index) => ({
    source,
    afterPosition: bound(index),
    untilPosition: bound(index + 1),
  }))
}

function foldInThread(range: JournalRange): Promise<Balances> {
  const worker = new Worker(new URL('./fold-balances.worker.js', import.meta.url), { workerData: range })
  return new Promise((resolve, reject) => {
    worker.once('message', (answer: RangeAnswer) => {
      if ('balances' in answer) resolve(answer.balances)
      else reject(new StoreDamagedError(answer.damage))
    })
    worker.once('error', reject)
    worker.once('exit', code => reject(new Error(`a thread that adds up balances ended with code ${code}`)))
  })
}

async function endOf(source: JournalSource): Promise<number> {
  const batches = await openBatches(source)
  try {
    return await batches.end(source.shard)
  } finally {
    await batches.close()
  }
}

/** The batches of a journal, only to be read; to be closed by the caller. PostgreSQL’s driver is loaded only where it is used. */
export async function openBatches(source: JournalSource): Promise<JournalBatches> {
  if (source.engine === 'sqlite') return new SqliteJournalBatches(source.path)
  const { PostgresJournalBatches } = await import('../adapters/event-store/postgres-journal-batches.ts')
  const { url, schema } = source
  return new PostgresJournalBatches(url, schema === undefined ? {} : { schema })
}
