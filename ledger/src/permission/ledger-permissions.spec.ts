import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { transferType } from '../account/transfer.ts'
import { zeroHash } from '../hex.ts'
import { JournalLedger } from '../journal/journal-ledger.ts'
import { Actor, ledgerActor, testConfig, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { InMemoryEventStore } from '../testing/in-memory-event-store.ts'
import { digestOfPermission, permissionOf, revocationOf } from '../testing/permission-actors.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const gateway = new Actor(3)

const hourMs = 3_600_000

/** Ann has let the gateway spend, and the gateway has spent 400 µcr in lane 3. */
async function spentLedger(store = new InMemoryEventStore()) {
  const clock = { now: testStartMs, nowMs: () => clock.now }
  const parts = { store, shard: 'main', crypto: ethersCrypto, clock, signer: ledgerActor.asLedgerSigner() }
  const ledger = await JournalLedger.open(parts)
  await ledger.submit({ type: 'OpenLedger', config: testConfig })
  const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
  const deposit = { kind: 'deposit', account: ann.address, amountMicrocredits: 1_000n, place } as const
  await ledger.submit({ type: 'RecordInboxItem', index: 0, ...deposit })
  await ledger.submit({ type: 'GrantPermission', permission: permissionOf(ann, gateway) })
  const about = { from: ann.address, to: bob.address, amountMicrocredits: 400n, lane: 3, nonce: 9n }
  const transfer = gateway.sign(transferType, { ...about, deadline: BigInt(testStartMs / 1000 + 600) })
  assert.equal((await ledger.submit({ type: 'TransferCredits', transfer })).status, 'accepted')
  return { ledger, clock, store, parts }
}

const granted = {
  permission: permissionOf(ann, gateway),
  digest: digestOfPermission(permissionOf(ann, gateway)),
  endsAtMs: testStartMs + 24 * hourMs,
}

describe('the ledger, asked about permissions', () => {
  it('knows none of a wallet that gave none, nor of a key that was given none', async () => {
    const { ledger } = await spentLedger()
    assert.deepEqual(ledger.permissions(bob.address), [])
    assert.equal(ledger.permission(ann.address, bob.address), undefined)
    assert.equal(ledger.permission(gateway.address, ann.address), undefined)
  })

  it('knows none for a delegate whose first permission was revoked before it was granted', async () => {
    const { ledger } = await spentLedger()
    await ledger.submit({ type: 'RevokePermission', revocation: revocationOf(ann, bob, 1n) })
    assert.equal(ledger.permission(ann.address, bob.address), undefined)
    assert.equal(ledger.permissions(ann.address).length, 1)
  })

  it('says what counts against each cap now, and the delegate’s last nonce', async () => {
    const { ledger, clock } = await spentLedger()
    const used = { hourMicrocredits: 400n, dayMicrocredits: 400n, totalMicrocredits: 400n }
    assert.deepEqual(ledger.permissions(ann.address), [{ ...granted, ...used }])
    clock.now += 2 * hourMs
    assert.deepEqual(ledger.permission(ann.address, gateway.address), { ...granted, ...used, hourMicrocredits: 0n })
    assert.equal(ledger.lastNonce(ann.address, 3, gateway.address), 9n)
    assert.equal(ledger.lastNonce(ann.address, 3), undefined)
  })

  it('still shows a permission that was revoked, with its end', async () => {
    const { ledger, clock } = await spentLedger()
    clock.now += 1_000
    await ledger.submit({ type: 'RevokePermission', revocation: revocationOf(ann, gateway, 1n) })
    assert.equal(ledger.permission(ann.address, gateway.address)?.endsAtMs, testStartMs + 1_000)
  })

  it('says the same after it was closed and opened again', async () => {
    const { ledger, parts } = await spentLedger()
    const before = ledger.permissions(ann.address)
    await ledger.close()
    const again = await JournalLedger.open(parts)
    assert.deepEqual(again.permissions(ann.address), before)
    await again.close()
  })
})
