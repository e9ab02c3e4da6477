import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from '../hex.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { Actor, testConfig, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { actorAt, TestShards } from '../testing/test-shards.ts'
import { Auditor } from './auditor.ts'
import { type Changes, changed } from './forgery.spec.fixture.ts'

const shardCount = 3
const payer = actorAt(1, shardCount)
const node = actorAt(1, shardCount, 1)
const zero = actorAt(0, shardCount)
const far = actorAt(2, shardCount)
const stranger = new Actor(77)

/** A job in shard 1 whose node is paid out in shard 2, with its fee for shard 0, and transfers to both. */
function journals(): readonly (readonly LedgerEvent[])[] {
  const shards = new TestShards(shardCount)
  shards.at(0).deposit(payer.address, 5_000_000n)
  shards.at(0).deposit(payer.address, 7n)
  shards.clear()
  const ledger = shards.at(1)
  ledger.accept({ type: 'RegisterNode', registration: node.registration({ payoutWallet: far.address }) })
  const orderDigest = ledger.assigned(payer.order({ nonce: 1n }), node)
  ledger.nowMs = testStartMs + 1_000
  ledger.settle(node.receipt(orderDigest, {}))
  for (const [index, to] of [zero, far, node].entries()) {
    const transfer = payer.transfer({ to: to.address, amountMicrocredits: 300n, nonce: BigInt(index + 2) })
    ledger.accept({ type: 'TransferCredits', transfer })
  }
  shards.at(0).nowMs = ledger.nowMs
  shards.clear()
  return shards.shards.map(({ events }) => events)
}

const all = journals()

/** What an auditor who trusts signatures and hashes finds in the nth event of a type when it is changed. */
function problemIn(shard: number, type: LedgerEvent['type'], nth: number, changes: Changes): string | undefined {
  const events = all[shard] ?? []
  const event = events.filter(known => known.type === type)[nth]
  assert.ok(event, `shard ${shard} has no ${type} number ${nth}`)
  const auditor = new Auditor(ethersCrypto, { signatures: 'trusted' })
  for (const known of events.slice(0, event.position - 1)) {
    assert.equal(auditor.follow(known, '', zeroHash, { recovered: [] }), undefined)
  }
  return auditor.follow(changed(event, changes), '', zeroHash, { recovered: [] })?.problem
}

type Case = readonly [string, Changes, string | undefined]

const credit = (account: string, amountMicrocredits: bigint) => ({ account, amountMicrocredits })
const credited = (account: string) => ({ 'data.credits': [credit(account, 5_000_000n)] })

describe('the auditor, about what a shard takes', () => {
  const cases: readonly Case[] = [
    ['what the other sent', {}, undefined],
    [
      'a taking that sends at once',
      { clearing: [{ toShard: 2, sequence: 1, credits: [] }] },
      'takes and sends in one event',
    ],
    ['what is for another shard', { 'data.toShard': 2 }, 'takes what is for shard 2'],
    ['what it sent itself', { 'data.fromShard': 1 }, 'takes from shard 1, which is not another one'],
    ['what the shard after the last sent', { 'data.fromShard': 3 }, 'takes from shard 3, which is not another one'],
    ['what a shard below 0 sent', { 'data.fromShard': -1 }, 'takes from shard -1, which is not another one'],
    ['what no whole shard sent', { 'data.fromShard': 0.5 }, 'takes from shard 0.5, which is not another one'],
    ['a sending without the one before', { 'data.sequence': 2 }, 'takes sending 2 of shard 0 after 0'],
    ['a sending of no position', { 'data.fromPosition': 0 }, 'takes position 0 of shard 0 a second time'],
    ['nothing', { 'data.credits': [] }, 'sends nothing'],
    [
      'a credit of nothing',
      { 'data.credits': [credit(`wallet:${payer.address}`, 0n)] },
      `sends 0 µcr to wallet:${payer.address}`,
    ],
    ...[`wallet:${zero.address}`, 'wallet:nobody', 'burn', 'reserve', 'clearing:2', `hold:${zeroHash}`].map(
      (account): Case => [
        `what is for ${account}`,
        credited(account),
        `sends to ${account}, which shard 1 does not take`,
      ],
    ),
    ['another name', { commandId: 'clearing:0:2' }, 'has command id clearing:0:2, expected clearing:0:1'],
  ]
  for (const [what, changes, problem] of cases) {
    it(`${problem === undefined ? 'takes' : 'finds'} ${what}`, () => {
      assert.equal(problemIn(1, 'ClearingReceived', 0, changes), problem)
    })
  }

  it('finds a second sending of one position', () => {
    const same = problemIn(1, 'ClearingReceived', 1, { 'data.fromPosition': 2 })
    assert.equal(same, 'takes position 2 of shard 0 a second time')
    assert.equal(problemIn(1, 'ClearingReceived', 1, {}), undefined)
  })

  it('finds a fee that counts for bonuses and did not come to burn and treasury', () => {
    const fee = 'counts another fee than it takes'
    assert.equal(problemIn(0, 'ClearingReceived', 0, {}), undefined)
    assert.equal(problemIn(0, 'ClearingReceived', 0, { 'data.caused.feeMicrocredits': 4_999n }), fee)
    assert.equal(problemIn(0, 'ClearingReceived', 0, { 'data.caused.feeMicrocredits': 5_001n }), fee)
    const caused = { node: node.address, feeMicrocredits: 0n, isCompleted: true }
    assert.equal(problemIn(0, 'ClearingReceived', 1, {}), undefined)
    assert.equal(problemIn(0, 'ClearingReceived', 1, { 'data.caused': caused }), fee)
    assert.equal(problemIn(0, 'ClearingReceived', 1, { 'data.caused': { ...caused, feeMicrocredits: 300n } }), fee)
  })

  it('finds credits for a hold, for clearing or for the reserve in the shard that keeps budgets too', () => {
    for (const account of ['reserve', 'clearing:1', `hold:${zeroHash}`]) {
      const found = problemIn(0, 'ClearingReceived', 1, { 'data.credits': [credit(account, 300n)] })
      assert.equal(found, `sends to ${account}, which shard 0 does not take`)
    }
  })
})

