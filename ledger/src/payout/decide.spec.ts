import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { microcreditsMax } from '../credits.ts'
import { Actor, testStartMs } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { dueByInstruction, instructionSecondsMax } from './decide.ts'
import { payoutInstructionType, withdrawalType } from './withdrawal.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const startSeconds = BigInt(testStartMs / 1000)

function ledgerWithCredits(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 1_000n)
  return ledger
}

function payable(ledger: TestLedger): bigint | undefined {
  return ledger.state.balances.get(`payable:${ann.address}`)
}

const withdraw = (fields: Parameters<Actor['withdrawal']>[0]) =>
  ({ type: 'WithdrawCredits', withdrawal: ann.withdrawal(fields) }) as const

const instruct = (fields: Parameters<Actor['instruction']>[0]) =>
  ({ type: 'InstructPayouts', instruction: ann.instruction(fields) }) as const

const pay = { type: 'PayByInstruction', wallet: ann.address } as const

describe('a withdrawal', () => {
  it('is refused under the signature of somebody else', () => {
    const { message } = ann.withdrawal({ amountMicrocredits: 1n, nonce: 1n })
    const withdrawal = bob.sign(withdrawalType, message)
    ledgerWithCredits().refuse({ type: 'WithdrawCredits', withdrawal }, 'INVALID_SIGNATURE')
  })

  it('is refused when its amount was raised after signing', () => {
    const signed = ann.withdrawal({ amountMicrocredits: 1n, nonce: 1n })
    const withdrawal = { ...signed, message: { ...signed.message, amountMicrocredits: 2n } }
    ledgerWithCredits().refuse({ type: 'WithdrawCredits', withdrawal }, 'INVALID_SIGNATURE')
  })

  it('is refused at its deadline, and with one beyond 30 days', () => {
    const one = { amountMicrocredits: 1n, nonce: 1n }
    ledgerWithCredits().refuse(withdraw({ ...one, deadline: startSeconds }), 'DEADLINE_PASSED')
    ledgerWithCredits().refuse(withdraw({ ...one, deadline: startSeconds + 2_592_001n }), 'DEADLINE_TOO_FAR')
  })

  it('is refused for nothing and for more than the cap', () => {
    for (const amountMicrocredits of [0n, microcreditsMax + 1n]) {
      ledgerWithCredits().refuse(withdraw({ amountMicrocredits, nonce: 1n }), 'AMOUNT_OUT_OF_RANGE')
    }
  })

  it('is refused with a nonce that a transfer of the same lane has used', () => {
    const ledger = ledgerWithCredits()
    const transfer = ann.transfer({ to: bob.address, amountMicrocredits: 1n, nonce: 5n })
    ledger.accept({ type: 'TransferCredits', transfer })
    ledger.refuse(withdraw({ amountMicrocredits: 1n, nonce: 5n }), 'NONCE_USED')
    ledger.accept(withdraw({ amountMicrocredits: 1n, nonce: 5n, lane: 1 }))
  })

  it('is refused beyond what is available, also when holds or payables would cover it', () => {
    const ledger = ledgerWithCredits()
    ledger.accept({ type: 'OpenHold', order: ann.order({ nonce: 1n, maxPriceMicrocredits: 400n }) })
    ledger.accept(withdraw({ amountMicrocredits: 300n, nonce: 2n }))
    const { refusal } = ledger.refuse(withdraw({ amountMicrocredits: 301n, nonce: 3n }), 'INSUFFICIENT_CREDITS')
    assert.deepEqual(refusal, {
      code: 'INSUFFICIENT_CREDITS',
      requiredMicrocredits: 301n,
      availableMicrocredits: 300n,
    })
  })

  it('moves credits to where only the chain pays them out, once', () => {
    const ledger = ledgerWithCredits()
    const command = withdraw({ amountMicrocredits: 1_000n, nonce: 1n })
    ledger.accept(command)
    assert.equal(ledger.accept(command).repeated, true)
    assert.deepEqual([ledger.balance(ann.address), payable(ledger)], [0n, 1_000n])
  })
})

