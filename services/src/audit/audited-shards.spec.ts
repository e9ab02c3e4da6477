import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { EventStore, StoredEvent } from '@deparrow/ledger'
import {
  Actor,
  ethersCrypto,
  InMemoryEventStore,
  openJournalShards,
  until as untilShards,
} from '@deparrow/ledger/testing'
import { until } from '../settlement/testing/until.ts'
import { auditOptionsAlone } from './audit-options.ts'
import { LedgerAudit } from './ledger-audit.ts'

const [ann, bob] = [new Actor(1), new Actor(2)]

const shardCount = 3

/** A ledger of three shards with deposits and transfers between them, all of which were taken. */
async function openShards(t: TestContext) {
  const store = new InMemoryEventStore()
  const shards = await openJournalShards(store, shardCount)
  const { desk, journals } = shards
  for (let from = 0; from < shardCount; from++) {
    for (let to = 0; to < shardCount; to++) if (from !== to) t.after(shards.carry(from, to))
  }
  const place = { transactionHash: `0x${'00'.repeat(32)}`, blockNumber: 1n, logIndex: 0 } as const
  for (const [index, { address: account }] of [ann, bob].entries()) {
    await desk.submit({ type: 'RecordInboxItem', index, kind: 'deposit', account, amountMicrocredits: 100n, place })
  }
  await untilShards(() => [ann, bob].every(({ address }) => desk.balance(address).availableMicrocredits === 100n))
  const transfer = ann.transfer({ to: bob.address, amountMicrocredits: 5n, nonce: 1n })
  await desk.submit({ type: 'TransferCredits', transfer })
  await untilShards(() => desk.balance(bob.address).availableMicrocredits === 105n)
  return { store, journals }
}

function startAudit(
  t: TestContext,
  store: Pick<EventStore, 'head' | 'read'>,
  journals: readonly string[],
): LedgerAudit {
  const audit = new LedgerAudit({
    sources: { store, journals },
    crypto: ethersCrypto,
    clock: { nowMs: () => 0 },
    wait: () => new Promise(resolve => setImmediate(resolve)),
    options: { ...auditOptionsAlone, restartMs: 0 },
    alarms: { raised: () => undefined, resolved: () => undefined },
  })
  t.after(() => audit.stop())
  audit.start()
  return audit
}

describe('the audit of several shards', () => {
  it('finds nothing wrong between shards whose journals are read one after another', async t => {
    const { store, journals } = await openShards(t)
    const audit = startAudit(t, store, journals)
    await until(() =>
      audit.report().legs.every(leg => !leg.isConfigured || (leg.lastOkAtMs === 0 && leg.lagEvents === 0)),
    )
    assert.deepEqual(audit.report().alarms, [])
    assert.equal(audit.report().legs.filter(({ leg }) => leg === 'events').length, shardCount)
  })

  it('names the shard and the event that takes what another shard’s journal does not have', async t => {
    const { store, journals } = await openShards(t)
    const [reserve] = journals
    const cutAt = 1
    const cutOff: Pick<EventStore, 'head' | 'read'> = {
      async head(shard) {
        const [first] = await store.read(shard, 0, cutAt)
        return shard === reserve && first !== undefined ? first : store.head(shard)
      },
      async read(shard, after, limit): Promise<readonly StoredEvent[]> {
        const events = await store.read(shard, after, limit)
        return shard === reserve ? events.filter(({ position }) => position <= cutAt) : events
      },
    }
    const audit = startAudit(t, cutOff, journals)
    await until(() => audit.report().alarms.length > 0)
    const [alarm] = audit.report().alarms
    assert.ok(alarm !== undefined && alarm.shard > 0)
    assert.match(alarm.found, /takes sending 1 of shard 0, which that shard’s journal does not hold/)
  })
})
