import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Hex, zeroHash } from '../hex.ts'
import { jobOutcomes } from '../receipt/usage-receipt.ts'
import { Actor, digestOfOrder, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { booksOf } from './books.ts'
import { decodeEvent } from './codec.ts'
import type { LedgerCommand } from './command.ts'
import { evolve } from './evolve.ts'
import { remember } from './repetition.ts'
import { initialState } from './state.ts'

const wallets = [new Actor(1), new Actor(2), new Actor(3)] as const
const nodes = [new Actor(11), new Actor(12)] as const

/** One random step: which kind, who, whom, how much, how far the clock goes. */
const step = fc.record({
  kind: fc.constantFrom(
    'deposit',
    'transfer',
    'order',
    'order',
    'assign',
    'assign',
    'receipt',
    'receipt',
    'release',
    'cancel',
    'withdraw',
    'instruct',
    'payByInstruction',
    'payee',
    'closeEpoch',
    'final',
    'claim',
    'repeat',
    'wait',
  ),
  actor: fc.nat(2),
  other: fc.nat(2),
  amount: fc.bigInt(1n, 2_000_000n),
  pick: fc.nat(1_000),
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Drives a ledger with steps that are mostly possible and sometimes not; the auditor follows each event. */
class Driver {
  readonly ledger = new TestLedger()
  readonly orders: Hex[] = []
  readonly sent: LedgerCommand[] = []
  private nonce = 0n
  private place = { transactionHash: zeroHash, blockNumber: 0n, logIndex: 0 }

  run(next: Step): void {
    const command = next.kind === 'repeat' ? this.sent[next.pick % Math.max(1, this.sent.length)] : this.command(next)
    if (command === undefined) return
    this.sent.push(command)
    this.ledger.submit(command)
  }

  private command({ kind, actor, other, amount, pick }: Step): LedgerCommand | undefined {
    const { state } = this.ledger
    const wallet = wallets[actor as 0 | 1 | 2]
    const node = nodes[(pick % 2) as 0 | 1]
    const orderDigest = this.orders[pick % Math.max(1, this.orders.length)] ?? zeroHash
    const nonce = ++this.nonce
    const deadline = BigInt(Math.floor(this.ledger.nowMs / 1000) + 500)
    this.place = { ...this.place, blockNumber: this.place.blockNumber + 1n }
    switch (kind) {
      case 'deposit':
        return {
          type: 'RecordInboxItem',
          index: state.inboxCount,
          kind,
          account: wallet.address,
          amountMicrocredits: amount,
          place: this.place,
        }
      case 'transfer': {
        const to = wallets[other as 0 | 1 | 2].address
        return {
          type: 'TransferCredits',
          transfer: wallet.transfer({ to, amountMicrocredits: amount, nonce, deadline }),
        }
      }
      case 'order': {
        const order = wallet.order({
          nonce,
          deadline,
          maxPriceMicrocredits: amount,
          bidMicrocredits: pick % 3 === 0 ? amount : 0n,
        })
        this.orders.push(digestOfOrder(order))
        return { type: 'OpenHold', order }
      }
      case 'assign': {
        if (!state.nodes.has(node.address)) {
          return { type: 'RegisterNode', registration: node.registration({ payoutWallet: wallet.address, deadline }) }
        }
        return {
          type: 'AssignHold',
          orderDigest,
          node: node.address,
          attempt: (state.holds.get(orderDigest)?.attempts ?? 0) + 1,
        }
      }
      case 'receipt': {
        const endedAtMs = BigInt(testStartMs + pick * 10)
        const outcome = jobOutcomes[pick % jobOutcomes.length] ?? 'completed'
        const attempt = state.holds.get(orderDigest)?.attempts ?? 1
        return {
          type: 'ReceiveReceipt',
          receipt: node.receipt(orderDigest, { outcome, attempt, sequence: nonce, endedAtMs, memoryBytesPeak: amount }),
        }
      }
      case 'release':
        return {
          type: 'ReleaseAssignment',
          release: node.release(orderDigest, state.holds.get(orderDigest)?.attempts ?? 1),
        }
      case 'cancel':
        return { type: 'CancelOrder', cancellation: wallet.cancellation(orderDigest, { deadline }) }
      case 'withdraw':
        return {
          type: 'WithdrawCredits',
          withdrawal: wallet.withdrawal({ amountMicrocredits: amount, nonce, deadline }),
        }
      case 'instruct':
        return {
          type: 'InstructPayouts',
          instruction: wallet.instruction({ nonce, minimumMicrocredits: amount, expires: deadline }),
        }
      case 'payByInstruction':
        return { type: 'PayByInstruction', wallet: wallet.address }
      case 'payee':
        return { type: 'RecordPayee', wallet: wallet.address, id: actor + 1 }
      case 'closeEpoch':
        return { type: 'CloseEpoch', epoch: (state.lastEpoch?.epoch ?? 0) + 1 }
      case 'final': {
        const burnMicrocredits = state.lastEpoch?.burnMicrocredits ?? 0n
        return { type: 'RecordEpochFinal', epoch: state.lastEpochFinal + 1, burnMicrocredits, place: this.place }
      }
      case 'claim': {
        const account = state.payouts.get(wallet.address)
        const cumulativeMicrocredits = account?.postedMicrocredits ?? 0n
        const paidMicrocredits = cumulativeMicrocredits - (account?.claimedMicrocredits ?? 0n)
        return {
          type: 'RecordClaim',
          wallet: wallet.address,
          paidMicrocredits,
          cumulativeMicrocredits,
          place: this.place,
        }
      }
      case 'wait':
        this.ledger.nowMs += pick * 1_000
        return undefined
      case 'repeat':
        return undefined
    }
  }
}

describe('any sequence of commands', () => {
  it('keeps reserve = Σ of all the others after every event, and an epoch’s books close', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), steps => {
        const driver = new Driver()
        for (const next of steps) {
          driver.run(next)
          const { reserve, wallets, holds, payables, burn, treasury, rewards } = booksOf(driver.ledger.state)
          assert.equal(reserve, wallets + holds + payables + burn + treasury + rewards)
        }
        let inbox = 0n
        let paidOut = 0n
        for (const event of driver.ledger.events) {
          if (event.type === 'InboxItemRecorded') inbox += event.data.amountMicrocredits
          if (event.type !== 'EpochClosed') continue
          const { rows, burnMicrocredits, leavesTotalMicrocredits } = event.data
          paidOut += rows.reduce((total, row) => total + row.incrementMicrocredits, burnMicrocredits)
          assert.equal(inbox, leavesTotalMicrocredits + paidOut)
        }
      }),
      { numRuns: 25, seed: 20_261_121 },
    )
  })

  it('replays from its stored bytes to the same state', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), steps => {
        const driver = new Driver()
        for (const next of steps) driver.run(next)
        const replayed = initialState()
        for (const stored of driver.ledger.stored) {
          const event = decodeEvent(stored)
          evolve(replayed, event, stored.hash, ethersCrypto)
          remember(replayed, event)
        }
        const { expiries: _, forgets: __, ...live } = driver.ledger.state
        const { expiries: ___, forgets: ____, ...again } = replayed
        assert.deepEqual(again, live)
      }),
      { numRuns: 10, seed: 20_261_122 },
    )
  })
})
