import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Books, JournalLedger } from '@deparrow/ledger'
import { SqliteEventStore } from '@deparrow/services'
import { buildReadModelFile, foldBalances } from '@deparrow/services/read-model'
import { benchShard } from './ledger/bench-ledger.ts'
import { writeJournal } from './rebuild-journal.ts'

export type RebuildOptions = {
  /** Events in the journal at least. */
  readonly eventCount: number
  /** How often the balances are rebuilt; the middle one of the times counts. */
  readonly roundCount?: number
}

export type RebuildFigures = {
  readonly eventCount: number
  readonly accountCount: number
  readonly threadCount: number
  /** Balances of all accounts out of the journal. */
  readonly balancesPerSecond: number
  /** The same in one thread. */
  readonly balancesOneThreadPerSecond: number
  /** All projections, with their indexes, into a file of their own. */
  readonly projectionsPerSecond: number
}

/**
 * Builds a journal in SQLite by the real writer and measures what it takes to rebuild from it, in events a second. Throws when a rebuild does
 * not agree with the ledger's own state to the microcredit.
 */
export async function measureRebuild({ eventCount, roundCount = 5 }: RebuildOptions): Promise<RebuildFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'deparrow-rebuild-'))
  try {
    const path = join(folder, 'journal.sqlite')
    const store = await SqliteEventStore.open(path)
    const ledger = await writeJournal(store, eventCount)
    const source = { engine: 'sqlite', path, shard: benchShard } as const
    const position = ledger.head().position
    const threadCount = availableParallelism()
    const balancesMs = await middleOf(roundCount, async () => void (await foldBalances(source, { threadCount })))
    const oneThreadMs = await middleOf(roundCount, async () => void (await foldBalances(source, { threadCount: 1 })))
    const { balances } = await foldBalances(source, { threadCount })
    assertAgrees(balances, ledger)
    const startedAt = performance.now()
    await buildReadModelFile(join(folder, 'read-model.sqlite'), [{ source, number: 0 }])
    const projectionsMs = performance.now() - startedAt
    await ledger.close()
    await store.close()
    const perSecond = (tookMs: number) => Math.round((position / tookMs) * 1_000)
    return {
      eventCount: position,
      accountCount: balances.size,
      threadCount,
      balancesPerSecond: perSecond(balancesMs),
      balancesOneThreadPerSecond: perSecond(oneThreadMs),
      projectionsPerSecond: perSecond(projectionsMs),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function middleOf(roundCount: number, run: () => Promise<void>): Promise<number> {
  const tookMs: number[] = []
  for (let round = 0; round < roundCount; round++) {
    const startedAt = performance.now()
    await run()
    tookMs.push(performance.now() - startedAt)
  }
  return tookMs.sort((a, b) => a - b)[Math.floor(roundCount / 2)] ?? Number.NaN
}

/** Every kind of account adds up to what the ledger has in its books, and every wallet to what the ledger answers. */
function assertAgrees(balances: ReadonlyMap<string, bigint>, ledger: JournalLedger): void {
  const books = ledger.books()
  const kinds: readonly (readonly [keyof Books, string])[] = [
    ['reserve', 'reserve'],
    ['wallets', 'wallet:'],
    ['holds', 'hold:'],
    ['payables', 'payable:'],
    ['burn', 'burn'],
    ['treasury', 'treasury'],
    ['rewards', 'rewards'],
    ['clearing', 'clearing:'],
  ]
  for (const [kind, start] of kinds) {
    let sum = 0n
    for (const [account, balance] of balances) if (account.startsWith(start)) sum += balance
    if (sum !== books[kind]) throw new Error(`${kind}: the rebuild has ${sum} µcr, the ledger ${books[kind]} µcr`)
  }
  for (const [account, balance] of balances) {
    if (!account.startsWith('wallet:')) continue
    const { availableMicrocredits } = ledger.balance(account.slice('wallet:'.length) as `0x${string}`)
    if (availableMicrocredits !== balance) throw new Error(`${account}: the rebuild has ${balance} µcr`)
  }
}
