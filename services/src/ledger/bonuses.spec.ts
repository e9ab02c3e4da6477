import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { dayOf, JournalLedger, type LedgerCommand, type LedgerEvent } from '@deparrow/ledger'
import {
  Actor,
  digestOfOrder,
  ethersCrypto,
  InMemoryEventStore,
  ledgerActor,
  testConfig,
  testStartMs,
  until,
} from '@deparrow/ledger/testing'
import { Logger } from '@nestjs/common'
import { LedgerService } from './ledger.service.ts'

Logger.overrideLogger(false)

const payer = new Actor(1)
const node = new Actor(2)
const day = dayOf(testStartMs)
const nextDayMs = (day + 1) * 86_400_000
const place = { transactionHash: `0x${'11'.repeat(32)}`, blockNumber: 1n, logIndex: 0 } as const

const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A ledger with a rewards budget of 1 000 µcr, in which a node settled a job on the first day. */
async function workedLedger(clock: { nowMs: () => number }): Promise<JournalLedger> {
  const signer = ledgerActor.asLedgerSigner()
  const parts = { store: new InMemoryEventStore(), shard: 'shard-0', crypto: ethersCrypto, clock, signer }
  const ledger = await JournalLedger.open(parts)
  closers.push(() => ledger.close())
  const order = payer.order({ nonce: 1n, bidMicrocredits: 1_000_000n })
  const orderDigest = digestOfOrder(order)
  const item = { type: 'RecordInboxItem', place } as const
  const commands: readonly LedgerCommand[] = [
    { type: 'OpenLedger', config: testConfig },
    { ...item, index: 0, kind: 'deposit', account: payer.address, amountMicrocredits: 1_000_000n },
    { ...item, index: 1, kind: 'genesisRewards', account: testConfig.settlement, amountMicrocredits: 1_000n },
    { type: 'RegisterNode', registration: node.registration() },
    { type: 'OpenHold', order },
    { type: 'AssignHold', orderDigest, node: node.address, attempt: 1 },
    { type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, {}) },
    { type: 'SettleJob', orderDigest },
  ]
  for (const command of commands) assert.equal((await ledger.submit(command)).status, 'accepted')
  return ledger
}

function startService(ledger: JournalLedger): void {
  const service = new LedgerService(ledger)
  service.onModuleInit()
  closers.push(() => service.onApplicationShutdown())
}

function bonusesIn(events: readonly LedgerEvent[]) {
  return events.flatMap(event => (event.type === 'UptimeBonusPaid' ? [event.data] : []))
}

describe('the ledger’s service', () => {
  it('pays no bonus for a day that is not over', async () => {
    let nowMs = testStartMs
    const ledger = await workedLedger({ nowMs: () => nowMs })
    nowMs = nextDayMs - 1
    assert.deepEqual(ledger.dueBonuses(), [])
    startService(ledger)
    assert.deepEqual(bonusesIn(await ledger.events(0, 100)), [])
  })

  it('pays the bonuses that became due while it was away, up to the budget, once', async () => {
    let nowMs = testStartMs
    const ledger = await workedLedger({ nowMs: () => nowMs })
    nowMs = nextDayMs
    assert.equal(ledger.dueBonuses().length, 1)
    startService(ledger)
    await until(() => ledger.dueBonuses().length === 0)
    const paid = bonusesIn(await ledger.events(0, 100))
    assert.deepEqual(
      paid.map(({ node: of, day: when, amountMicrocredits }) => [of, when, amountMicrocredits]),
      [[node.address, day, 1_000n]],
    )
    assert.equal(ledger.balance(node.address).availableMicrocredits, 950_000n + 1_000n)
  })
})
