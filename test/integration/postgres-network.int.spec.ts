import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Auditor, decodeEvent, JournalLedger, type LedgerCommand, zeroHash } from '@deparrow/ledger'
import { Actor, digestOfOrder, ledgerActor, testConfig, testStartMs } from '@deparrow/ledger/testing'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import {
  KyselyReadModel,
  openPostgres,
  PostgresEventStore,
  type ReadModel,
  ReadModelFeed,
  rebuildReadModel,
} from '@deparrow/services/postgres'
import { createSchema, postgresUrl, type TestSchema } from '../support/postgres-schema.ts'

const shard = 'main'
const transferCount = 300
const payer = new Actor(1)
const node = new Actor(2)
const friend = new Actor(3)
const clock = { now: testStartMs, nowMs: () => clock.now }
const settledOrder = payer.order({ nonce: 1n })
const openOrder = payer.order({ nonce: 2n, maxPriceMicrocredits: 400_000n })

const url = postgresUrl()

if (url !== undefined) describe('a ledger on PostgreSQL', { timeout: 120_000 }, () => describePostgres(url))

function describePostgres(address: string): void {
  let journal: TestSchema
  let live: TestSchema
  let closers: (() => Promise<void>)[]

  beforeEach(async () => {
    closers = []
    clock.now = testStartMs
    ;[journal, live] = await Promise.all([createSchema(address), createSchema(address)])
  })
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
    await Promise.all([journal.remove(), live.remove()])
  })

  async function openStore(): Promise<PostgresEventStore> {
    const store = await PostgresEventStore.open(address, { schema: journal.name, connectionsMax: 3 })
    closers.push(() => store.close())
    return store
  }

  async function openLedger(store: PostgresEventStore): Promise<JournalLedger> {
    const signer = ledgerActor.asLedgerSigner()
    const ledger = await JournalLedger.open({ store, shard, crypto: ledgerCrypto, clock, signer })
    closers.push(() => ledger.close())
    return ledger
  }

  async function openReadModel(schema: TestSchema): Promise<KyselyReadModel> {
    const model = await KyselyReadModel.open(openPostgres(address, { schema: schema.name, connectionsMax: 3 }))
    closers.push(() => model.close())
    return model
  }

  async function runEconomy(ledger: JournalLedger): Promise<JournalLedger> {
    for (const step of economy()) {
      const answers = await Promise.all(step.map(command => ledger.submit(command)))
      for (const answer of answers) assert.equal(answer.status, 'accepted', JSON.stringify(answer, bigintText))
      clock.now += 10
    }
    return ledger
  }

  it('projects as it goes what a rebuild from nothing projects, and what the ledger itself says', async () => {
    const store = await openStore()
    const model = await openReadModel(live)
    const ledger = await openLedger(store)
    const feed = new ReadModelFeed(ledger, model)
    await feed.start()
    await runEconomy(ledger)
    while ((await model.position()) < ledger.head().position) await nextTurn()
    assert.equal(feed.lastError, undefined)
    await feed.stop()

    const again = await createSchema(address)
    const rebuilt = await openReadModel(again)
    assert.equal(await rebuildReadModel({ store, shard }, rebuilt), ledger.head().position)
    const projected = await projectionsOf(model)
    assert.deepEqual(await projectionsOf(rebuilt), projected)
    await rebuildReadModel({ store, shard }, model)
    assert.deepEqual(await projectionsOf(model), projected, 'also over the projections that are there')
    const { availableMicrocredits } = ledger.balance(friend.address)
    const friends = projected.balances.find(({ account }) => account === `wallet:${friend.address}`)
    assert.deepEqual(
      [friends?.amountMicrocredits, availableMicrocredits],
      [BigInt(transferCount), BigInt(transferCount)],
    )
    assert.ok(projected.settled !== undefined && projected.epochs.length === 1)
    closers.push(() => again.remove())
  })

  it('replays to the state that it had, and goes on from there', async () => {
    const store = await openStore()
    const first = await runEconomy(await openLedger(store))
    const before = stateOf(first)
    await first.close()
    const second = await openLedger(await openStore())
    assert.deepEqual(stateOf(second), before)
    const known = await second.submit({ type: 'OpenHold', order: openOrder })
    assert.equal(known.status, 'accepted', 'a command that was decided before is answered as before')
    assert.deepEqual(stateOf(second), before)
    const transfer = payer.transfer({ to: friend.address, amountMicrocredits: 1n, nonce: 10_000n, lane: 1 })
    assert.equal((await second.submit({ type: 'TransferCredits', transfer })).status, 'accepted')
    assert.equal(second.head().position, before.head.position + 1)
  })

  it('fences the writer that another one takes over from: nothing is written twice and nothing is lost', async () => {
    const first = await runEconomy(await openLedger(await openStore()))
    const second = await openLedger(await openStore())
    const late = payer.transfer({ to: friend.address, amountMicrocredits: 5n, nonce: 10_000n, lane: 1 })
    await assert.rejects(first.submit({ type: 'TransferCredits', transfer: late }), { name: 'WriterFencedError' })
    assert.equal(second.balance(friend.address).availableMicrocredits, BigInt(transferCount))
    assert.equal((await second.submit({ type: 'TransferCredits', transfer: late })).status, 'accepted')
    assert.equal(second.balance(friend.address).availableMicrocredits, BigInt(transferCount) + 5n)
    await assertAudited(await openStore(), second)
  })

  it('is followed by the auditor from its first event to its head', async () => {
    const store = await openStore()
    await assertAudited(store, await runEconomy(await openLedger(store)))
  })

  it('is refused, by the ledger and by the auditor, when one amount in it was altered', async () => {
    const store = await openStore()
    const ledger = await runEconomy(await openLedger(store))
    await ledger.close()
    const { rows } = await journal.admin.query<{ position: string }>(
      `SELECT position FROM ${journal.name}.journal_event WHERE payload LIKE '%"5000000n"%' ORDER BY position LIMIT 1`,
    )
    await journal.admin.query(
      `UPDATE ${journal.name}.journal_batch SET payloads = replace(payloads, '"5000000n"', '"5000001n"')`,
    )
    const altered = Number(rows[0]?.position)
    const finding = await audit(store, new Auditor(ledgerCrypto))
    assert.deepEqual(finding, { position: altered, problem: 'its hash does not continue the chain' })
    await assert.rejects(openLedger(store), { name: 'StoreDamagedError' })
  })

  it('is refused when an event is missing in its middle', async () => {
    const store = await openStore()
    const ledger = await runEconomy(await openLedger(store))
    await ledger.close()
    await journal.admin.query(
      `DELETE FROM ${journal.name}.journal_batch WHERE last_position >= 5 AND first_position <= 5`,
    )
    await assert.rejects(openLedger(store), { name: 'StoreDamagedError' })
  })
}

