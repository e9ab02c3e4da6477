import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { microcreditsMax } from '../credits.ts'
import { type Address, zeroHash } from '../hex.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { testConfig } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { actorAt, TestShards } from '../testing/test-shards.ts'
import type { ClearingDelivery } from './clearing.ts'
import { clearingCreditsMax } from './decide.ts'

const shardCount = 3
const ann = actorAt(1, shardCount)
const bob = actorAt(1, shardCount, 1)
const far = actorAt(2, shardCount)
const hash = `0x${'ab'.repeat(32)}` as const

function delivery(fields: Partial<ClearingDelivery> = {}): LedgerCommand & { type: 'ReceiveClearing' } {
  const credits = [{ account: `wallet:${ann.address}`, amountMicrocredits: 5n }] as const
  const own = { fromShard: 2, toShard: 1, fromPosition: 7, fromHash: hash, sequence: 1, credits }
  return { type: 'ReceiveClearing', ...own, ...fields }
}

function shard(number: number): TestLedger {
  return new TestLedger({ ...testConfig, shard: number, shardCount })
}

describe('what another shard sends', () => {
  it('is malformed from this shard, from a shard that is not there, or in a ledger of one shard', () => {
    for (const fromShard of [1, -1, 3, 0.5, Number.NaN]) shard(1).refuse(delivery({ fromShard }), 'MALFORMED')
    for (const toShard of [3, -1, 0.5, Number.NaN]) shard(1).refuse(delivery({ toShard }), 'MALFORMED')
    new TestLedger().refuse(delivery(), 'MALFORMED')
  })

  it('is malformed without a place in the sender’s journal', () => {
    for (const place of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      shard(1).refuse(delivery({ fromPosition: place }), 'MALFORMED')
      shard(1).refuse(delivery({ sequence: place }), 'MALFORMED')
    }
    shard(1).refuse(delivery({ fromHash: '0xab' }), 'MALFORMED')
    shard(1).refuse(delivery({ fromHash: `0x${'AB'.repeat(32)}` }), 'MALFORMED')
  })

  it('is malformed when it names nobody, too many, or an account that this shard does not keep', () => {
    const credit = { account: `wallet:${ann.address}`, amountMicrocredits: 1n } as const
    const many = Array.from({ length: clearingCreditsMax + 1 }, () => credit)
    for (const credits of [[], many]) shard(1).refuse(delivery({ credits }), 'MALFORMED')
    const strangers = [
      `wallet:${far.address}`,
      `wallet:${ann.address.toUpperCase().replace('X', 'x') as Address}`,
      'wallet:0x',
      `payable:${ann.address}`,
      'burn',
      'treasury',
      'rewards',
      'reserve',
      'clearing:0',
      `hold:${zeroHash}`,
    ] as const
    for (const account of strangers) {
      shard(1).refuse(delivery({ credits: [credit, { account, amountMicrocredits: 1n }] }), 'MALFORMED')
    }
  })

  it('is refused with the right shard where it does not belong, whatever its amount', () => {
    const credits = [{ account: `wallet:${far.address}`, amountMicrocredits: 0n }] as const
    const { refusal } = shard(1).refuse(delivery({ fromShard: 0, toShard: 2, credits }), 'WRONG_SHARD')
    assert.deepEqual(refusal, { code: 'WRONG_SHARD', shard: 2 })
  })

  it('is refused when an amount is none', () => {
    for (const amountMicrocredits of [0n, -1n, microcreditsMax + 1n]) {
      const credits = [{ account: `wallet:${ann.address}`, amountMicrocredits }] as const
      shard(1).refuse(delivery({ credits }), 'AMOUNT_OUT_OF_RANGE')
    }
  })

  it('is refused out of its order, saying which is next, and leaves nothing in the journal', () => {
    const ledger = shard(1)
    const { refusal } = ledger.refuse(delivery({ sequence: 2 }), 'CLEARING_OUT_OF_ORDER')
    assert.deepEqual(refusal, { code: 'CLEARING_OUT_OF_ORDER', fromShard: 2, expectedSequence: 1, sequence: 2 })
    ledger.accept(delivery())
    ledger.refuse(delivery({ sequence: 3, fromPosition: 9 }), 'CLEARING_OUT_OF_ORDER')
    assert.equal(ledger.events.length, 2)
  })

  it('is refused when it stands at or before what was taken', () => {
    const ledger = shard(1)
    ledger.accept(delivery())
    for (const fromPosition of [6, 7]) ledger.refuse(delivery({ sequence: 2, fromPosition }), 'COMMAND_CONFLICT')
    ledger.accept(delivery({ sequence: 2, fromPosition: 8 }))
  })

  it('is taken once: a repetition gets the first answer, another body under the same place names the field', () => {
    const ledger = shard(1)
    const first = ledger.accept(delivery())
    assert.deepEqual(ledger.accept(delivery()), { ...first, repeated: true })
    const other = [{ account: `wallet:${bob.address}`, amountMicrocredits: 5n }] as const
    for (const [field, value] of Object.entries({ credits: other, fromPosition: 8, fromHash: zeroHash })) {
      const { refusal } = ledger.refuse(delivery({ [field]: value }), 'COMMAND_CONFLICT')
      assert.equal(refusal.code === 'COMMAND_CONFLICT' && refusal.field, field)
    }
    assert.deepEqual([ledger.balance(ann.address), ledger.balance(bob.address)], [5n, 0n])
  })

  it('is out of order for ever once its answer is forgotten', () => {
    const ledger = shard(1)
    ledger.accept(delivery())
    ledger.nowMs += 40 * 24 * 3_600_000
    ledger.accept(delivery({ fromShard: 0 }))
    ledger.refuse(delivery(), 'CLEARING_OUT_OF_ORDER')
    assert.equal(ledger.balance(ann.address), 10n)
  })

  it('counts for each shard alone, and is a claim on it', () => {
    const ledger = shard(1)
    ledger.accept(delivery())
    ledger.accept(delivery({ fromShard: 0, fromPosition: 2 }))
    assert.deepEqual(
      ['clearing:0', 'clearing:2', `wallet:${ann.address}`].map(account =>
        ledger.state.balances.get(account as 'clearing:0'),
      ),
      [-5n, -5n, 10n],
    )
    assert.deepEqual(ledger.state.clearingReceived.get(2), { sequence: 1, position: 7 })
  })
})

