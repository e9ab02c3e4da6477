import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { assignmentReleaseType, type LedgerEvent, usageReceiptType } from '@deparrow/ledger'
import { type NodeJob, planPushes } from '@deparrow/sdk/watcher'
import { TestJob, worker } from './node-jobs.spec.fixture.ts'
import { entriesOf } from './watched-journal.spec.fixture.ts'
import { agents, type Outcome, WatchedNetwork } from './watched-network.spec.fixture.ts'

const cancelled = 4

let network: WatchedNetwork
let nonce = 0n

const begin = (deadline?: bigint) => TestJob.begin(network, ++nonce, deadline)
const watching = (...jobs: readonly TestJob[]): { readonly jobs: readonly NodeJob[] } => ({
  jobs: jobs.map(({ job }) => job),
})

function assertCancelled({ status, gainedWei, called, refused }: Outcome, by: string): void {
  assert.equal(status, cancelled, `called ${called.join()}, the poster could not answer ${refused.join()}`)
  assert.ok(gainedWei > 0n, `gained ${gainedWei} wei by ${called.join()}`)
  assert.ok(called.includes(by), called.join())
}

async function close(): Promise<void> {
  const { ledger } = network
  const epoch = ledger.state.lastEpochNumber + 1
  ledger.accept({ type: 'CloseEpoch', epoch })
  await network.post(ledger.events.slice(0, -1))
  await network.settle(epoch)
}

/** The position and time at which the ledger took a receipt. */
async function acceptanceOf({ receipt }: TestJob) {
  assert.ok(receipt)
  const { events, nowMs } = network.ledger
  const digest = network.digest(usageReceiptType, receipt.message)
  return network.accepted(digest, events.length, nowMs)
}

before(async () => {
  network = await WatchedNetwork.start()
  await begin()
  await close()
})

after(() => network.close())