/** Deposit, jobs, many transfers at once, a withdrawal, and an epoch to its claim; the commands of one step go out together. */
function economy(): readonly (readonly LedgerCommand[])[] {
  const place = { transactionHash: zeroHash, blockNumber: 7n, logIndex: 0 }
  const paid = 50n
  const transfers = Array.from({ length: transferCount }, (_, index): LedgerCommand => {
    const transfer = payer.transfer({ to: friend.address, amountMicrocredits: 1n, nonce: BigInt(index + 1), lane: 1 })
    return { type: 'TransferCredits', transfer }
  })
  const digest = digestOfOrder(settledOrder)
  return [
    [{ type: 'OpenLedger', config: testConfig }],
    [
      {
        type: 'RecordInboxItem',
        index: 0,
        kind: 'deposit',
        account: payer.address,
        amountMicrocredits: 5_000_000n,
        place,
      },
    ],
    [
      { type: 'OpenHold', order: settledOrder },
      { type: 'RegisterNode', registration: node.registration() },
    ],
    [{ type: 'AssignHold', orderDigest: digest, node: node.address, attempt: 1 }],
    transfers,
    [
      { type: 'ReceiveReceipt', receipt: node.receipt(digest, {}) },
      { type: 'OpenHold', order: openOrder },
    ],
    [{ type: 'SettleJob', orderDigest: digest }],
    [{ type: 'WithdrawCredits', withdrawal: node.withdrawal({ amountMicrocredits: paid, nonce: 1n }) }],
    [{ type: 'RecordPayee', wallet: node.address, id: 1 }],
    [{ type: 'CloseEpoch', epoch: 1 }],
  ]
}

async function audit(store: PostgresEventStore, auditor: Auditor) {
  const { position: end } = await store.head(shard)
  while (auditor.head().position < end) {
    for (const stored of await store.read(shard, auditor.head().position, 100)) {
      const finding = auditor.follow(decodeEvent(stored), stored.payload, stored.hash)
      if (finding !== undefined) return finding
    }
  }
  return undefined
}

async function assertAudited(store: PostgresEventStore, ledger: JournalLedger): Promise<void> {
  const auditor = new Auditor(ledgerCrypto)
  assert.equal(await audit(store, auditor), undefined)
  assert.deepEqual(auditor.head(), ledger.head())
  for (const { address } of [payer, node, friend]) {
    assert.equal(auditor.balances().get(`wallet:${address}`) ?? 0n, ledger.balance(address).availableMicrocredits)
  }
  const { reserve, wallets, holds, payables, burn, treasury, rewards } = ledger.books()
  assert.equal(reserve, wallets + holds + payables + burn + treasury + rewards)
}

function stateOf(ledger: JournalLedger) {
  return {
    head: ledger.head(),
    books: ledger.books(),
    config: ledger.config(),
    balances: [payer, node, friend].map(({ address }) => ledger.balance(address)),
    nonces: [ledger.lastNonce(payer.address, 0), ledger.lastNonce(payer.address, 1)],
    openHold: ledger.hold(digestOfOrder(openOrder)),
    payoutWallet: ledger.payoutWallet(node.address),
  }
}

async function projectionsOf(model: ReadModel) {
  const statements = [payer, node, friend].map(({ address }) => model.statement(address, { first: 1_000 }))
  return {
    position: await model.position(),
    balances: await model.balances(),
    statements: await Promise.all(statements),
    settled: await model.settledJob(digestOfOrder(settledOrder)),
    epochs: await model.epochs(10),
  }
}

function bigintText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}
