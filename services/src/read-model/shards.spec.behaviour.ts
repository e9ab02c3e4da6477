import assert from 'node:assert/strict'
import { it } from 'node:test'
import { actorAt, TestShards } from '@deparrow/ledger/testing'
import type { ReadBench } from './read-bench.spec.fixture.ts'
import { ReadModelGapError } from './read-model.port.ts'
import type { StatementEntry } from './read-records.ts'
import { balancesOf } from './sample-journal.spec.fixture.ts'

const shardCount = 3

/** Several shards in one read model. */
export function describeShards(bench: ReadBench): void {
  const sender = actorAt(1, shardCount)
  const receiver = actorAt(2, shardCount)

  /** Credits of a wallet of shard 1 go to one of shard 2, from where some are paid out by shard 0. */
  function economy(): TestShards {
    const shards = new TestShards(shardCount)
    shards.at(0).deposit(sender.address, 9_000_000n)
    shards.clear()
    shards
      .at(1)
      .accept({ type: 'OpenHold', order: sender.order({ nonce: 1n, maxPriceMicrocredits: 500_000n, lane: 1 }) })
    for (const nonce of [1n, 2n, 3n]) {
      const transfer = sender.transfer({ to: receiver.address, amountMicrocredits: 1_000_000n * nonce, nonce })
      shards.submit(1, { type: 'TransferCredits', transfer })
    }
    shards.clear()
    const withdrawal = receiver.withdrawal({ amountMicrocredits: 250_000n, nonce: 1n })
    shards.submit(2, { type: 'WithdrawCredits', withdrawal })
    shards.clear()
    return shards
  }

  it('follows each shard by itself, and adds up what a wallet has in all of them', async () => {
    const shards = economy()
    for (const [shard, ledger] of shards.shards.entries()) await bench.model.apply(ledger.events, shard)
    for (const [shard, ledger] of shards.shards.entries()) {
      assert.equal(await bench.model.position(shard), ledger.events.length)
      const rows = (await bench.model.balances(shard)).map(row => [row.account, row.amountMicrocredits] as const)
      assert.deepEqual(balancesOf(rows), balancesOf(ledger.state.balances))
    }
    assert.deepEqual(await bench.model.balance(sender.address), {
      availableMicrocredits: 2_500_000n,
      heldMicrocredits: 500_000n,
      payableMicrocredits: 0n,
    })
    assert.deepEqual(await bench.model.balance(receiver.address), {
      availableMicrocredits: 5_750_000n,
      heldMicrocredits: 0n,
      payableMicrocredits: 250_000n,
    })
  })

  it('keeps a shard’s position when another one goes on, and refuses a gap in each', async () => {
    const shards = economy()
    const [first, second] = shards.shards
    assert.ok(first && second)
    await bench.model.apply(first.events.slice(0, 2), 0)
    await bench.model.apply(second.events.slice(0, 1), 1)
    await assert.rejects(bench.model.apply(second.events.slice(2), 1), ReadModelGapError)
    await assert.rejects(bench.model.apply(second.events.slice(1), 2), ReadModelGapError)
    assert.deepEqual(
      [await bench.model.position(0), await bench.model.position(1), await bench.model.position(2)],
      [2, 1, 0],
    )
    for (const shard of [-1, 0.5]) await assert.rejects(bench.model.apply(first.events, shard), RangeError)
  })

  it('merges a wallet’s statement of all shards by time, the same by pages of any size', async () => {
    const shards = economy()
    for (const [shard, ledger] of shards.shards.entries()) await bench.model.apply(ledger.events, shard)
    const whole = (await bench.model.statement(receiver.address, { first: 1_000 })).entries
    assert.deepEqual([...new Set(whole.map(entry => entry.shard))].sort(), [0, 2])
    for (const [index, entry] of whole.entries()) {
      const newer = whole[index - 1]
      assert.ok(newer === undefined || newer.atMs >= entry.atMs)
    }
    for (const first of [1, 2, 3]) {
      const entries: StatementEntry[] = []
      for (let cursor: string | undefined = ''; cursor !== undefined; ) {
        const page = await bench.model.statement(receiver.address, { first, ...(cursor !== '' && { cursor }) })
        entries.push(...page.entries)
        cursor = page.nextCursor
      }
      assert.deepEqual(entries, whole)
    }
  })

  it('answers for a position about that shard alone, and for a time about all of them', async () => {
    const shards = economy()
    for (const [shard, ledger] of shards.shards.entries()) await bench.model.apply(ledger.events, shard)
    const second = shards.at(2).events
    const received = second.filter(event => event.type === 'ClearingReceived')
    const [before] = received
    assert.ok(before)
    const none = await bench.model.balanceAsOf(receiver.address, { position: before.position - 1, shard: 2 })
    assert.equal(none.availableMicrocredits, 0n)
    const one = await bench.model.balanceAsOf(receiver.address, { position: before.position, shard: 2 })
    assert.equal(one.availableMicrocredits, 1_000_000n)
    const now = await bench.model.balanceAsOf(receiver.address, { atMs: second.at(-1)?.atMs ?? 0 })
    assert.equal(now.payableMicrocredits, 250_000n)
    assert.deepEqual(
      now.places.map(({ shard }) => shard),
      [0, 1, 2],
    )
  })
}
