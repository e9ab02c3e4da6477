import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { StoreDamagedError } from '@deparrow/ledger'
import { digestOfOrder } from '@deparrow/ledger/testing'
import { UnknownHoldError } from './fold-events.ts'
import { describeMoments } from './moments.spec.behaviour.ts'
import { ReadBench, type ReadModelStorage } from './read-bench.spec.fixture.ts'
import { type ReadModel, ReadModelGapError } from './read-model.port.ts'
import type { StatementEntry } from './read-records.ts'
import { catchUpReadModel, rebuildReadModel } from './rebuild.ts'
import { describeRecords } from './records.spec.behaviour.ts'
import {
  balancesOf,
  cancelledOrder,
  friend,
  node,
  openOrder,
  payer,
  settledOrder,
  stranger,
} from './sample-journal.spec.fixture.ts'
import { describeShards } from './shards.spec.behaviour.ts'
import { describeWaiting } from './waiting.spec.behaviour.ts'

/** What every {@link ReadModel} must do. `createStorage` gives each test an empty database of its own. */
export function describeReadModel(name: string, createStorage: () => Promise<ReadModelStorage>): void {
  describe(name, () => {
    const bench = new ReadBench(createStorage)
    beforeEach(() => bench.setUp())
    afterEach(() => bench.tearDown())
    describeProjections(bench)
    describeStatements(bench)
    describeCheckpoint(bench)
    describeRefusals(bench)
    describeRebuild(bench)
    describeMoments(bench)
    describeRecords(bench)
    describeShards(bench)
    describeWaiting(bench)
  })
}

async function snapshot(model: ReadModel) {
  const wallets = [payer, node, friend].map(actor => model.statement(actor.address, { first: 1_000 }))
  return {
    position: await model.position(),
    balances: await model.balances(),
    statements: await Promise.all(wallets),
    epochs: await model.epochs(10),
    job: await model.settledJob(digestOfOrder(settledOrder)),
    jobsSettled: await model.jobsSettledOf(node.address),
  }
}

function describeProjections(bench: ReadBench): void {
  it('begins empty at position 0', async () => {
    assert.equal(await bench.model.position(), 0)
    assert.deepEqual(await bench.model.balances(), [])
    assert.deepEqual(await bench.model.epochs(10), [])
    assert.deepEqual(await bench.model.statement(payer.address, { first: 10 }), {
      entries: [],
      nextCursor: undefined,
      nextPosition: undefined,
    })
  })

  it('has the balances of the ledger, whether events come one by one or all at once', async () => {
    const expected = balancesOf(bench.ledger.state.balances)
    await bench.model.apply(bench.events)
    const atOnce = (await bench.model.balances()).map(row => [row.account, row.amountMicrocredits] as const)
    assert.deepEqual(balancesOf(atOnce), expected)
    const before = await snapshot(bench.model)
    await bench.model.clear()
    for (const event of bench.events) await bench.model.apply([event])
    assert.deepEqual(await snapshot(bench.model), before)
  })

  it('lists no hold that has ended', async () => {
    await bench.model.apply(bench.events)
    const holds = (await bench.model.balances()).filter(row => row.account.startsWith('hold:'))
    assert.deepEqual(holds, [{ account: `hold:${digestOfOrder(openOrder)}`, amountMicrocredits: 400_000n }])
  })

  it('knows how a job was settled, and nothing of jobs that were not', async () => {
    await bench.model.apply(bench.events)
    const settled = bench.events.find(event => event.type === 'JobSettled')
    const job = await bench.model.settledJob(digestOfOrder(settledOrder))
    assert.deepEqual(job, { position: settled?.position, atMs: settled?.atMs, ...settled?.data })
    assert.equal(await bench.model.settledJob(digestOfOrder(cancelledOrder)), undefined)
    assert.equal(await bench.model.settledJob(digestOfOrder(openOrder)), undefined)
    assert.equal(await bench.model.jobsSettledOf(node.address), 1)
    assert.equal(await bench.model.jobsSettledOf(payer.address), 0)
  })

  it('knows an epoch from its closing and adds its finality when the chain has it', async () => {
    const closed = bench.events.find(event => event.type === 'EpochClosed')
    const final = bench.events.find(event => event.type === 'EpochFinalised')
    await bench.model.apply(bench.events.slice(0, closed?.position))
    const record = { ...closed?.data, closedPosition: closed?.position, closedAtMs: closed?.atMs }
    assert.deepEqual(await bench.model.epochs(10), [{ ...record, finality: undefined }])
    await bench.model.apply(bench.events)
    const finality = {
      position: final?.position,
      atMs: final?.atMs,
      transactionHash: final?.data.place.transactionHash,
    }
    assert.deepEqual(await bench.model.epochs(10), [{ ...record, finality }])
  })

  it('knows an epoch by its newest closing when its number was given out again, in one write or in several', async () => {
    const closed = bench.events.find(event => event.type === 'EpochClosed')
    assert.ok(closed)
    const { position, data } = closed
    assert.ok(data.rows.length > 0)
    const place = { transactionHash: data.journalHash, blockNumber: 1n, logIndex: 0 }
    const givenUp = { epoch: 1, lastEpoch: 0, headEpoch: 0, place, journalPosition: data.journalPosition }
    const [row] = data.rows
    assert.ok(row)
    const rows = [{ ...row, incrementMicrocredits: row.incrementMicrocredits + 1n }]
    const again = [
      { ...closed, type: 'EpochCancelled', commandId: 'epoch-cancelled:1:1', position: position + 1, data: givenUp },
      { ...closed, position: position + 2, data: { ...data, rows, journalPosition: position + 1 } },
    ] as const
    for (const parts of [[[...bench.events.slice(0, position), ...again]], [bench.events.slice(0, position), again]]) {
      for (const events of parts) await bench.model.apply(events)
      const [epoch, ...others] = await bench.model.epochs(10)
      assert.deepEqual([epoch?.closedPosition, epoch?.rows, others], [position + 2, rows, []])
      await bench.model.clear()
    }
  })
}

