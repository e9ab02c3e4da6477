import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { microcreditsMax } from '../credits.ts'
import { Actor, testDomain, testStartMs } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { transferType } from './transfer.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const to = bob.address

function ledgerWithCredits(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 1_000n)
  return ledger
}

describe('a transfer', () => {
  it('is refused under the signature of somebody else', () => {
    const { message } = ann.transfer({ to, amountMicrocredits: 1n, nonce: 1n })
    const answer = ledgerWithCredits().refuse(
      { type: 'TransferCredits', transfer: bob.sign(transferType, message) },
      'INVALID_SIGNATURE',
    )
    assert.deepEqual(answer.refusal, { code: 'INVALID_SIGNATURE', expectedSigner: ann.address })
  })

  it('is refused when it was signed for another chain', () => {
    const { message } = ann.transfer({ to, amountMicrocredits: 1n, nonce: 1n })
    const transfer = ann.sign(transferType, message, { ...testDomain, chainId: 1 })
    ledgerWithCredits().refuse({ type: 'TransferCredits', transfer }, 'INVALID_SIGNATURE')
  })

  it('is refused when it was signed for another settlement contract', () => {
    const { message } = ann.transfer({ to, amountMicrocredits: 1n, nonce: 1n })
    const transfer = ann.sign(transferType, message, { ...testDomain, verifyingContract: ann.address })
    ledgerWithCredits().refuse({ type: 'TransferCredits', transfer }, 'INVALID_SIGNATURE')
  })

  it('is refused when a field was changed after signing', () => {
    const transfer = ann.transfer({ to, amountMicrocredits: 1n, nonce: 1n })
    const altered = { ...transfer, message: { ...transfer.message, amountMicrocredits: 2n } }
    ledgerWithCredits().refuse({ type: 'TransferCredits', transfer: altered }, 'INVALID_SIGNATURE')
  })

  it('is refused with a signature that is not 65 bytes', () => {
    const transfer = { ...ann.transfer({ to, amountMicrocredits: 1n, nonce: 1n }), signature: '0x1234' as const }
    ledgerWithCredits().refuse({ type: 'TransferCredits', transfer }, 'MALFORMED')
  })

  it('is refused at its deadline', () => {
    const deadline = BigInt(testStartMs / 1000)
    const transfer = ann.transfer({ to, amountMicrocredits: 1n, nonce: 1n, deadline })
    ledgerWithCredits().refuse({ type: 'TransferCredits', transfer }, 'DEADLINE_PASSED')
  })

  it('is refused when its deadline lies more than 30 days ahead', () => {
    const deadline = BigInt(testStartMs / 1000 + 30 * 86_400 + 1)
    const transfer = ann.transfer({ to, amountMicrocredits: 1n, nonce: 1n, deadline })
    ledgerWithCredits().refuse({ type: 'TransferCredits', transfer }, 'DEADLINE_TOO_FAR')
  })

  it('is refused to oneself', () => {
    const transfer = ann.transfer({ to: ann.address, amountMicrocredits: 1n, nonce: 1n })
    ledgerWithCredits().refuse({ type: 'TransferCredits', transfer }, 'MALFORMED')
  })

  it('is refused for nothing and for more than the cap', () => {
    for (const [index, amountMicrocredits] of [0n, microcreditsMax + 1n].entries()) {
      const transfer = ann.transfer({ to, amountMicrocredits, nonce: BigInt(index) })
      ledgerWithCredits().refuse({ type: 'TransferCredits', transfer }, 'AMOUNT_OUT_OF_RANGE')
    }
  })

  it('is refused with a nonce that does not ascend within its lane', () => {
    const ledger = ledgerWithCredits()
    ledger.accept({ type: 'TransferCredits', transfer: ann.transfer({ to, amountMicrocredits: 1n, nonce: 7n }) })
    const transfer = ann.transfer({ to, amountMicrocredits: 2n, nonce: 7n })
    const answer = ledger.refuse({ type: 'TransferCredits', transfer }, 'NONCE_USED')
    assert.deepEqual(answer.refusal, { code: 'NONCE_USED', nonce: 7n, lastNonce: 7n })
  })

  it('is refused beyond the balance, naming what was required and what there is, now and ever after', () => {
    const ledger = ledgerWithCredits()
    const command = {
      type: 'TransferCredits',
      transfer: ann.transfer({ to, amountMicrocredits: 1_001n, nonce: 1n }),
    } as const
    const answer = ledger.refuse(command, 'INSUFFICIENT_CREDITS')
    assert.deepEqual(answer.refusal, {
      code: 'INSUFFICIENT_CREDITS',
      requiredMicrocredits: 1_001n,
      availableMicrocredits: 1_000n,
    })
    ledger.deposit(ann.address, 1_000n)
    assert.deepEqual(ledger.refuse(command, 'INSUFFICIENT_CREDITS').refusal, answer.refusal)
  })

  it('moves credits once, however often it is presented', () => {
    const ledger = ledgerWithCredits()
    const command = {
      type: 'TransferCredits',
      transfer: ann.transfer({ to, amountMicrocredits: 400n, nonce: 1n }),
    } as const
    const first = ledger.accept(command)
    const again = ledger.accept(command)
    assert.deepEqual(again, { ...first, repeated: true })
    assert.deepEqual([ledger.balance(ann.address), ledger.balance(to)], [600n, 400n])
  })

  it('moves exactly the last microcredit', () => {
    const ledger = ledgerWithCredits()
    ledger.accept({ type: 'TransferCredits', transfer: ann.transfer({ to, amountMicrocredits: 1_000n, nonce: 1n }) })
    assert.deepEqual([ledger.balance(ann.address), ledger.balance(to)], [0n, 1_000n])
  })
})