describe('a watcher of a node', () => {
  it('asks nothing about an epoch that keeps its holds, pays its receipts, and has what ended rightly', async () => {
    const jobs = [await begin(), await begin(), await begin()] as const
    const [running, settled, released] = jobs
    settled.settle()
    const release = { orderDigest: released.digest, node: worker.address, attempt: 1 }
    network.ledger.accept({ type: 'ReleaseAssignment', release: network.sign(worker, assignmentReleaseType, release) })
    network.ledger.accept({ type: 'ReleaseHold', orderDigest: released.digest })
    const books = await network.post(network.ledger.events)
    const more = { ...watching(...jobs), acceptances: [await acceptanceOf(settled)] }
    for (const isSound of [true, false]) {
      const outcome = await network.play(books, await network.own(network.ledger.events, { isSound }), true, more)
      assert.deepEqual(outcome.called, [])
      const codes = outcome.plans.flatMap(({ findings }) => findings.map(({ code }) => code))
      assert.deepEqual(codes, isSound ? [] : ['JOURNAL_UNSOUND'])
    }
    assert.ok(running.expires > 0n)
    await network.cancelByGuardian()
  })

  it('cancels an epoch that drops a hold which the journal has, after it looked at the payer', async () => {
    const job = await begin()
    const books = await network.post(network.withForged(job.dropped()))
    const without = await network.play(books, await network.own(), true)
    assert.ok(!without.called.includes('demandKept'))
    const outcome = await network.play(books, await network.own(), true, watching(job))
    assertCancelled(outcome, 'demandKept')
  })

  it('cancels an epoch that sets aside less than the order says', async () => {
    const job = await begin()
    const { events } = network.ledger
    const less = entriesOf(`wallet:${agents.alice.address}`, `hold:${job.digest}`, 300_000n)
    const lowered = events.map((event): LedgerEvent => {
      if (event.type !== 'HoldOpened' || event.data.orderDigest !== job.digest) return event
      const { order } = event.data
      const message = { ...order.message, maxPriceMicrocredits: 300_000n }
      return { ...event, data: { ...event.data, order: { ...order, message } }, entries: less }
    })
    const books = await network.post(lowered, { journalPosition: events.length })
    assertCancelled(await network.play(books, await network.own(), true, watching(job)), 'demandHold')
  })

  it('cancels an epoch whose journal itself drops a hold', async () => {
    const job = await begin()
    const forged = network.withForged(job.dropped())
    const books = await network.post(forged, { journalPosition: forged.length })
    const outcome = await network.play(books, await network.own(forged, { isSound: false }), true, watching(job))
    assertCancelled(outcome, 'demandKept')
    assert.deepEqual(outcome.called, ['demandKept', 'expire'])
  })

  it('asks for its holds without any journal once the journal is late', async () => {
    const job = await begin()
    const books = await network.post(network.withForged(job.dropped()))
    const early = await network.play(books, undefined, true, watching(job))
    assert.deepEqual(early.called, [])
    const outcome = await network.play(books, undefined, true, { ...watching(job), patienceSeconds: 0 })
    assertCancelled(outcome, 'demandKept')
    assert.deepEqual(outcome.called, ['demandKept', 'expire'])
  })

  it('cancels an epoch that leaves out the pay of a receipt which the ledger accepted in it', async () => {
    const job = await begin()
    job.settle()
    const { events } = network.ledger
    const unpaid = events.map((event): LedgerEvent => {
      if (event.type !== 'JobSettled' || event.data.orderDigest !== job.digest) return event
      const data = { refusal: { code: 'NO_RECEIPT', orderDigest: job.digest } } as const
      return { ...event, type: 'CommandRefused', data, entries: [] } as unknown as LedgerEvent
    })
    const books = await network.post(unpaid, { journalPosition: events.length })
    const more = { ...watching(job), acceptances: [await acceptanceOf(job)] }
    assertCancelled(await network.play(books, await network.own(), true, more), 'demandAcceptedReceipt')
  })

  it('cancels an epoch that debits its payer and pays somebody else, without any acceptance', async () => {
    const job = await begin()
    job.settle()
    const { events } = network.ledger
    const stolen = events.map((event): LedgerEvent => {
      if (event.type !== 'JobSettled' || event.data.orderDigest !== job.digest) return event
      const entries = event.entries.map(entry =>
        entry.account === `wallet:${worker.address}`
          ? ({ ...entry, account: `wallet:0x${'66'.repeat(20)}` } as typeof entry)
          : entry,
      )
      return { ...event, data: { ...event.data, payoutWallet: `0x${'66'.repeat(20)}` }, entries } as LedgerEvent
    })
    const books = await network.post(stolen, { journalPosition: events.length })
    assertCancelled(await network.play(books, await network.own(), true, watching(job)), 'demandDebited')
  })
})

describe('a receipt that the ledger does not take', () => {
  const view = async (job: TestJob, nowSeconds: bigint) => {
    return { jobs: [job.job], nowSeconds: Number(nowSeconds), inboxAgeSeconds: 0, taken: new Set<never>() }
  }

  it('is pushed neither too early nor too late, not twice, and not when nothing is due', async () => {
    const job = await begin()
    assert.deepEqual(planPushes(await view(job, job.expires - 400n)), [], 'there is no receipt')
    const { message } = job.end()
    const digest = network.digest(usageReceiptType, message)
    for (const nowSeconds of [job.expires - 601n, job.expires - 299n]) {
      assert.deepEqual(planPushes(await view(job, nowSeconds)), [])
    }
    const inTime = await view(job, job.expires - 400n)
    assert.equal(planPushes(inTime).length, 1)
    assert.deepEqual(planPushes({ ...inTime, taken: new Set([digest]) }), [])
    const idle = { ...message, outcome: 5 }
    job.receipt = network.sign(worker, usageReceiptType, idle)
    assert.deepEqual(planPushes(await view(job, job.expires - 400n)), [])
  })

  it('is pushed, and the epoch that covers it and does not pay it is cancelled', async () => {
    const now = await network.chain.now()
    const job = await begin(now + 30n)
    job.end()
    await network.chain.pass(job.expires - 500n - now)
    const plan = planPushes(await view(job, await network.chain.now()))
    assert.deepEqual(
      plan.map(({ functionName }) => functionName),
      ['pushReceipt'],
    )
    const pushed = await network.push(plan)
    const books = await network.post(network.ledger.events, { inboxCut: pushed + 1 })
    assertCancelled(await network.play(books, await network.own(), true, watching(job)), 'demandPushed')
  })
})