function describeStatements(bench: ReadBench): void {
  it('shows a wallet its own account, its holds and its payouts, newest first', async () => {
    await bench.model.apply(bench.events)
    const digest = digestOfOrder(cancelledOrder)
    const ofPayer = (await bench.model.statement(payer.address, { first: 1_000 })).entries
    assert.deepEqual(
      ofPayer
        .filter(entry => entry.orderDigest === digest && entry.account === `hold:${digest}`)
        .map(entry => [entry.event, entry.amountMicrocredits, entry.balanceAfterMicrocredits]),
      [
        ['HoldReleased', -300_000n, 0n],
        ['HoldOpened', 300_000n, 300_000n],
      ],
    )
    const ofNode = (await bench.model.statement(node.address, { first: 1_000 })).entries
    assert.deepEqual(
      ofNode.map(entry => `${entry.event} ${entry.account.split(':')[0]}`),
      ['PayoutClaimed payable', 'PayoutScheduled payable', 'PayoutScheduled wallet', 'JobSettled wallet'],
    )
  })

  it('carries the balance after each entry from the one before', async () => {
    await bench.model.apply(bench.events)
    for (const actor of [payer, node, friend]) {
      const { entries } = await bench.model.statement(actor.address, { first: 1_000 })
      const balances = new Map<string, bigint>()
      for (const entry of [...entries].reverse()) {
        const balance = (balances.get(entry.account) ?? 0n) + entry.amountMicrocredits
        assert.equal(entry.balanceAfterMicrocredits, balance)
        balances.set(entry.account, balance)
      }
      assert.equal(balances.get(`wallet:${actor.address}`), bench.ledger.balance(actor.address))
    }
  })

  it('gives the same entries by pages of any size, and cuts no event in two', async () => {
    await bench.model.apply(bench.events)
    const whole = await bench.model.statement(payer.address, { first: 1_000 })
    assert.equal(whole.nextPosition, undefined)
    for (const first of [1, 2, 3, 5]) {
      const entries: StatementEntry[] = []
      for (let beforePosition: number | undefined = Number.MAX_SAFE_INTEGER; beforePosition !== undefined; ) {
        const page = await bench.model.statement(payer.address, { first, beforePosition })
        assert.ok(page.entries.length >= 1)
        assert.ok(page.entries.every(entry => entry.position !== entries.at(-1)?.position))
        entries.push(...page.entries)
        beforePosition = page.nextPosition
      }
      assert.deepEqual(entries, whole.entries)
    }
  })

  it('is empty for a wallet that never had credits and before the first event', async () => {
    await bench.model.apply(bench.events)
    const empty = { entries: [], nextCursor: undefined, nextPosition: undefined }
    assert.deepEqual(await bench.model.statement(stranger.address, { first: 5 }), empty)
    assert.deepEqual(await bench.model.statement(payer.address, { first: 5, beforePosition: 1 }), empty)
  })
}