describe('a payout instruction', () => {
  it('is refused under the signature of somebody else', () => {
    const instruction = bob.sign(payoutInstructionType, ann.instruction().message)
    ledgerWithCredits().refuse({ type: 'InstructPayouts', instruction }, 'INVALID_SIGNATURE')
  })

  it('is refused when it would stand for more than two years', () => {
    const expires = startSeconds + BigInt(instructionSecondsMax)
    ledgerWithCredits().refuse(instruct({ expires: expires + 1n }), 'DEADLINE_TOO_FAR')
    ledgerWithCredits().accept(instruct({ expires }))
  })

  it('is refused with a nonce that is not higher, so that an old one cannot come back', () => {
    const ledger = ledgerWithCredits()
    ledger.accept(instruct({ nonce: 2n }))
    ledger.refuse(instruct({ nonce: 2n, minimumMicrocredits: 5n }), 'NONCE_USED')
    ledger.refuse(instruct({ nonce: 1n }), 'NONCE_USED')
  })

  it('ends when one is signed that has expired', () => {
    const ledger = ledgerWithCredits()
    ledger.accept(instruct({ nonce: 1n }))
    ledger.accept(instruct({ nonce: 2n, expires: 0n }))
    ledger.refuse(pay, 'PAYOUT_NOT_DUE')
  })
})

describe('a payout by instruction', () => {
  it('is refused without an instruction, and for another wallet than its own', () => {
    const ledger = ledgerWithCredits()
    ledger.refuse(pay, 'PAYOUT_NOT_DUE')
    ledger.accept({ type: 'InstructPayouts', instruction: bob.instruction() })
    ledger.refuse(pay, 'PAYOUT_NOT_DUE')
  })

  it('is refused below the minimum, and for nothing when the minimum is nothing', () => {
    const ledger = ledgerWithCredits()
    ledger.accept(instruct({ minimumMicrocredits: 1_001n }))
    ledger.refuse(pay, 'PAYOUT_NOT_DUE')
    ledger.accept(instruct({ minimumMicrocredits: 0n, nonce: 2n }))
    ledger.accept(pay)
    ledger.refuse(pay, 'PAYOUT_NOT_DUE')
  })

  it('is refused at the second at which the instruction expires', () => {
    const ledger = ledgerWithCredits()
    ledger.accept(instruct({ expires: startSeconds + 10n }))
    ledger.nowMs = testStartMs + 10_000
    ledger.refuse(pay, 'PAYOUT_NOT_DUE')
    ledger.nowMs = testStartMs + 9_999
    ledger.accept(pay)
  })

  it('is refused a millisecond before the interval has passed, also under a newer instruction', () => {
    const ledger = ledgerWithCredits()
    ledger.accept(instruct({ intervalSeconds: 60 }))
    ledger.accept(pay)
    ledger.deposit(ann.address, 5n)
    ledger.accept(instruct({ intervalSeconds: 60, nonce: 2n }))
    ledger.nowMs = testStartMs + 59_999
    assert.equal(dueByInstruction({ state: ledger.state, nowMs: ledger.nowMs }, ann.address), 0n)
    ledger.refuse(pay, 'PAYOUT_NOT_DUE')
    ledger.nowMs = testStartMs + 60_000
    assert.equal(dueByInstruction({ state: ledger.state, nowMs: ledger.nowMs }, ann.address), 5n)
    ledger.accept(pay)
    assert.equal(payable(ledger), 1_005n)
  })

  it('does not count a withdrawal as a payout of the interval', () => {
    const ledger = ledgerWithCredits()
    ledger.accept(instruct({ intervalSeconds: 60 }))
    ledger.accept(withdraw({ amountMicrocredits: 1n, nonce: 1n }))
    ledger.accept(pay)
    assert.equal(payable(ledger), 1_000n)
  })

  it('pays all that is available and leaves holds alone', () => {
    const ledger = ledgerWithCredits()
    ledger.accept(instruct({}))
    ledger.accept({ type: 'OpenHold', order: ann.order({ nonce: 1n, maxPriceMicrocredits: 400n }) })
    ledger.accept(pay)
    assert.deepEqual([ledger.balance(ann.address), payable(ledger)], [0n, 600n])
    assert.equal(ledger.state.held.get(ann.address), 400n)
  })
})