describe('the auditor, about what a shard sends', () => {
  const credits = [credit(`wallet:${zero.address}`, 300n)]
  const out = credit(`wallet:${payer.address}`, -300n)
  const cases: readonly Case[] = [
    ['what was signed', {}, undefined],
    [
      'a fee of no job',
      { 'clearing.0.caused': { node: node.address, feeMicrocredits: 300n, isCompleted: true } },
      'counts a fee of no job',
    ],
    [
      'a sending to the shard after the last',
      { clearing: [{ toShard: 3, sequence: 1, credits }], entries: [out, credit('clearing:3', 300n)] },
      'sends to shard 3, which is not another one',
    ],
    [
      'a sending to itself',
      { clearing: [{ toShard: 1, sequence: 1, credits }], entries: [out, credit('clearing:1', 300n)] },
      'sends to shard 1, which is not another one',
    ],
    ['a sending that leaves one out', { 'clearing.0.sequence': 3 }, 'is sending 3 to shard 0 after 1'],
    [
      'less in the clearing account than is sent',
      { 'clearing.0.credits': [credit(`wallet:${zero.address}`, 301n)] },
      'sends 301 µcr to shard 0 and puts 300 µcr into its clearing account',
    ],
    [
      'a credit for a wallet that the other shard does not keep',
      { 'clearing.0.credits': [credit(`wallet:${far.address}`, 300n)] },
      `sends to wallet:${far.address}, which shard 0 does not take`,
    ],
    [
      'a credit below nothing',
      { 'clearing.0.credits': [credit(`wallet:${zero.address}`, 301n), credit('burn', -1n)] },
      'sends -1 µcr to burn',
    ],
    ['a clearing account that nobody is named for', { clearing: [] }, 'moves clearing:0 and does not say for whom'],
    [
      'an entry of nothing on an account of another shard',
      { entries: [out, credit('clearing:0', 300n), credit(`wallet:${far.address}`, 0n)] },
      undefined,
    ],
    [
      'an entry on an account of another shard',
      { entries: [out, credit(`wallet:${far.address}`, 300n)], clearing: undefined },
      `moves wallet:${far.address}, which this shard does not keep`,
    ],
    [
      'a sending of nothing beside the one that was signed',
      {
        clearing: [
          { toShard: 0, sequence: 2, credits },
          { toShard: 2, sequence: 2, credits: [] },
        ],
      },
      'sends nothing',
    ],
  ]
  for (const [what, changes, problem] of cases) {
    it(`${problem === undefined ? 'takes' : 'finds'} ${what}`, () => {
      assert.equal(problemIn(1, 'CreditsTransferred', 0, changes), problem)
    })
  }
})

describe('the auditor, about the fee of a job in another shard than the reserve', () => {
  const unsaid = 'does not say to the reserve’s shard whose fee it sends'
  const settled = (all[1] ?? []).find(event => event.type === 'JobSettled')
  const sent = settled?.clearing ?? []
  const toZero = sent.findIndex(({ toShard }) => toShard === 0)
  const toFar = sent.findIndex(({ toShard }) => toShard === 2)
  const caused = sent[toZero]?.caused
  const path = `clearing.${toZero}.caused`
  const cases: readonly Case[] = [
    ['a fee that is said', {}, undefined],
    ['a fee of nobody', { [path]: undefined }, unsaid],
    ['a fee of another node', { [`${path}.node`]: stranger.address }, unsaid],
    ['another fee', { [`${path}.feeMicrocredits`]: 5_001n }, unsaid],
    ['a fee of a job that was not completed', { [`${path}.isCompleted`]: false }, unsaid],
    ['a fee that is said to a third shard', { [`clearing.${toFar}.caused`]: caused }, unsaid],
  ]
  for (const [what, changes, problem] of cases) {
    it(`${problem === undefined ? 'takes' : 'finds'} ${what}`, () => {
      assert.deepEqual(caused, { node: node.address, feeMicrocredits: 5_000n, isCompleted: true })
      assert.equal(problemIn(1, 'JobSettled', 0, changes), problem)
    })
  }

  it('takes a job without a fee that pays its node in the reserve’s shard, and says nothing of a fee', () => {
    const ledger = new TestLedger({ ...testConfig, feeBasisPoints: 0, shard: 1, shardCount })
    const credits = [{ account: `wallet:${payer.address}` as const, amountMicrocredits: 5_000_000n }]
    const delivery = { fromShard: 0, toShard: 1, fromPosition: 2, fromHash: zeroHash, sequence: 1, credits }
    ledger.accept({ type: 'ReceiveClearing', ...delivery })
    ledger.accept({ type: 'RegisterNode', registration: node.registration({ payoutWallet: zero.address }) })
    const orderDigest = ledger.assigned(payer.order({ nonce: 1n }), node)
    ledger.nowMs = testStartMs + 1_000
    ledger.settle(node.receipt(orderDigest, {}))
    const { clearing } = ledger.events.at(-1) ?? {}
    const paid = [{ account: `wallet:${zero.address}`, amountMicrocredits: 100_000n }]
    assert.deepEqual(clearing, [{ toShard: 0, sequence: 1, credits: paid }])
  })
})
