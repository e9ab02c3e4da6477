import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, zeroHash } from '../hex.ts'
import { decideBatch } from '../journal/batch.ts'
import { LedgerNotOpenError } from '../journal/decision.ts'
import { initialState } from '../journal/state.ts'
import { Actor, testConfig, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { actorAt } from '../testing/test-shards.ts'
import type { ClearingCredit, ClearingDelivery } from './clearing.ts'
import { clearingCreditsMax, receiveClearing } from './decide.ts'

const shardCount = 3
const ann = actorAt(1, shardCount)
const far = actorAt(2, shardCount)
const node = new Actor(77).address
const upper = (hex: string) => `0x${hex.slice(2).toUpperCase()}` as Address

const toAnn: ClearingCredit = { account: `wallet:${ann.address}`, amountMicrocredits: 5n }
const burn: ClearingCredit = { account: 'burn', amountMicrocredits: 4n }
const treasury: ClearingCredit = { account: 'treasury', amountMicrocredits: 1n }
const payable: ClearingCredit = { account: `payable:${ann.address}`, amountMicrocredits: 7n }

function delivery(fields: Record<string, unknown>): { type: 'ReceiveClearing' } & ClearingDelivery {
  const own = { fromShard: 2, toShard: 1, fromPosition: 7, fromHash: `0x${'ab'.repeat(32)}`, sequence: 1 }
  return { type: 'ReceiveClearing', ...own, credits: [toAnn], ...fields } as never
}

/** What the shard that a sending names as its own says to it. */
function answerTo(fields: Record<string, unknown>, shard = 1) {
  const ledger = new TestLedger({ ...testConfig, shard, shardCount })
  if (shard === 0) ledger.deposit(far.address, 100n)
  const [answer] = ledger.submit(delivery(fields))
  return answer?.status === 'refused' ? answer.refusal : answer?.status
}

const many = (count: number) => Array(count).fill(toAnn)
const noPlace = 'expected an integer from 1'

const malformed: readonly (readonly [string, Record<string, unknown>, string, string])[] = [
  ['from a shard that is not there', { fromShard: 3 }, 'fromShard', 'expected another shard'],
  ['from a shard below the first', { fromShard: -1 }, 'fromShard', 'expected another shard'],
  ['from itself', { fromShard: 1 }, 'fromShard', 'expected another shard'],
  ['to a shard that is not there', { toShard: 3 }, 'toShard', 'expected less than 3'],
  ['to a shard below the first', { toShard: -1 }, 'toShard', 'expected less than 3'],
  ['at no position', { fromPosition: 0 }, 'fromPosition', noPlace],
  ['at half a position', { fromPosition: 1.5 }, 'fromPosition', noPlace],
  ['at a position that is not safe', { fromPosition: 2 ** 53 }, 'fromPosition', noPlace],
  ['with no sequence', { sequence: 0 }, 'sequence', noPlace],
  ['with half a sequence', { sequence: 1.5 }, 'sequence', noPlace],
  ['with a short hash', { fromHash: '0xab' }, 'fromHash', 'expected 32 bytes in lower case'],
  [
    'with a hash in upper case',
    { fromHash: upper(`0x${'ab'.repeat(32)}`) },
    'fromHash',
    'expected 32 bytes in lower case',
  ],
  ['with no credits', { credits: [] }, 'credits', 'expected 1 to 64'],
  ['with a credit too many', { credits: many(65) }, 'credits', 'expected 1 to 64'],
]

const strangers: readonly string[] = [
  `wallet:${far.address}`,
  `wallet:${upper(ann.address)}`,
  'wallet:',
  'wallet',
  `payable:${ann.address}`,
  'burn',
  'treasury',
  'rewards',
  'reserve',
  'clearing:0',
  `hold:${zeroHash}`,
]

describe('what another shard sends is malformed, with the field and what is wrong,', () => {
  for (const [what, fields, field, problem] of malformed) {
    it(what, () => assert.deepEqual(answerTo(fields), { code: 'MALFORMED', field, problem }))
  }

  for (const account of strangers) {
    it(`with a credit to ${account}, which shard 1 does not keep`, () => {
      const credits = [toAnn, { account, amountMicrocredits: 1n }]
      const problem = `${account} is no account of shard 1`
      assert.deepEqual(answerTo({ credits }), { code: 'MALFORMED', field: 'credits', problem })
    })
  }

  it('with a credit that the reserve’s shard does not keep', () => {
    for (const account of [`wallet:${ann.address}`, `payable:${upper(ann.address)}`, 'reserve', 'clearing:1', 'fees']) {
      const credits = [{ account, amountMicrocredits: 1n }]
      const problem = `${account} is no account of shard 0`
      assert.deepEqual(answerTo({ toShard: 0, credits }, 0), { code: 'MALFORMED', field: 'credits', problem })
    }
  })
})

describe('what another shard sends is taken', () => {
  it('with one credit and with as many as one sending takes', () => {
    for (const count of [1, clearingCreditsMax]) assert.equal(answerTo({ credits: many(count) }), 'accepted')
    assert.equal(clearingCreditsMax, 64)
  })

  it('from the first position and the first sequence on, and from the greatest position that there is', () => {
    for (const fromPosition of [1, Number.MAX_SAFE_INTEGER]) assert.equal(answerTo({ fromPosition }), 'accepted')
  })

  it('by the reserve’s shard for each account that it alone keeps', () => {
    for (const account of ['burn', 'treasury', 'rewards', `payable:${ann.address}`]) {
      assert.equal(answerTo({ toShard: 0, credits: [{ account, amountMicrocredits: 1n }] }, 0), 'accepted', account)
    }
  })
})

describe('the fee that a sending names for a node’s bonuses', () => {
  const caused = { node, feeMicrocredits: 5n, isCompleted: true }
  const fees = [burn, treasury, payable]

  it('is what goes to burn and treasury, and no other credit', () => {
    assert.equal(answerTo({ toShard: 0, credits: fees, caused }, 0), 'accepted')
    assert.equal(answerTo({ toShard: 0, credits: fees, caused: { ...caused, isCompleted: false } }, 0), 'accepted')
    assert.equal(answerTo({ toShard: 0, credits: [burn], caused: { ...caused, feeMicrocredits: 4n } }, 0), 'accepted')
    const one = { ...caused, feeMicrocredits: 1n }
    assert.equal(answerTo({ toShard: 0, credits: [treasury], caused: one }, 0), 'accepted')
  })

  const refusal = {
    code: 'MALFORMED',
    field: 'caused',
    problem: 'expected a node and the fee among the credits',
  }
  const bad: readonly (readonly [string, Record<string, unknown>])[] = [
    ['is more than was sent', { caused: { ...caused, feeMicrocredits: 6n } }],
    ['is less than was sent', { caused: { ...caused, feeMicrocredits: 4n } }],
    ['counts a payout', { caused: { ...caused, feeMicrocredits: 12n } }],
    ['is nothing, of no fees', { credits: [payable], caused: { ...caused, feeMicrocredits: 0n } }],
    ['is of no node', { caused: { ...caused, node: undefined } }],
    ['is of a short address', { caused: { ...caused, node: '0x77' } }],
    ['is of a node in upper case', { caused: { ...caused, node: upper(node) } }],
    ['does not say whether the job was completed', { caused: { node, feeMicrocredits: 5n } }],
    ['says it by a text', { caused: { ...caused, isCompleted: 'true' } }],
  ]
  for (const [what, fields] of bad) {
    it(`is refused when it ${what}`, () => {
      assert.deepEqual(answerTo({ toShard: 0, credits: fees, ...fields }, 0), refusal)
    })
  }

  it('is refused outside the reserve’s shard', () => {
    assert.deepEqual(answerTo({ caused }), refusal)
    assert.deepEqual(answerTo({ caused: { ...caused, feeMicrocredits: 0n } }), refusal)
  })
})

describe('a sending that comes', () => {
  it('at or before the place of what was taken is a conflict about its position', () => {
    const ledger = new TestLedger({ ...testConfig, shard: 1, shardCount })
    ledger.accept(delivery({}))
    for (const fromPosition of [6, 7]) {
      const { refusal } = ledger.refuse(delivery({ sequence: 2, fromPosition }), 'COMMAND_CONFLICT')
      assert.deepEqual(refusal, { code: 'COMMAND_CONFLICT', commandId: 'clearing:2:2', field: 'fromPosition' })
    }
  })

  it('before the ledger is open cannot be decided', () => {
    const context = { state: initialState(), nowMs: testStartMs, crypto: ethersCrypto } as never
    assert.throws(() => receiveClearing(context, delivery({})), LedgerNotOpenError)
    const { answers } = decideBatch(initialState(), [delivery({})], testStartMs, ethersCrypto)
    assert.equal(answers?.[0]?.status, 'undecidable')
  })
})
