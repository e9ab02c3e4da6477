import { type EventStore, encodeEvent, type Identified, zeroHash } from '@deparrow/ledger'
import { benchShard, openBenchLedger, postgresStore, sqliteStore } from './bench-ledger.ts'
import { BenchWallet } from './bench-wallet.ts'
import { closedLoop, type LoopResult, openLoop } from './closed-loop.ts'
import type { Figure } from './figure.ts'
import { makeTransfers, type Spread } from './transfers.ts'
import { inOneFunction, inStatements, usualDesign } from './usual-design.ts'

const walletCount = 10_000

type StoreKind = 'postgres' | 'sqlite'

/** Transfers a second through the real ledger over PostgreSQL and SQLite, beside the usual design and a raw append. */
export async function transferFigures(postgresUrl: string): Promise<readonly Figure[]> {
  const transfers = async (kind: StoreKind, callers: number, count: number, spread: Spread) => {
    const wallets = Array.from({ length: walletCount }, (_, index) => new BenchWallet(index))
    const commands = makeTransfers(wallets, count, spread)
    return withLedger(kind, postgresUrl, wallets, ledger =>
      closedLoop(callers, count, index => submitted(ledger, commands[index])),
    )
  }
  const usual = await usualDesign(postgresUrl, inStatements, 32, 20_000, 'uniform')
  const usualHot = await usualDesign(postgresUrl, inStatements, 32, 5_000, 'hot')
  const inFunction = await usualDesign(postgresUrl, inOneFunction, 32, 30_000, 'uniform')
  const raw32 = await rawAppend(postgresUrl, 32)
  const raw256 = await rawAppend(postgresUrl, 256)
  const pg32 = await transfers('postgres', 32, 100_000, 'uniform')
  const pg256 = await transfers('postgres', 256, 150_000, 'uniform')
  const pgHot = await transfers('postgres', 32, 100_000, 'hot')
  const pgZipf = await transfers('postgres', 32, 100_000, 'zipf')
  const sqlite = await transfers('sqlite', 32, 100_000, 'uniform')
  const sqliteHot = await transfers('sqlite', 32, 100_000, 'hot')
  const open = await atFixedRate(postgresUrl, 10_000, 60_000)
  const rate = (name: string, { perSecond, ...rest }: LoopResult, more: Partial<Figure> = {}): Figure => ({
    name,
    value: perSecond,
    unit: 'transfers/s',
    ...rest,
    ...more,
  })
  const ratio = (value: number, baseline: number) => ({ baseline, ratio: Math.round((value / baseline) * 100) / 100 })
  const isFast = pg32.perSecond >= 20_000 && (pg32.p99 ?? 0) <= 10 && pg32.perSecond >= 6 * usual.perSecond
  return [
    rate('usual_c32', usual),
    rate('usual_hot', usualHot),
    rate('usual_function_c32', inFunction),
    rate('raw_c32', raw32, { unit: 'events/s' }),
    rate('raw_c256', raw256, { unit: 'events/s' }),
    rate('pg_c32', pg32, {
      ...ratio(pg32.perSecond, usual.perSecond),
      target: '≥ 20 000, p99 ≤ 10 ms, ≥ 6 × usual',
      isMet: isFast,
    }),
    rate('pg_c256', pg256, {
      ...ratio(pg256.perSecond, raw256.perSecond),
      target: '≥ 40 000',
      isMet: pg256.perSecond >= 40_000,
    }),
    rate('pg_hot', pgHot, {
      ...ratio(pgHot.perSecond, pg32.perSecond),
      target: '≥ 0.9 × uniform',
      isMet: pgHot.perSecond >= 0.9 * pg32.perSecond,
    }),
    rate('pg_zipf', pgZipf, ratio(pgZipf.perSecond, pg32.perSecond)),
    rate('pg_open_10k', open),
    rate('sqlite_c32', sqlite, { target: '≥ 20 000', isMet: sqlite.perSecond >= 20_000 }),
    rate('sqlite_hot', sqliteHot, ratio(sqliteHot.perSecond, sqlite.perSecond)),
  ]
}

async function atFixedRate(postgresUrl: string, perSecond: number, count: number): Promise<LoopResult> {
  const wallets = Array.from({ length: walletCount }, (_, index) => new BenchWallet(index))
  const commands = makeTransfers(wallets, count, 'uniform')
  return withLedger('postgres', postgresUrl, wallets, ledger =>
    openLoop(perSecond, count, index => submitted(ledger, commands[index])),
  )
}

type BenchLedger = Awaited<ReturnType<typeof openBenchLedger>>

async function submitted(ledger: BenchLedger, command: Identified | undefined): Promise<void> {
  if (command === undefined) throw new RangeError('there are fewer commands than calls')
  const answer = await ledger.submit(command)
  if (answer.status !== 'accepted') throw new Error(`a transfer was refused: ${answer.refusal.code}`)
}

async function withLedger<T>(
  kind: StoreKind,
  postgresUrl: string,
  wallets: readonly BenchWallet[],
  run: (ledger: BenchLedger) => Promise<T>,
): Promise<T> {
  const { store, remove } = await (kind === 'postgres' ? postgresStore(postgresUrl) : sqliteStore())
  try {
    const ledger = await openBenchLedger(store, wallets)
    const result = await run(ledger)
    await ledger.close()
    return result
  } finally {
    await remove()
  }
}

/** Batches of events of a transfer's size, appended one after another with nothing decided: what the store alone can do. */
async function rawAppend(postgresUrl: string, batchEvents: number): Promise<LoopResult> {
  const { store, remove } = await postgresStore(postgresUrl)
  try {
    const { leaseEpoch } = await store.acquire(benchShard, 60_000)
    const payload = samplePayload()
    const calls = Math.ceil(60_000 / batchEvents)
    const result = await closedLoop(1, calls, index =>
      append(store, leaseEpoch, index * batchEvents, batchEvents, payload),
    )
    return { ...result, perSecond: result.perSecond * batchEvents }
  } finally {
    await remove()
  }
}

async function append(
  store: EventStore,
  leaseEpoch: number,
  after: number,
  count: number,
  payload: string,
): Promise<void> {
  const first = after + 1
  const events = Array.from({ length: count }, (_, index) => ({ position: first + index, payload, hash: zeroHash }))
  const result = await store.append({ shard: benchShard, leaseEpoch, expectedPosition: first - 1, events })
  if (result !== 'appended') throw new Error('a raw append was fenced')
}

function samplePayload(): string {
  const [wallet, other] = [new BenchWallet(1), new BenchWallet(2)]
  const [identified] = makeTransfers([wallet, other], 1, 'uniform')
  if (identified?.command.type !== 'TransferCredits') throw new TypeError('a transfer was expected')
  return encodeEvent({
    type: 'CreditsTransferred',
    data: { transfer: identified.command.transfer },
    entries: [
      { account: `wallet:${wallet.address}`, amountMicrocredits: -1n },
      { account: `wallet:${other.address}`, amountMicrocredits: 1n },
    ],
    position: 123_456,
    atMs: Date.now(),
    commandId: identified.digest ?? '',
  })
}
