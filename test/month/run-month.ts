import type { Hex, LeafAccount } from '@deparrow/ledger'
import { type AfterExit, afterExit } from './after-exit.ts'
import { Exit, type ExitReport } from './exit.ts'
import { Month, type MonthOptions } from './month.ts'
import { PublicArchive } from './public-archive.ts'

/** What came of a month. */
export type MonthReport = {
  readonly epochs: number
  readonly receipts: number
  /** Rows of all epochs. */
  readonly payouts: number
  /** Epochs that the chain took back. */
  readonly cancelled: readonly number[]
  readonly journalHash: Hex
  readonly exit: ExitReport
  readonly after: AfterExit
}

/** Runs a month to its end and lets everybody leave; everything follows from the options. */
export async function runMonth(options: MonthOptions): Promise<MonthReport> {
  const month = await Month.open(options)
  try {
    await month.begin()
    for (let day = 1; day < options.days; day++) {
      await month.day(day)
      if (day === guardiansDay) await month.nightOfTheGuardian()
    }
    await month.lastNight()
    return await leave(month)
  } finally {
    await month.chain.close()
  }
}

const guardiansDay = 10

async function leave(month: Month): Promise<MonthReport> {
  const { people, officers, operator } = month
  const published = new PublicArchive(operator.storedEvents())
  const exit = new Exit(month.chain, month.contracts, people.stranger, published)
  const finalEpoch = await exit.start()
  const wallets = [...people.agents, ...people.nodes.map(({ payout }) => payout)].map(({ address }) => address)
  const accounts: readonly LeafAccount[] = wallets.flatMap(wallet => [wallet, `payable:${wallet}`] as const)
  const exited = await exit.takeAll(finalEpoch, accounts)
  await exit.returnBond(officers.poster)
  await exit.returnStakes(month.staked)
  return {
    epochs: operator.index.epochs.size,
    receipts: month.market.receiptCount,
    payouts: [...operator.index.epochs.values()].reduce((sum, { books }) => sum + books.rows.length, 0),
    cancelled: [...operator.index.epochs.values()].flatMap(({ cancelled }) => (cancelled ? [cancelled.epoch] : [])),
    journalHash: operator.ledger.head().hash,
    exit: exited,
    after: await afterExit(month, published.events, finalEpoch, { burntWei: 0n }),
  }
}
