import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { problemIn } from '../audit/forgery.spec.fixture.ts'
import { microcreditsMax } from '../credits.ts'
import type { Address, Hex } from '../hex.ts'
import type { EventOf, LedgerEvent } from '../journal/event.ts'
import { Actor, testConfig, testConfig020 } from '../testing/actors.ts'
import { cancelEpoch, closeEpoch, finaliseEpoch } from '../testing/economy.ts'
import { escrowOrder } from '../testing/escrow-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { countedMicrocredits, turnoverMicrocreditsMax } from './turnover.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const large = countedMicrocredits

/** Ann has a lot, and so much has left her wallet already. */
function moved(usedMicrocredits: bigint, config = testConfig): TestLedger {
  const ledger = new TestLedger(config)
  ledger.deposit(ann.address, 100n * large)
  if (usedMicrocredits > 0n) ledger.state.turnover.set(ann.address, usedMicrocredits)
  return ledger
}

function transfer(nonce: bigint, amountMicrocredits = large) {
  return { type: 'TransferCredits', transfer: ann.transfer({ to: bob.address, amountMicrocredits, nonce }) } as const
}

function turnoverOf(ledger: TestLedger): readonly (bigint | undefined)[] {
  return [ledger.state.turnover.get(ann.address), ledger.state.turnoverPending.get(ann.address)]
}

describe('what leaves a wallet between two final epochs', () => {
  it('is refused above what a statement can show, however it would leave', () => {
    const ledger = moved(turnoverMicrocreditsMax - large + 1n)
    const { refusal } = ledger.refuse(transfer(1n), 'TURNOVER_EXCEEDED')
    assert.deepEqual(refusal, {
      code: 'TURNOVER_EXCEEDED',
      wallet: ann.address,
      limitMicrocredits: turnoverMicrocreditsMax,
      usedMicrocredits: turnoverMicrocreditsMax - large + 1n,
    })
    const order = ann.order({ nonce: 1n, maxPriceMicrocredits: large })
    ledger.refuse({ type: 'OpenHold', order }, 'TURNOVER_EXCEEDED')
    const escrow = escrowOrder(ann, { seller: bob.address, nonce: 1n, amountMicrocredits: large })
    ledger.refuse({ type: 'OpenEscrow', order: escrow }, 'TURNOVER_EXCEEDED')
    const withdrawal = ann.withdrawal({ amountMicrocredits: large, nonce: 1n })
    ledger.refuse({ type: 'WithdrawCredits', withdrawal }, 'TURNOVER_EXCEEDED')
    ledger.accept({ type: 'InstructPayouts', instruction: ann.instruction() })
    ledger.refuse({ type: 'PayByInstruction', wallet: ann.address }, 'TURNOVER_EXCEEDED')
  })

  it('is taken up to that, in small parts beyond it, and out of another wallet', () => {
    const ledger = moved(turnoverMicrocreditsMax - large)
    ledger.accept(transfer(1n))
    ledger.refuse(transfer(2n), 'TURNOVER_EXCEEDED')
    ledger.accept(transfer(2n, large - 1n))
    const back = bob.transfer({ to: ann.address, amountMicrocredits: large, nonce: 1n })
    ledger.accept({ type: 'TransferCredits', transfer: back })
  })

  it('counts both since the newest closed epoch and in the pending one, until that is final', () => {
    const ledger = moved(0n)
    ledger.accept(transfer(1n))
    closeEpoch(ledger)
    ledger.accept(transfer(2n))
    assert.deepEqual(turnoverOf(ledger), [large, large])
    ledger.state.turnoverPending.set(ann.address, turnoverMicrocreditsMax - large)
    ledger.refuse(transfer(3n), 'TURNOVER_EXCEEDED')
    finaliseEpoch(ledger)
    assert.deepEqual(turnoverOf(ledger), [large, undefined])
    ledger.accept(transfer(3n))
  })

  it('is the next epoch’s when the pending one is cancelled, as often as that happens', () => {
    const ledger = moved(0n)
    for (const nonce of [1n, 2n, 3n]) {
      ledger.accept(transfer(nonce))
      closeEpoch(ledger)
      cancelEpoch(ledger)
      assert.deepEqual(turnoverOf(ledger), [nonce * large, undefined])
    }
  })

  it('does not keep a forced withdrawal back', () => {
    const ledger = moved(turnoverMicrocreditsMax)
    ledger.record('forcedWithdrawal', ann.address, 0n, { askedMicrocredits: 100n * large })
    closeEpoch(ledger)
    assert.equal(ledger.balance(ann.address), 0n)
  })

  it('is not counted in a journal of 0.2.0', () => {
    const ledger = moved(turnoverMicrocreditsMax, testConfig020)
    ledger.accept(transfer(1n))
    assert.deepEqual(turnoverOf(ledger), [turnoverMicrocreditsMax, undefined])
  })
})

const [opened, deposited, paid] = (() => {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, microcreditsMax)
  ledger.accept(transfer(1n))
  return ledger.events as [LedgerEvent, LedgerEvent, EventOf<'CreditsTransferred'>]
})()

/** All that there is goes to and fro, with nonces that ascend. Signatures are trusted. */
function toAndFro(count: number): readonly LedgerEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const [from, to]: readonly Address[] = index % 2 === 0 ? [ann.address, bob.address] : [bob.address, ann.address]
    if (from === undefined || to === undefined) throw new TypeError('there are two wallets')
    const amountMicrocredits = microcreditsMax
    const { signature, message } = paid.data.transfer
    const sent = { ...message, from, to, amountMicrocredits, nonce: BigInt(index + 1) }
    const entries = [
      { account: `wallet:${from}` as const, amountMicrocredits: -amountMicrocredits },
      { account: `wallet:${to}` as const, amountMicrocredits },
    ]
    const commandId: Hex = `0x${(index + 1).toString(16).padStart(64, '0')}`
    return { ...paid, data: { transfer: { message: sent, signature } }, entries, commandId }
  })
}

describe('the auditor, about what leaves a wallet between two final epochs', () => {
  /** How often all that there is may leave one wallet. */
  const times = Number(turnoverMicrocreditsMax / microcreditsMax)

  it('takes as much as a statement can show, and finds what is more', () => {
    const start = [opened, deposited]
    assert.equal(problemIn([...start, ...toAndFro(2 * times)]), undefined)
    const beyond = BigInt(times + 1) * microcreditsMax
    assert.equal(
      problemIn([...start, ...toAndFro(2 * times + 1)]),
      `takes ${beyond} µcr out of ${ann.address} since the newest final epoch`,
    )
  })

  it('finds nothing there in a journal of 0.2.0', () => {
    const { protocol: _, ...config } = testConfig
    const older = { ...opened, data: { config } } as LedgerEvent
    assert.equal(problemIn([older, deposited, ...toAndFro(2 * times + 1)]), undefined)
  })
})
