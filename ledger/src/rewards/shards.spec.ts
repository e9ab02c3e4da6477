import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readCanonicalEvent } from '../audit/canonical-event.ts'
import { decodeEvent } from '../journal/codec.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { digestOfOrder, testConfig, testStartMs } from '../testing/actors.ts'
import { changeOf, grantOf, referralOf } from '../testing/rewards-actors.ts'
import { actorAt, TestShards } from '../testing/test-shards.ts'
import { type CausedFee, dayMs, dayOf } from './node-rewards.ts'

const payer = actorAt(1, 2)
const node = actorAt(1, 2, 1)
const wallet = actorAt(1, 2, 2)
const referrer = actorAt(0, 2)
const day = dayOf(testStartMs)
const uptime = { type: 'PayUptimeBonus', node: node.address, day } as const

/** Two shards with a rewards budget and a payer in the second, where the node's job of 100 000 µcr was settled. */
function settledElsewhere(outcome: 'completed' | 'failedByNode' = 'completed'): TestShards {
  const shards = new TestShards(2)
  shards.at(0).deposit(payer.address, 5_000_000n)
  shards.at(0).fundRewards(1_000_000n)
  shards.clear()
  const registration = node.registration({ payoutWallet: wallet.address })
  for (const shard of [0, 1]) accept(shards, shard, { type: 'RegisterNode', registration })
  const order = payer.order({ nonce: 1n, bidMicrocredits: 100_000n })
  accept(shards, 1, { type: 'OpenHold', order })
  accept(shards, 1, { type: 'AssignHold', orderDigest: digestOfOrder(order), node: node.address, attempt: 1 })
  accept(shards, 1, { type: 'ReceiveReceipt', receipt: node.receipt(digestOfOrder(order), { outcome }) })
  accept(shards, 1, { type: 'SettleJob', orderDigest: digestOfOrder(order) })
  return shards
}

function accept(shards: TestShards, shard: number, command: LedgerCommand): void {
  const answer = shards.submit(shard, command)
  assert.equal(answer.status, 'accepted', JSON.stringify(answer.status === 'refused' && answer.refusal.code))
}

function code(shards: TestShards, shard: number, command: LedgerCommand): string {
  const answer = shards.submit(shard, command)
  return answer.status === 'refused' ? answer.refusal.code : answer.status
}

function passDays(shards: TestShards, days: number): void {
  for (const ledger of shards.shards) ledger.nowMs += days * dayMs
}

describe('rewards of a ledger in several shards', () => {
  it('are refused by a shard without the budget, which names the one that has it', () => {
    const shards = settledElsewhere()
    const referral = referralOf(wallet, node.address, referrer.address)
    const commands: readonly LedgerCommand[] = [
      uptime,
      { type: 'PayReferralBonus', node: node.address },
      { type: 'RecordReferral', referral },
      { type: 'GrantCredits', grant: grantOf(payer.address, { nonce: 1n }) },
    ]
    for (const command of commands) assert.equal(code(shards, 1, command), 'WRONG_SHARD')
  })

  it('are reckoned from fees of every shard, once they have come to the budget’s', () => {
    const shards = settledElsewhere()
    passDays(shards, 1)
    assert.equal(code(shards, 0, uptime), 'BONUS_NOT_DUE')
    assert.equal(shards.at(0).state.rewards.get(node.address)?.feesMicrocredits, 0n)
    shards.clear()
    assert.equal(shards.at(0).state.rewards.get(node.address)?.feesMicrocredits, 5_000n)
    assert.equal(shards.at(1).state.rewards.get(node.address)?.feesMicrocredits, 0n)
    passDays(shards, 1)
    accept(shards, 0, { ...uptime, day: day + 1 })
    shards.clear()
    assert.equal(shards.at(1).balance(wallet.address), 95_000n + 1_250n)
  })

  it('are in the canonical form of the events that carry the fees', () => {
    const shards = settledElsewhere()
    shards.clear()
    for (const { stored } of shards.shards) {
      for (const event of stored) assert.deepEqual(readCanonicalEvent(event.payload), decodeEvent(event))
    }
  })

  it('come from no job that cost nothing', () => {
    const shards = settledElsewhere('failedByNode')
    assert.deepEqual(
      shards.sendings(1, 0).filter(({ caused }) => caused !== undefined),
      [],
    )
  })

  it('cannot be had by naming more fees than a sending brings, or another node', () => {
    const shards = settledElsewhere()
    const delivery = shards.sendings(1, 0).at(-1)
    assert.ok(delivery?.caused !== undefined)
    assert.deepEqual(delivery.caused, { node: node.address, feeMicrocredits: 5_000n, isCompleted: true })
    const wrong = [{ feeMicrocredits: 5_001n }, { feeMicrocredits: 0n }, { node: '0xab' as const }]
    for (const change of wrong) {
      const caused: CausedFee = { ...delivery.caused, ...change }
      assert.equal(code(shards, 0, { type: 'ReceiveClearing', ...delivery, caused }), 'MALFORMED')
    }
    const other = { ...delivery, caused: { ...delivery.caused, node: wallet.address } }
    const [answer] = shards.at(0).submit({ type: 'ReceiveClearing', ...other })
    assert.equal(answer?.status, 'accepted')
    assert.throws(() => shards.cut(), /takes otherwise than shard 1 sent it/)
  })
})

describe('a change of the configuration in several shards', () => {
  it('counts in each of them from the same time', () => {
    const shards = new TestShards(2)
    const change = changeOf({ nonce: 1n, feeBasisPoints: 100 })
    for (const shard of [0, 1]) accept(shards, shard, { type: 'ChangeConfig', change })
    const effectiveMs = Number(change.message.effectiveAt) * 1000
    for (const ledger of shards.shards) {
      ledger.nowMs = effectiveMs - 1
      ledger.submit()
      assert.equal(ledger.state.config?.feeBasisPoints, testConfig.feeBasisPoints)
      ledger.nowMs = effectiveMs
      ledger.submit()
      assert.equal(ledger.state.config?.feeBasisPoints, 100)
    }
    shards.cut()
  })
})
