import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from '../hex.ts'
import { holdSecondsMax } from '../hold/job-order.ts'
import { Actor, digestOfOrder, testConfig, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { decodeEvent } from './codec.ts'
import type { LedgerCommand } from './command.ts'
import { evolve } from './evolve.ts'
import { remember, rememberAfterDeadlineMs, rememberMs, rememberStepMs } from './repetition.ts'
import { initialState, type LedgerState } from './state.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const node = new Actor(3)

const latest = BigInt(testStartMs / 1000 + holdSecondsMax)

/** Every kind of signed command, each valid for as long as may be; returned in the order in which they were accepted. */
function usedLedger(): { readonly ledger: TestLedger; readonly commands: readonly LedgerCommand[] } {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 10_000_000n)
  const [first, second] = [1n, 2n].map(nonce => ann.order({ nonce, deadline: latest, graceSeconds: 0 }))
  assert.ok(first && second)
  const orderDigest = digestOfOrder(first)
  const deadline = latest
  const commands: readonly LedgerCommand[] = [
    { type: 'OpenHold', order: first },
    { type: 'OpenHold', order: second },
    { type: 'RegisterNode', registration: node.registration({ payoutWallet: bob.address, deadline }) },
    { type: 'AssignHold', orderDigest, node: node.address, attempt: 1 },
    { type: 'ReleaseAssignment', release: node.release(orderDigest) },
    { type: 'AssignHold', orderDigest, node: node.address, attempt: 2 },
    { type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, { attempt: 2 }) },
    { type: 'CancelOrder', cancellation: ann.cancellation(digestOfOrder(second), { deadline }) },
    {
      type: 'TransferCredits',
      transfer: ann.transfer({ to: bob.address, amountMicrocredits: 9n, nonce: 3n, deadline }),
    },
    { type: 'WithdrawCredits', withdrawal: ann.withdrawal({ amountMicrocredits: 9n, nonce: 4n, deadline }) },
    {
      type: 'InstructPayouts',
      instruction: ann.instruction({ expires: latest * 1n + 1_000_000n, minimumMicrocredits: 10n ** 12n }),
    },
  ]
  for (const command of commands) ledger.accept(command)
  return { ledger, commands }
}

function replayed(ledger: TestLedger): LedgerState {
  const state = initialState()
  for (const stored of ledger.stored) {
    const event = decodeEvent(stored)
    evolve(state, event, stored.hash, ethersCrypto)
    remember(state, event)
  }
  return state
}

