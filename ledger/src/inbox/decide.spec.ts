import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { microcreditsMax } from '../credits.ts'
import { zeroHash } from '../hex.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { Actor } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'

const ann = new Actor(1)

type Item = Extract<LedgerCommand, { type: 'RecordInboxItem' }>

function item(fields: Partial<Item> = {}): Item {
  const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
  const own = { index: 0, kind: 'deposit', account: ann.address, amountMicrocredits: 5n, place } as const
  return { type: 'RecordInboxItem', ...own, ...fields }
}

describe('an inbox item', () => {
  it('is refused out of its order, ahead and behind', () => {
    const ledger = new TestLedger()
    const { refusal } = ledger.refuse(item({ index: 1 }), 'INBOX_OUT_OF_ORDER')
    assert.deepEqual(refusal, { code: 'INBOX_OUT_OF_ORDER', expectedIndex: 0, index: 1 })
    ledger.refuse(item({ index: -1 }), 'INBOX_OUT_OF_ORDER')
    ledger.refuse(item({ index: 0.5 }), 'INBOX_OUT_OF_ORDER')
    ledger.accept(item())
    ledger.accept(item({ index: 1 }))
    ledger.refuse(item({ index: 3 }), 'INBOX_OUT_OF_ORDER')
  })

  it('is refused for nothing, for less than nothing and for more than the cap', () => {
    for (const amountMicrocredits of [0n, -5n, microcreditsMax + 1n]) {
      new TestLedger().refuse(item({ amountMicrocredits }), 'AMOUNT_OUT_OF_RANGE')
    }
  })

  it('is a conflict when it is told in another way the second time', () => {
    const ledger = new TestLedger()
    ledger.accept(item())
    ledger.refuse(item({ amountMicrocredits: 6n }), 'COMMAND_CONFLICT')
    assert.equal(ledger.balance(ann.address), 5n)
  })

  it('is counted once, however often the chain is read', () => {
    const ledger = new TestLedger()
    ledger.accept(item())
    assert.equal(ledger.accept(item()).repeated, true)
    assert.deepEqual([ledger.balance(ann.address), ledger.state.balances.get('reserve')], [5n, 5n])
  })

  it('of the genesis goes to the network’s own budgets and not to the wallet that it names', () => {
    const ledger = new TestLedger()
    ledger.accept(item({ kind: 'genesisTreasury' }))
    ledger.accept(item({ kind: 'genesisRewards', index: 1, amountMicrocredits: 7n }))
    const { balances } = ledger.state
    assert.deepEqual([balances.get('treasury'), balances.get('rewards'), ledger.balance(ann.address)], [5n, 7n, 0n])
  })
})
