import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { auditShards } from '../audit/shards-auditor.ts'
import { zeroHash } from '../hex.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { FollowingLedger } from '../journal/following-ledger.ts'
import type { JournalLedger } from '../journal/journal-ledger.ts'
import { JournalListeners } from '../journal/journal-listeners.ts'
import { type Actor, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { InMemoryEventStore, InMemoryJournal } from '../testing/in-memory-event-store.ts'
import { type JournalShards, openJournalShards, until } from '../testing/journal-shards.ts'
import { actorAt } from '../testing/test-shards.ts'
import type { ClearingDelivery } from './clearing.ts'
import { type ClearingLedger, ClearingStalledError, followClearing } from './follow-clearing.ts'

const shardCount = 3
const [zoe, ann, far] = [0, 1, 2].map(shard => actorAt(shard, shardCount)) as [Actor, Actor, Actor]
const everybody = [zoe, ann, far]

function deposit(index: number, { address }: Actor, amountMicrocredits: bigint): LedgerCommand {
  const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: index }
  return { type: 'RecordInboxItem', index, kind: 'deposit', account: address, amountMicrocredits, place }
}

function pay(from: Actor, to: Actor, amountMicrocredits: bigint, nonce: bigint): LedgerCommand {
  return { type: 'TransferCredits', transfer: from.transfer({ to: to.address, amountMicrocredits, nonce }) }
}

async function audited(store: InMemoryEventStore, { journals }: JournalShards) {
  const found = auditShards(ethersCrypto, await Promise.all(journals.map(journal => store.read(journal, 0, 10_000))))
  assert.ok(!('problem' in found), 'problem' in found ? found.problem : '')
  return found
}

/** A ledger that answers as it is told, and keeps what it was asked. */
function deafLedger(
  answer: Awaited<ReturnType<ClearingLedger['submit']>>,
  config: ReturnType<ClearingLedger['config']>,
) {
  const asked: LedgerCommand[] = []
  const ledger: ClearingLedger = {
    config: () => config,
    clearingReceived: () => ({ sequence: 0, position: 0 }),
    submit: async command => {
      asked.push(command)
      return answer
    },
  }
  return { asked, ledger }
}