describe('a repeated command', () => {
  it('gets its first answer, of whichever kind it is', () => {
    const { ledger, commands } = usedLedger()
    const count = ledger.events.length
    for (const command of commands) assert.equal(ledger.accept(command).repeated, true, command.type)
    assert.equal(ledger.events.length, count)
  })

  it('gets its first answer also when its job has gone on, for a day', () => {
    const { ledger, commands } = usedLedger()
    ledger.nowMs = testStartMs + rememberStepMs - 1
    for (const command of commands) assert.equal(ledger.accept(command).repeated, true, command.type)
  })

  it('gets its first answer for ten minutes after its deadline, then that the deadline has passed', () => {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 10n)
    const transfer = ann.transfer({ to: bob.address, amountMicrocredits: 9n, nonce: 1n })
    const refused = ann.transfer({ to: bob.address, amountMicrocredits: 9n, nonce: 2n })
    ledger.accept({ type: 'TransferCredits', transfer })
    ledger.refuse({ type: 'TransferCredits', transfer: refused }, 'INSUFFICIENT_CREDITS')
    ledger.nowMs = Number(transfer.message.deadline) * 1_000 + rememberAfterDeadlineMs - 1
    ledger.deposit(ann.address, 20n)
    assert.equal(ledger.accept({ type: 'TransferCredits', transfer }).repeated, true)
    ledger.refuse({ type: 'TransferCredits', transfer: refused }, 'INSUFFICIENT_CREDITS')
    ledger.nowMs += 1
    ledger.deposit(ann.address, 1n)
    ledger.refuse({ type: 'TransferCredits', transfer }, 'DEADLINE_PASSED')
    ledger.refuse({ type: 'TransferCredits', transfer: refused }, 'DEADLINE_PASSED')
  })

  it('that registers a node is not mistaken for one of the same message under another signature', () => {
    const ledger = new TestLedger()
    const registration = node.registration({ payoutWallet: bob.address })
    ledger.accept({ type: 'RegisterNode', registration })
    assert.equal(ledger.accept({ type: 'RegisterNode', registration }).repeated, true)
    const { signature } = ann.registration()
    const forged = { ...registration, signature }
    ledger.refuse({ type: 'RegisterNode', registration: forged }, 'INVALID_SIGNATURE')
  })

  it('is not decided a second time when it was forgotten', () => {
    const { ledger, commands } = usedLedger()
    ledger.nowMs = testStartMs + rememberMs + 1
    ledger.deposit(bob.address, 1n)
    assert.deepEqual(
      [...ledger.state.decided.keys()].filter(id => id.startsWith('0x')),
      [],
    )
    const balances = new Map(ledger.state.balances)
    for (const command of commands) {
      const [answer] = ledger.submit(command)
      assert.equal(answer?.status, 'refused', command.type)
    }
    assert.deepEqual(ledger.state.balances, balances)
  })

  it('that was refused for want of credits is not accepted later, neither before nor after it was forgotten', () => {
    const ledger = new TestLedger()
    const transfer = ann.transfer({ to: bob.address, amountMicrocredits: 5n, nonce: 1n, deadline: latest })
    ledger.refuse({ type: 'TransferCredits', transfer }, 'INSUFFICIENT_CREDITS')
    ledger.deposit(ann.address, 5n)
    ledger.refuse({ type: 'TransferCredits', transfer }, 'INSUFFICIENT_CREDITS')
    ledger.nowMs = testStartMs + rememberMs + 1
    ledger.deposit(ann.address, 5n)
    ledger.refuse({ type: 'TransferCredits', transfer }, 'DEADLINE_PASSED')
  })

  it('that opens the ledger with the same parameters is a repetition for ever', () => {
    const ledger = new TestLedger()
    ledger.nowMs = testStartMs + 10 * rememberMs
    ledger.deposit(ann.address, 1n)
    assert.equal(ledger.accept({ type: 'OpenLedger', config: testConfig }).repeated, true)
    ledger.refuse({ type: 'OpenLedger', config: { ...testConfig, burnBasisPoints: 1 } }, 'COMMAND_CONFLICT')
  })

  it('without a signature must say the same, to the last field', () => {
    const ledger = new TestLedger()
    const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
    const item = { type: 'RecordInboxItem', index: 0, kind: 'deposit', account: ann.address, place } as const
    ledger.accept({ ...item, amountMicrocredits: 5n })
    assert.equal(ledger.accept({ ...item, amountMicrocredits: 5n, place: { ...place } }).repeated, true)
    const conflicts = [
      [{ ...item, amountMicrocredits: 6n }, 'amountMicrocredits'],
      [{ ...item, amountMicrocredits: 5n, account: bob.address }, 'account'],
      [{ ...item, amountMicrocredits: 5n, place: { ...place, blockNumber: 2n } }, 'place'],
    ] as const
    for (const [command, field] of conflicts) {
      const { refusal } = ledger.refuse(command, 'COMMAND_CONFLICT')
      assert.deepEqual(refusal, { code: 'COMMAND_CONFLICT', commandId: 'inbox:0', field })
    }
  })
})

describe('forgetting', () => {
  it('happens in a replay as it happened in the writer', () => {
    const { ledger } = usedLedger()
    const openAt = (nonce: bigint) => {
      const deadline = BigInt(Math.floor(ledger.nowMs / 1000) + 600)
      ledger.accept({ type: 'OpenHold', order: ann.order({ nonce, deadline, maxPriceMicrocredits: 5n }) })
    }
    for (const [days, nonce] of [
      [15, 5n],
      [31, 6n],
      [32, 7n],
      [62, 8n],
    ] as const) {
      ledger.nowMs = testStartMs + days * 86_400_000
      openAt(nonce)
      assert.deepEqual(replayed(ledger), ledger.state)
    }
    assert.equal(ledger.state.endedJobs.size, 0)
  })

  it('keeps the queues no longer than what is open and what is remembered', () => {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 1_000n)
    for (let nonce = 1n; nonce <= 20n; nonce++) {
      const order = ann.order({ nonce, maxPriceMicrocredits: 1n })
      ledger.accept({ type: 'OpenHold', order })
      ledger.accept({ type: 'CancelOrder', cancellation: ann.cancellation(digestOfOrder(order)) })
    }
    assert.equal(ledger.state.expiries.size, 0)
    ledger.nowMs = testStartMs + rememberMs
    ledger.deposit(ann.address, 1n)
    assert.deepEqual([ledger.state.forgets.size, ledger.state.decided.size, ledger.state.endedJobs.size], [1, 2, 0])
  })
})
