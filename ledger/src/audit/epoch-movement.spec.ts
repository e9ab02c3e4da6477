import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { transferType } from '../account/transfer.ts'
import { zeroHash } from '../hex.ts'
import type { EventOf, LedgerEvent } from '../journal/event.ts'
import type { StoredEvent } from '../ports/event-store.ts'
import { Actor, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { permissionOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { actorAt, TestShards } from '../testing/test-shards.ts'
import { Auditor } from './auditor.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const place = { transactionHash: zeroHash, blockNumber: 9n, logIndex: 0 }
const deadline = BigInt(testStartMs / 1000 + 600)

/** What an auditor finds who trusts signatures and hashes, when one event is another. */
function problemIn({ events, stored }: Pick<TestLedger, 'events' | 'stored'>, forged: LedgerEvent): string | undefined {
  const auditor = new Auditor(ethersCrypto, { signatures: 'trusted' })
  for (const [index, event] of events.entries()) {
    const { hash } = stored[index] as StoredEvent
    const next = event.position === forged.position ? forged : event
    const finding = auditor.follow(next, '', hash, { recovered: [] })
    if (finding !== undefined) return finding.problem
  }
  return undefined
}

function closed({ events }: Pick<TestLedger, 'events'>): EventOf<'EpochClosed'> {
  const event = events.at(-1)
  assert.ok(event?.type === 'EpochClosed')
  return event
}

describe('the auditor, about the rows of an epoch', () => {
  const ledger = new TestLedger()
  const payees = [3, 1, 2].map(id => ({ id, actor: new Actor(40 + id) }))
  for (const { id, actor } of payees) {
    ledger.deposit(actor.address, 1_000n)
    const withdrawal = actor.withdrawal({ amountMicrocredits: BigInt(id * 100), nonce: 1n })
    ledger.accept({ type: 'WithdrawCredits', withdrawal })
    ledger.accept({ type: 'RecordPayee', wallet: actor.address, id })
  }
  ledger.accept({ type: 'CloseEpoch', epoch: 1 })
  const event = closed(ledger)
  const { rows } = event.data

  it('takes them by ascending ids, in whatever order payouts were made', () => {
    assert.deepEqual(
      rows.map(row => row.id),
      [1, 2, 3],
    )
    assert.equal(problemIn(ledger, event), undefined)
  })

  it('finds them in another order, and names the first that is wrong', () => {
    const [first, second, third] = rows
    const swapped = { ...event, data: { ...event.data, rows: [first, third, second] } } as LedgerEvent
    assert.equal(problemIn(ledger, swapped), 'posts row 1 otherwise than payee 2 is owed')
  })

  it('takes no row for what was posted before, and one for what came since', () => {
    ledger.accept({ type: 'RecordEpochFinal', epoch: 1, burnMicrocredits: 0n, place })
    const { actor } = payees[0] as (typeof payees)[number]
    const withdrawal = actor.withdrawal({ amountMicrocredits: 5n, nonce: 2n })
    ledger.accept({ type: 'WithdrawCredits', withdrawal })
    ledger.accept({ type: 'CloseEpoch', epoch: 2 })
    const row = {
      id: 3,
      wallet: actor.address,
      incrementMicrocredits: 5n,
      cumulativeMicrocredits: 305n,
      previousEpoch: 1,
    }
    assert.deepEqual(closed(ledger).data.rows, [row])
    assert.equal(problemIn(ledger, closed(ledger)), undefined)
  })
})

describe('the auditor, about the leaves of an epoch', () => {
  it('takes the lanes of several delegates by their addresses, in whatever order they were used', () => {
    const delegates = [21, 22, 23, 24].map(number => new Actor(number))
    const byAddress = delegates.toSorted((a, b) => (a.address < b.address ? -1 : 1))
    const orders = [byAddress, byAddress.toReversed(), [2, 0, 3, 1].map(index => byAddress[index] as Actor)]
    for (const order of orders) {
      const ledger = new TestLedger()
      ledger.deposit(ann.address, 1_000n)
      for (const [index, delegate] of order.entries()) {
        const amountMicrocredits = BigInt(index + 1)
        ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, delegate) })
        for (const lane of [1, 0]) {
          const message = { from: ann.address, to: bob.address, amountMicrocredits, lane, nonce: 1n, deadline }
          ledger.accept({ type: 'TransferCredits', transfer: delegate.sign(transferType, message) })
        }
      }
      assert.equal(ledger.balance(bob.address), 20n)
      ledger.accept({ type: 'CloseEpoch', epoch: 1 })
      assert.equal(problemIn(ledger, closed(ledger)), undefined)
    }
  })

  it('takes what is in other shards as it stands at each epoch, and finds it otherwise', () => {
    const shardCount = 2
    const shards = new TestShards(shardCount)
    const ledger = shards.at(0)
    const [here, there] = [actorAt(0, shardCount), actorAt(1, shardCount)]
    ledger.deposit(here.address, 1_000n)
    ledger.deposit(there.address, 500n)
    ledger.accept({ type: 'CloseEpoch', epoch: 1 })
    ledger.accept({ type: 'RecordEpochFinal', epoch: 1, burnMicrocredits: 0n, place })
    const before = closed({ events: ledger.events.slice(0, -1) })
    const transfer = here.transfer({ to: there.address, amountMicrocredits: 300n, nonce: 1n })
    ledger.accept({ type: 'TransferCredits', transfer })
    ledger.accept({ type: 'CloseEpoch', epoch: 2 })
    shards.cut()
    const event = closed(ledger)
    assert.equal(problemIn(ledger, event), undefined)
    const { leavesRoot } = before.data
    const stale = { ...event, data: { ...event.data, leavesRoot } }
    const expected = `closes with leavesRoot ${leavesRoot}, the journal says ${event.data.leavesRoot}`
    assert.equal(problemIn(ledger, stale), expected)
    assert.equal(event.data.leavesTotalMicrocredits, 1_500n)
  })
})
