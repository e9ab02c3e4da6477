import assert from 'node:assert/strict'
import type { Hex, LeafAccount } from '@deparrow/ledger'
import { type AfterExit, afterExit } from './after-exit.ts'
import { type DisputedEpochs, disputedEpochs } from './disputed-epochs.ts'
import { Exit, type ExitReport } from './exit.ts'
import { type Malice, type MaliciousEpoch, malices, maliciousNight } from './malicious-night.ts'
import { Month, type MonthOptions } from './month.ts'
import { walletsOf } from './people.ts'
import { PublicArchive } from './public-archive.ts'
import { type PushedPay, type PushedReceipt, pushedPay, pushPastGateway } from './pushed-receipt.ts'

/** What came of a month. */
export type MonthReport = {
  readonly epochs: number
  readonly receipts: number
  /** Rows of all epochs. */
  readonly payouts: number
  /** Epochs that the chain took back. */
  readonly cancelled: readonly number[]
  readonly journalHash: Hex
  readonly malicious: readonly MaliciousEpoch[]
  /** Epochs of which the watcher found that they are what the journal gives. */
  readonly foundRight: readonly number[]
  readonly disputed: DisputedEpochs
  readonly pushed: PushedPay
  readonly exit: ExitReport
  readonly after: AfterExit
}

/** Runs a month to its end and lets everybody leave; everything follows from the options. */
export async function runMonth(options: MonthOptions): Promise<MonthReport> {
  const month = await Month.open(options)
  try {
    await month.begin()
    const malicious: MaliciousEpoch[] = []
    let pushed: PushedReceipt | undefined
    for (let day = 1; day < options.days; day++) {
      const malice = maliceOf(day)
      month.market.arePapersKept = malice === 'missing receipt'
      // Who pays nobody on this day has a lane that still stands where the repeated transfer left it.
      month.market.isQuiet = malice === 'duplicate entry'
      await month.morning(day)
      await month.work(day)
      if (day === ignoredNodesDay) pushed = await pushPastGateway(month)
      if (malice === undefined) await month.evening()
      else malicious.push(await maliciousNight(month, malice))
      if (day === guardiansDay) await month.nightOfTheGuardian()
    }
    await month.lastNight()
    assert.ok(pushed, 'a month has the day of the node that is ignored')
    return await leave(month, malicious, pushed)
  } finally {
    await month.close()
  }
}

const ignoredNodesDay = 2
const guardiansDay = 10

/** On every fifth day from the third on, one after another. */
function maliceOf(day: number): Malice | undefined {
  return day % 5 === 3 ? malices[Math.floor(day / 5)] : undefined
}

async function leave(month: Month, malicious: readonly MaliciousEpoch[], pushed: PushedReceipt): Promise<MonthReport> {
  const { people, officers, operator } = month
  const published = new PublicArchive(operator.storedEvents())
  const exit = new Exit(month.chain, month.contracts, people.stranger, published)
  const finalEpoch = await exit.start()
  const accounts: readonly LeafAccount[] = walletsOf(people).flatMap(wallet => [wallet, `payable:${wallet}`] as const)
  const exited = await exit.takeAll(finalEpoch, accounts)
  await exit.returnBond(officers.poster)
  await exit.returnPurses([officers.poster, people.watcher])
  await exit.returnStakes(month.staked)
  return {
    epochs: operator.index.epochs.size,
    receipts: month.market.receiptCount,
    payouts: [...operator.index.epochs.values()].reduce((sum, { books }) => sum + books.rows.length, 0),
    cancelled: [...operator.index.epochs.values()].flatMap(({ cancelled }) => (cancelled ? [cancelled.epoch] : [])),
    journalHash: operator.ledger.head().hash,
    malicious,
    exit: exited,
    foundRight: month.foundRight,
    disputed: await disputedEpochs(month.contracts),
    pushed: await pushedPay(month, pushed, published.events),
    after: await afterExit(month, published.events, finalEpoch, malicious.length),
  }
}
