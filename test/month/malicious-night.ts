import assert from 'node:assert/strict'
import { settlementAbi } from '@deparrow/contracts'
import { decodeEvent, type LedgerEvent } from '@deparrow/ledger'
import { chainEpochStatuses } from '@deparrow/services/testing'
import { DishonestPoster } from './dishonest-poster.ts'
import {
  duplicateEntry,
  type Forgery,
  inventedPayout,
  missingReceipt,
  type Scene,
  stolenBalance,
  unspentJobs,
} from './forgeries.ts'
import type { Month } from './month.ts'
import { posterChain } from './operator.ts'

/** What a dishonest poster does to one epoch. */
export const malices = [
  'stolen balance',
  'invented payout',
  'withheld leaf',
  'duplicate entry',
  'missing receipt',
] as const

export type Malice = (typeof malices)[number]

/** How a malicious epoch ended. */
export type MaliciousEpoch = {
  readonly malice: Malice
  readonly epoch: number
  /** What the watcher found, by code. */
  readonly findings: readonly string[]
  /** What the watcher called, in order. */
  readonly called: readonly string[]
  /** Answers of the poster that the contract took. */
  readonly answered: number
  /** Why others were not given, or not taken. */
  readonly failures: readonly string[]
  readonly isCancelled: boolean
  /** By the watcher, in wei. */
  readonly gainedWei: bigint
}

const stepSeconds = 900
/** The window, and a demand that is asked at its end. */
const stepsMax = 36

/** The evening of a day on which the poster's key is in dishonest hands, until the epoch has ended. */
export async function maliciousNight(month: Month, malice: Malice): Promise<MaliciousEpoch> {
  const { operator, watchman, chain, contracts, officers } = month
  await operator.closeBooks()
  const honest = operator.index.pending
  assert.ok(honest)
  const { epoch, parent, journalPosition } = honest.books
  const events = operator.storedEvents().slice(0, journalPosition).map(decodeEvent)
  const parentPosition = operator.index.epochs.get(parent)?.books.journalPosition ?? 0
  const scene = sceneOf(month, events, parentPosition)
  const forgery = malice === 'missing receipt' ? await unpaid(month, scene) : forge(malice, scene)
  const poster = new DishonestPoster(
    posterChain(chain, contracts, officers),
    events,
    honest,
    forgery,
    malice === 'withheld leaf',
  )
  assert.notEqual(poster.books.leavesRoot, honest.books.leavesRoot)
  await poster.post()
  const before = await watchman.wealthWei()
  const findings = new Set<string>()
  const called: string[] = []
  let isCancelled = false
  for (let step = 0; step < stepsMax && !isCancelled; step++) {
    chain.pass(stepSeconds)
    const { said } = await watchman.look()
    for (const { level, code, message } of said) {
      if (code === 'SENT') called.push(message.split(' ')[1] as string)
      else if (level !== 'info') findings.add(code)
    }
    isCancelled = await isTakenBack(month, epoch)
    await poster.answer()
  }
  // What is behind demands that nobody has to answer any more comes back.
  await watchman.look()
  await operator.follow()
  assert.equal(operator.index.pending?.books.epoch, undefined)
  return {
    malice,
    epoch,
    findings: [...findings],
    called,
    answered: poster.answered,
    failures: [...poster.failures],
    isCancelled,
    gainedWei: (await watchman.wealthWei()) - before,
  }
}

function forge(malice: Exclude<Malice, 'missing receipt'>, scene: Scene): Forgery {
  switch (malice) {
    case 'stolen balance':
    case 'withheld leaf':
      return stolenBalance(scene)
    case 'invented payout':
      return inventedPayout(scene)
    case 'duplicate entry':
      return duplicateEntry(scene)
  }
}

async function isTakenBack({ contracts: { client, addresses } }: Month, epoch: number): Promise<boolean> {
  const asked = { address: addresses.settlement, abi: settlementAbi, functionName: 'epochStatus' } as const
  return chainEpochStatuses[await client.readContract({ ...asked, args: [BigInt(epoch)] })] === 'cancelled'
}

/** Some nodes have the watcher see to their pay; the poster leaves out that of one. */
async function unpaid({ jobsOfToday, market, watchman }: Month, scene: Scene): Promise<Forgery> {
  const unspent = new Set(unspentJobs(scene))
  const [missing, ...others] = jobsOfToday.filter(({ orderDigest }) => unspent.has(orderDigest))
  assert.ok(missing)
  for (const job of [missing, ...others.slice(0, 2)]) {
    const papers = await market.papersOf(job)
    if (papers !== undefined) watchman.entrust(papers)
  }
  return missingReceipt(scene, missing.orderDigest)
}

function sceneOf(month: Month, events: readonly LedgerEvent[], parentPosition: number): Scene {
  const { contracts, random, people, chain } = month
  const { agents, stranger: thief } = people
  return {
    events,
    parentPosition,
    domain: contracts.domain,
    random,
    agents,
    thief,
    deadline: chain.nowSeconds + 3_600n,
  }
}