describe('taking what another shard sends', () => {
  it('is refused for a shard without a journal, and in a ledger that is not open', async () => {
    const store = new InMemoryEventStore()
    const { journals, ledgers } = await openJournalShards(store, shardCount)
    const ledger = ledgers[1] as ClearingLedger
    const { signal } = new AbortController()
    await assert.rejects(followClearing({ store, journals, ledger }, 3, signal), {
      name: 'RangeError',
      message: 'there is no journal of shard 3',
    })
    const closed = { ...deafLedger({} as never, undefined).ledger }
    await assert.rejects(followClearing({ store, journals, ledger: closed }, 0, signal), RangeError)
  })

  it('stops with the refusal when the shard does not take a sending', async () => {
    const store = new InMemoryEventStore()
    const { desk, journals, ledgers } = await openJournalShards(store, shardCount)
    await desk.submit(deposit(0, ann, 100n))
    for (const refusal of [
      { code: 'COMMAND_CONFLICT', commandId: 'clearing:0:1', field: 'credits' },
      { code: 'CLEARING_OUT_OF_ORDER', fromShard: 0, expectedSequence: 1, sequence: 2 },
      { code: 'CLEARING_OUT_OF_ORDER', fromShard: 0, expectedSequence: 1, sequence: 1 },
    ] as const) {
      const message = `shard 1 refuses sending 1 of shard 0, at position 2 there: ${refusal.code}`
      const { ledger } = deafLedger({ status: 'refused', commandId: '', refusal }, ledgers[1]?.config())
      const following = followClearing({ store, journals, ledger }, 0, new AbortController().signal)
      await assert.rejects(following, (error: unknown) => {
        assert.ok(error instanceof ClearingStalledError)
        assert.deepEqual([error.name, error.message, error.refusal], ['ClearingStalledError', message, refusal])
        return true
      })
    }
  })

  it('goes on when the shard took a sending so long ago that it has forgotten', async () => {
    const store = new InMemoryEventStore()
    const { desk, journals, ledgers } = await openJournalShards(store, shardCount)
    await desk.submit(deposit(0, ann, 100n))
    const refusal = { code: 'CLEARING_OUT_OF_ORDER', fromShard: 0, expectedSequence: 2, sequence: 1 } as const
    const { ledger, asked } = deafLedger({ status: 'refused', commandId: '', refusal }, ledgers[1]?.config())
    const stopping = new AbortController()
    const following = followClearing({ store, journals, ledger }, 0, stopping.signal)
    await until(() => asked.length === 1)
    await desk.submit(deposit(1, ann, 100n))
    await until(() => asked.length === 2)
    stopping.abort()
    await following
    assert.deepEqual(
      asked.map(command => (command as LedgerCommand & ClearingDelivery).sequence),
      [1, 2],
    )
  })

  it('takes what was sent before and what is sent while it runs, and nothing that is for another shard', async () => {
    const store = new InMemoryEventStore()
    const shards = await openJournalShards(store, shardCount)
    const { desk, carry, ledgers } = shards
    await desk.submit(deposit(0, ann, 100n))
    await desk.submit(deposit(1, far, 50n))
    const end = carry(0, 1)
    await until(() => desk.balance(ann.address).availableMicrocredits === 100n)
    await desk.submit(deposit(2, ann, 11n))
    await until(() => desk.balance(ann.address).availableMicrocredits === 111n)
    await end()
    assert.deepEqual(
      [ledgers[1]?.clearingReceived(0).sequence, desk.balance(far.address).availableMicrocredits],
      [2, 0n],
    )
    assert.equal((await audited(store, shards)).inFlightMicrocredits, 50n)
  })

  it('works in another process, by the journals in the store and the writer’s answers', async () => {
    const store = new InMemoryEventStore()
    const { desk, journals, ledgers } = await openJournalShards(store, shardCount)
    await desk.submit(deposit(0, ann, 100n))
    const clock = { nowMs: () => testStartMs }
    const shard = journals[1] as string
    const listeners = new JournalListeners()
    const writer = ledgers[1] as JournalLedger
    const apart = await FollowingLedger.open({ store, shard, crypto: ethersCrypto, clock, writer, listeners })
    const stopping = new AbortController()
    const following = followClearing({ store, journals, ledger: apart }, 0, stopping.signal)
    await until(() => desk.balance(ann.address).availableMicrocredits === 100n)
    stopping.abort()
    await following
    assert.deepEqual(apart.clearingReceived(0), ledgers[1]?.clearingReceived(0))
    await apart.close()
  })

  it('takes each sending once, however many do it at the same time', async () => {
    const store = new InMemoryEventStore()
    const shards = await openJournalShards(store, shardCount)
    const { desk, carry } = shards
    const ends = [carry(0, 1), carry(0, 1), carry(0, 1)]
    await Promise.all(Array.from({ length: 30 }, (_, index) => desk.submit(deposit(index, ann, 10n))))
    await until(() => desk.books().clearing === 0n)
    for (const end of ends) await end()
    assert.equal(desk.balance(ann.address).availableMicrocredits, 300n)
    assert.equal((await audited(store, shards)).owedMicrocredits, 300n)
  })

  it('goes on from the journals alone after any of its ends, and after the writers were opened anew', async () => {
    const journal = new InMemoryJournal()
    let nonce = 0n
    for (let life = 0; life < 6; life++) {
      const store = new InMemoryEventStore(journal)
      const shards = await openJournalShards(store, shardCount)
      const { desk, carry, ledgers } = shards
      const ends = ledgers.flatMap((_, to) => ledgers.flatMap((__, from) => (from === to ? [] : [carry(from, to)])))
      if (life === 0) for (const [index, actor] of everybody.entries()) await desk.submit(deposit(index, actor, 1_000n))
      if (life > 0) await until(() => desk.books().clearing === 0n)
      const steps = everybody.flatMap((from, index) =>
        [1, 2].map(ahead => pay(from, everybody[(index + ahead) % 3] as Actor, 7n, ++nonce)),
      )
      const paid = Promise.all(steps.map(step => desk.submit(step)))
      for (let turn = 0; turn < life; turn++) await Promise.resolve()
      const halfway = ends.splice(0, life)
      for (const end of halfway) await end()
      await paid
      for (const end of ends) await end()
      const cut = await audited(store, shards)
      assert.equal(cut.reserveMicrocredits, 3_000n)
      await Promise.all(ledgers.map(ledger => ledger.close()))
      await store.close()
    }
    const store = new InMemoryEventStore(journal)
    const shards = await openJournalShards(store, shardCount)
    const ends = shards.ledgers.flatMap((_, to) =>
      [0, 1, 2].flatMap(from => (from === to ? [] : [shards.carry(from, to)])),
    )
    await until(() => shards.desk.books().clearing === 0n)
    for (const end of ends) await end()
    assert.deepEqual(
      everybody.map(({ address }) => shards.desk.balance(address).availableMicrocredits),
      [1_000n, 1_000n, 1_000n],
    )
    assert.equal((await audited(store, shards)).inFlightMicrocredits, 0n)
  })
})