function describeCheckpoint(bench: ReadBench): void {
  it('skips what it already has, also when a batch overlaps', async () => {
    await bench.model.apply(bench.events.slice(0, 6))
    await bench.model.apply(bench.events.slice(2, 9))
    await bench.model.apply(bench.events)
    const once = await snapshot(bench.model)
    await bench.model.apply(bench.events)
    await bench.model.apply([])
    assert.deepEqual(await snapshot(bench.model), once)
    assert.equal(once.position, bench.events.length)
  })

  it('is the same after it was opened again, and goes on from there', async () => {
    await bench.model.apply(bench.events.slice(0, 7))
    await bench.model.close()
    const again = await bench.openAnother()
    assert.equal(await again.position(), 7)
    await again.apply(bench.events.slice(7))
    const rows = (await again.balances()).map(row => [row.account, row.amountMicrocredits] as const)
    assert.deepEqual(balancesOf(rows), balancesOf(bench.ledger.state.balances))
  })

  it('counts events once when they are applied several times at once', async () => {
    const { model, events } = bench
    await Promise.all([model.apply(events), model.apply(events.slice(0, 4)), model.apply(events)])
    const rows = (await model.balances()).map(row => [row.account, row.amountMicrocredits] as const)
    assert.deepEqual(balancesOf(rows), balancesOf(bench.ledger.state.balances))
  })
}

function describeRefusals(bench: ReadBench): void {
  it('refuses events that do not follow, and changes nothing', async () => {
    await bench.model.apply(bench.events.slice(0, 4))
    const before = await snapshot(bench.model)
    const gaps = [
      bench.events.slice(5),
      [...bench.events.slice(4, 6), ...bench.events.slice(7)],
      bench.events.slice(4).reverse(),
    ]
    for (const events of gaps) await assert.rejects(bench.model.apply(events), ReadModelGapError)
    assert.deepEqual(await snapshot(bench.model), before)
  })

  it('refuses to begin after the first event', async () => {
    await assert.rejects(bench.model.apply(bench.events.slice(1)), (error: unknown) => {
      assert.ok(error instanceof ReadModelGapError)
      assert.deepEqual([error.expectedPosition, error.foundPosition], [1, 2])
      return true
    })
  })

  it('writes nothing of a batch in which one event cannot be folded', async () => {
    const withoutOpening = bench.events.map(event =>
      event.type === 'HoldOpened'
        ? ({ ...event, type: 'PayeeRegistered', data: { wallet: payer.address, id: 1 }, entries: [] } as const)
        : event,
    )
    const before = await snapshot(bench.model)
    await assert.rejects(bench.model.apply(withoutOpening), UnknownHoldError)
    assert.deepEqual(await snapshot(bench.model), before)
  })

  it('refuses page sizes outside 1 to 1 000', async () => {
    for (const first of [0, -1, 1_001, 1.5, Number.NaN]) {
      await assert.rejects(bench.model.statement(payer.address, { first }), RangeError)
      await assert.rejects(bench.model.epochs(first), RangeError)
    }
  })
}

function describeRebuild(bench: ReadBench): void {
  it('is rebuilt from the journal to what it was, whatever stood in it', async () => {
    await bench.model.apply(bench.events)
    const live = await snapshot(bench.model)
    await bench.model.clear()
    assert.equal(await bench.model.position(), 0)
    assert.deepEqual(await bench.model.balances(), [])
    await bench.model.apply(bench.events.slice(0, 3))
    assert.equal(await rebuildReadModel(await bench.journal(), bench.model), bench.events.length)
    assert.deepEqual(await snapshot(bench.model), live)
  })

  it('catches up with what the journal has more', async () => {
    await bench.model.apply(bench.events.slice(0, 5))
    const journal = await bench.journal()
    assert.equal(await catchUpReadModel(journal, bench.model), bench.events.length)
    assert.equal(await catchUpReadModel(journal, bench.model), bench.events.length)
  })

  it('refuses a journal whose event is not readable', async () => {
    const { store, shard, leaseEpoch } = await bench.journal()
    const [sample] = bench.ledger.stored
    assert.ok(sample)
    const position = bench.events.length + 1
    const events = [{ ...sample, position, payload: '{"position":' }]
    await store.append({ shard, leaseEpoch, expectedPosition: bench.events.length, events })
    await assert.rejects(rebuildReadModel({ store, shard }, bench.model), StoreDamagedError)
  })
}