describe('a command for another shard', () => {
  const shards = new TestShards(shardCount)

  it('is refused with the home of the wallet that it speaks for, before its signature is looked at', () => {
    const { signature } = far.transfer({ to: ann.address, amountMicrocredits: 1n, nonce: 9n })
    const forged = <M>({ message }: { message: M }) => ({ message, signature })
    const commands: readonly LedgerCommand[] = [
      { type: 'TransferCredits', transfer: ann.transfer({ to: far.address, amountMicrocredits: 1n, nonce: 1n }) },
      { type: 'OpenHold', order: ann.order({ nonce: 1n }) },
      { type: 'CancelOrder', cancellation: ann.cancellation(zeroHash) },
      { type: 'WithdrawCredits', withdrawal: ann.withdrawal({ amountMicrocredits: 1n, nonce: 1n }) },
      { type: 'InstructPayouts', instruction: ann.instruction() },
      { type: 'PayByInstruction', wallet: ann.address },
      { type: 'WithdrawCredits', withdrawal: forged(ann.withdrawal({ amountMicrocredits: 1n, nonce: 2n })) },
    ]
    for (const command of commands) {
      for (const elsewhere of [0, 2]) {
        const { refusal } = shards.at(elsewhere).refuse(command, 'WRONG_SHARD')
        assert.deepEqual(refusal, { code: 'WRONG_SHARD', shard: 1 }, command.type)
      }
    }
    assert.equal(shards.at(0).events.length + shards.at(2).events.length, 2, 'nothing is journalled')
  })

  it('is malformed first', () => {
    const toHerself = ann.transfer({ to: ann.address, amountMicrocredits: 1n, nonce: 1n })
    shards.at(0).refuse({ type: 'TransferCredits', transfer: toHerself }, 'MALFORMED')
  })

  it('is refused when it brings a fact of the chain to a shard without the reserve', () => {
    const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
    const facts: readonly LedgerCommand[] = [
      { type: 'RecordInboxItem', index: 0, kind: 'deposit', account: ann.address, amountMicrocredits: 1n, place },
      { type: 'RecordPayee', wallet: ann.address, id: 1 },
      { type: 'CloseEpoch', epoch: 1 },
      { type: 'RecordEpochFinal', epoch: 1, burnMicrocredits: 0n, place },
      { type: 'RecordClaim', wallet: ann.address, paidMicrocredits: 1n, cumulativeMicrocredits: 1n, place },
    ]
    for (const command of facts) {
      const { refusal } = shards.at(1).refuse(command, 'WRONG_SHARD')
      assert.deepEqual(refusal, { code: 'WRONG_SHARD', shard: 0 }, command.type)
    }
  })

  it('fails the link that it is in, naming it, and may come again', () => {
    const pay = (from: typeof ann, nonce: bigint): LedgerCommand => ({
      type: 'TransferCredits',
      transfer: from.transfer({ to: bob.address, amountMicrocredits: 1n, nonce }),
    })
    shards.at(0).deposit(ann.address, 10n)
    shards.clear()
    const { refusal } = shards.at(1).refuse({ type: 'Link', commands: [pay(ann, 1n), pay(far, 1n)] }, 'LINK_FAILED')
    assert.deepEqual(refusal, { code: 'LINK_FAILED', index: 1, refusal: { code: 'WRONG_SHARD', shard: 2 } })
    shards.at(1).accept(pay(ann, 1n))
  })
})
