import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, it } from 'node:test'
import { type ClearingLedger, JournalLedger, type LedgerCommand } from '@deparrow/ledger'
import {
  actorAt,
  ethersCrypto,
  InMemoryEventStore,
  ledgerActor,
  openJournalShards,
  testStartMs,
  until,
} from '@deparrow/ledger/testing'
import { Logger } from '@nestjs/common'
import { SqliteEventStore } from '../adapters/event-store/sqlite-event-store.ts'
import { ClearingService, type ShardJournals } from './clearing.service.ts'

Logger.overrideLogger(false)

const shardCount = 3
const ann = actorAt(1, shardCount)
const far = actorAt(2, shardCount)
const place = { transactionHash: `0x${'11'.repeat(32)}`, blockNumber: 1n, logIndex: 0 } as const

function deposit(index: number, amountMicrocredits: bigint): LedgerCommand {
  return { type: 'RecordInboxItem', index, kind: 'deposit', account: ann.address, amountMicrocredits, place }
}

/** A store whose reads fail while it is told so. */
class FailingStore extends InMemoryEventStore {
  isFailing = false

  override async read(...[shard, after, limit]: Parameters<InMemoryEventStore['read']>) {
    if (this.isFailing) throw new TypeError('the store is away')
    return super.read(shard, after, limit)
  }
}

const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

function startService(ledger: ClearingLedger | undefined, shards: ShardJournals): ClearingService {
  assert.ok(ledger)
  const service = new ClearingService(ledger, shards)
  service.onModuleInit()
  stops.push(() => service.onApplicationShutdown())
  return service
}

describe('the clearing service', () => {
  it('does not start for a shard that is not open', async () => {
    const store = new InMemoryEventStore()
    const signer = ledgerActor.asLedgerSigner()
    const clock = { nowMs: () => testStartMs }
    const unopened = await JournalLedger.open({ store, shard: 'a', crypto: ethersCrypto, clock, signer })
    assert.throws(() => startService(unopened, { store, journals: ['a', 'b'] }), RangeError)
  })

  it('takes what every other shard sends, and no more once it has stopped', async () => {
    const store = new InMemoryEventStore()
    const { desk, ledgers, journals } = await openJournalShards(store, shardCount)
    for (const ledger of ledgers) startService(ledger, { store, journals })
    await desk.submit(deposit(0, 100n))
    await until(() => desk.balance(ann.address).availableMicrocredits === 100n)
    const transfer = ann.transfer({ to: far.address, amountMicrocredits: 40n, nonce: 1n })
    await desk.submit({ type: 'TransferCredits', transfer })
    await until(() => desk.balance(far.address).availableMicrocredits === 40n)
    for (const stop of stops.splice(0)) await stop()
    await desk.submit(deposit(1, 1n))
    assert.deepEqual([desk.books().clearing, desk.balance(ann.address).availableMicrocredits], [1n, 60n])
  })

  it('takes each sending once when two of it run for one shard', async () => {
    const store = new InMemoryEventStore()
    const { desk, ledgers, journals } = await openJournalShards(store, shardCount)
    for (const ledger of [ledgers[1], ledgers[1]]) startService(ledger, { store, journals })
    await Promise.all(Array.from({ length: 20 }, (_, index) => desk.submit(deposit(index, 5n))))
    await until(() => desk.books().clearing === 0n)
    assert.equal(desk.balance(ann.address).availableMicrocredits, 100n)
  })

  it('goes on over the same files after ledger and service were closed at any point', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'deparrow-clearing-'))
    try {
      for (let life = 0; life < 3; life++) {
        const store = await SqliteEventStore.open(join(folder, 'journal.sqlite'))
        const { desk, ledgers, journals } = await openJournalShards(store, shardCount)
        for (const ledger of ledgers) startService(ledger, { store, journals })
        const paid = Array.from({ length: 20 }, (_, index) => desk.submit(deposit(20 * life + index, 5n)))
        await Promise.all(paid.slice(0, 5 * life))
        for (const stop of stops.splice(0)) await stop()
        await Promise.all(paid)
        const { wallets, clearing, reserve } = desk.books()
        assert.deepEqual([wallets + clearing, reserve], [reserve, 100n * BigInt(life + 1)])
        for (const ledger of ledgers) await ledger.close()
        await store.close()
      }
      const store = await SqliteEventStore.open(join(folder, 'journal.sqlite'))
      stops.push(() => store.close())
      const { desk, ledgers, journals } = await openJournalShards(store, shardCount)
      startService(ledgers[1], { store, journals })
      await until(() => desk.balance(ann.address).availableMicrocredits === 300n)
      for (const stop of stops.splice(0).reverse()) await stop()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('says why it is behind while the store fails, and goes on where the journal says when it is back', async () => {
    const store = new FailingStore()
    const { desk, ledgers, journals } = await openJournalShards(store, shardCount)
    await desk.submit(deposit(0, 100n))
    store.isFailing = true
    const service = startService(ledgers[1], { store, journals })
    await until(() => service.clearingError() === 'TypeError')
    assert.equal(desk.balance(ann.address).availableMicrocredits, 0n)
    store.isFailing = false
    await until(() => desk.balance(ann.address).availableMicrocredits === 100n)
    await until(() => service.clearingError() === undefined)
  })
})
