import assert from 'node:assert/strict'
import { Auditor } from '../audit/auditor.ts'
import { readCanonicalEvent } from '../audit/canonical-event.ts'
import { EpochTree } from '../epoch/epoch-tree.ts'
import { type Address, zeroHash } from '../hex.ts'
import type { SignedJobOrder } from '../hold/job-order.ts'
import type { InboxDetail, InboxKind } from '../inbox/inbox-item.ts'
import { decideBatch } from '../journal/batch.ts'
import { decodeEvent } from '../journal/codec.ts'
import type { LedgerAnswer, LedgerCommand } from '../journal/command.ts'
import type { LedgerConfig } from '../journal/config.ts'
import type { LedgerEvent } from '../journal/event.ts'
import type { RefusalCode } from '../journal/refusal.ts'
import { balanceOf, initialState, type LedgerState } from '../journal/state.ts'
import type { StoredEvent } from '../ports/event-store.ts'
import { type SignedUsageReceipt, type UsageReceipt, usageReceiptType } from '../receipt/usage-receipt.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { Signed } from '../typed-data/types.ts'
import { type Actor, digestOfOrder, testConfig, testDomain, testStartMs } from './actors.ts'
import { ethersCrypto } from './ethers-crypto.ts'

/** The pure ledger under a clock that the test sets. After every event the independent auditor must agree with it. */
export class TestLedger {
  readonly state: LedgerState = initialState()
  readonly events: LedgerEvent[] = []
  readonly stored: StoredEvent[] = []
  readonly auditor = new Auditor(ethersCrypto)
  nowMs = testStartMs
  /** How far the contract's inbox is known to be journalled: a test that is about it sets it. */
  inboxUntilMs = Number.POSITIVE_INFINITY
  private readonly epochTree = new EpochTree(ethersCrypto)
  private inboxCount = 0

  constructor(config: LedgerConfig = testConfig) {
    this.accept({ type: 'OpenLedger', config })
  }

  submit(...commands: readonly LedgerCommand[]): readonly LedgerAnswer[] {
    const { state, nowMs, epochTree, inboxUntilMs } = this
    const batch = decideBatch(state, commands, nowMs, ethersCrypto, epochTree, inboxUntilMs)
    batch.events.forEach((event, index) => {
      const stored = batch.stored[index] as StoredEvent
      const finding = this.auditor.follow(event, stored.payload, stored.hash)
      assert.equal(finding, undefined, `the auditor refuses ${event.type}: ${finding?.problem}`)
      assert.deepEqual(readCanonicalEvent(stored.payload), decodeEvent(stored))
    })
    this.events.push(...batch.events)
    this.stored.push(...batch.stored)
    assert.deepEqual(new Map(this.state.balances), withoutZeros(this.auditor.balances()))
    if (batch.answers === undefined) return this.submit(...commands)
    return batch.answers.map(answer => {
      if (answer.status === 'undecidable') throw answer.cause
      return answer
    })
  }

  accept(command: LedgerCommand): LedgerAnswer & { status: 'accepted' } {
    const [answer] = this.submit(command)
    assert.ok(answer?.status === 'accepted', `expected acceptance, got ${JSON.stringify(answer, bigintText)}`)
    return answer
  }

  refuse(command: LedgerCommand, code: RefusalCode): LedgerAnswer & { status: 'refused' } {
    const [answer] = this.submit(command)
    assert.ok(answer?.status === 'refused', `expected ${code}, got ${JSON.stringify(answer, bigintText)}`)
    assert.equal(answer.refusal.code, code)
    return answer
  }

  /** The contract's inbox gets a deposit of this wallet, and the ledger counts it. */
  deposit(account: Address, amountMicrocredits: bigint): void {
    this.record('deposit', account, amountMicrocredits)
  }

  /** The contract's inbox gets a part of the rewards budget. */
  fundRewards(amountMicrocredits: bigint): void {
    this.record('genesisRewards', testConfig.settlement, amountMicrocredits)
  }

  /** The contract's inbox gets an item, and the ledger counts it. Returns its index. */
  record(kind: InboxKind, account: Address, amountMicrocredits: bigint, detail: InboxDetail = {}): number {
    const index = this.inboxCount++
    const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: index }
    this.accept({ type: 'RecordInboxItem', index, kind, account, amountMicrocredits, place, ...detail })
    return index
  }

  /** A node enters a receipt into the contract's inbox, and the ledger takes it from there. Returns the item's index. */
  push(receipt: Signed<UsageReceipt>): number {
    const digest = typedDataDigest(ethersCrypto, testDomain, usageReceiptType, receipt.message)
    return this.record('receipt', receipt.message.node, 0n, { digest, receipt })
  }

  /** Opens a hold for an order and gives it to a registered node. */
  assigned(order: SignedJobOrder, node: Actor) {
    const orderDigest = digestOfOrder(order)
    this.accept({ type: 'OpenHold', order })
    if (!this.state.nodes.has(node.address)) this.accept({ type: 'RegisterNode', registration: node.registration() })
    this.accept({ type: 'AssignHold', orderDigest, node: node.address, attempt: 1 })
    return orderDigest
  }

  /** Takes a receipt and settles its job; the answer is the settlement's. */
  settle(receipt: SignedUsageReceipt): LedgerAnswer & { status: 'accepted' } {
    this.accept({ type: 'ReceiveReceipt', receipt })
    return this.accept({ type: 'SettleJob', orderDigest: receipt.message.orderDigest })
  }

  balance(wallet: Address): bigint {
    return balanceOf(this.state, `wallet:${wallet}`)
  }
}

function withoutZeros(balances: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> {
  return new Map([...balances].filter(([, balance]) => balance !== 0n))
}

function bigintText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}
