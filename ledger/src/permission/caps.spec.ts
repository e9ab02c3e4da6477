import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { transferType } from '../account/transfer.ts'
import type { Address, Hex } from '../hex.ts'
import { jobOrderType } from '../hold/job-order.ts'
import type { LedgerCommand } from '../journal/command.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { Actor } from '../testing/actors.ts'
import { permissionOf, revocationOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'

const wallet = new Actor(1)
const seller = new Actor(2)
const node = new Actor(11)
const delegates = [new Actor(21), new Actor(22)] as const

const caps = { jobMicrocreditsMax: 600_000n, hourMicrocreditsMax: 1_000_000n, dayMicrocreditsMax: 2_500_000n }
const hourMs = 3_600_000
const windows = [
  { windowMs: hourMs, capMicrocredits: caps.hourMicrocreditsMax },
  { windowMs: 24 * hourMs, capMicrocredits: caps.dayMicrocreditsMax },
]

const step = fc.record({
  kind: fc.constantFrom('transfer', 'order', 'order', 'order', 'settle', 'release', 'grant', 'revoke'),
  delegate: fc.nat(1),
  amount: fc.bigInt(1n, 700_000n),
  pick: fc.nat(1_000),
  waitMs: fc.oneof(
    fc.integer({ min: 0, max: 90_000 }),
    fc.integer({ min: 0, max: 40 * 60_000 }),
    fc.constantFrom(hourMs, hourMs - 1, hourMs + 60_000),
  ),
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** One spend as the outside sees it; `microcredits` is what of it has not come back. */
type SeenSpend = {
  readonly delegate: Address
  readonly atMs: number
  microcredits: bigint
  readonly job: Hex | undefined
}

/** Two delegates spend out of one wallet, with jobs that end in every way and permissions that come and go. */
class Driver {
  readonly ledger = new TestLedger()
  readonly spends: SeenSpend[] = []
  refusedCount = 0
  private nonce = 0n
  private eventsSeen = 0

  constructor() {
    this.ledger.deposit(wallet.address, 100_000_000n)
    this.ledger.accept({ type: 'RegisterNode', registration: node.registration() })
    for (const delegate of delegates)
      this.ledger.accept({ type: 'GrantPermission', permission: this.permission(delegate) })
  }

  run({ waitMs, ...next }: Step): void {
    this.ledger.nowMs += waitMs
    const command = this.command(next)
    if (command === undefined) return
    this.ledger.submit()
    const before = structuredClone([
      this.ledger.state.delegations,
      this.ledger.state.balances,
      this.ledger.state.nonces,
    ])
    const [answer] = this.ledger.submit(command)
    if (answer?.status === 'refused') {
      this.refusedCount += 1
      assert.deepEqual([this.ledger.state.delegations, this.ledger.state.balances, this.ledger.state.nonces], before)
    }
    for (const event of this.ledger.events.slice(this.eventsSeen)) this.see(event)
    this.eventsSeen = this.ledger.events.length
  }

  private command({ kind, delegate: index, amount, pick }: Omit<Step, 'waitMs'>): LedgerCommand | undefined {
    const delegate = delegates[index as 0 | 1]
    const nonce = ++this.nonce
    const deadline = BigInt(Math.floor(this.ledger.nowMs / 1000) + 600 + pick)
    const open = [...this.ledger.state.holds.values()]
    const hold = open[pick % Math.max(1, open.length)]
    switch (kind) {
      case 'transfer': {
        const about = { from: wallet.address, to: seller.address, lane: pick % 2, nonce, deadline }
        const transfer = delegate.sign(transferType, { ...about, amountMicrocredits: amount })
        return { type: 'TransferCredits', transfer }
      }
      case 'order': {
        const bid = { maxPriceMicrocredits: amount, bidMicrocredits: amount / 2n }
        const { message } = wallet.order({ nonce, deadline, ...bid })
        return { type: 'OpenHold', order: delegate.sign(jobOrderType, message) }
      }
      case 'settle':
        return hold && this.settling(hold.orderDigest, hold.attempts)
      case 'release':
        return hold && { type: 'ReleaseHold', orderDigest: hold.orderDigest }
      case 'grant':
        return { type: 'GrantPermission', permission: this.permission(delegate) }
      case 'revoke': {
        const nonce = this.ledger.state.delegations.get(`${wallet.address}:${delegate.address}`)?.lastNonce ?? 0n
        const signer = pick % 2 === 0 ? wallet : delegate
        return { type: 'RevokePermission', revocation: revocationOf(wallet, delegate, nonce, signer) }
      }
    }
  }

  /** Brings a job one step further: to a node, to its receipt, to its settlement. */
  private settling(orderDigest: Hex, attempts: number): LedgerCommand {
    const hold = this.ledger.state.holds.get(orderDigest)
    if (hold?.assignment === undefined) {
      return { type: 'AssignHold', orderDigest, node: node.address, attempt: attempts + 1 }
    }
    if (hold.received !== undefined) return { type: 'SettleJob', orderDigest }
    return { type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, { sequence: this.nonce }) }
  }

  private permission(delegate: Actor) {
    const expires = BigInt(Math.floor(this.ledger.nowMs / 1000) + 30 * 86_400)
    return permissionOf(wallet, delegate, { ...caps, expires, nonce: ++this.nonce })
  }

  private see(event: LedgerEvent): void {
    const { atMs } = event
    if (event.type === 'CreditsTransferred') {
      const { amountMicrocredits } = event.data.transfer.message
      this.spends.push({ delegate: delegateOf(event), atMs, microcredits: amountMicrocredits, job: undefined })
    }
    if (event.type === 'HoldOpened') {
      const { order, orderDigest } = event.data
      const microcredits = order.message.maxPriceMicrocredits
      this.spends.push({ delegate: delegateOf(event), atMs, microcredits, job: orderDigest })
    }
    if (event.type === 'HoldReleased' || event.type === 'HoldExpired') {
      this.giveBack(event.data.orderDigest, event.data.amountMicrocredits)
    }
    if (event.type === 'JobSettled') this.giveBack(event.data.orderDigest, event.data.releasedMicrocredits)
  }

  private giveBack(job: Hex, microcredits: bigint): void {
    const spend = this.spends.find(seen => seen.job === job)
    assert.ok(spend !== undefined)
    spend.microcredits -= microcredits
  }
}

function delegateOf(event: LedgerEvent): Address {
  assert.ok('spend' in event.data && event.data.spend !== undefined)
  return event.data.spend.delegate
}

/** The most that lies in any window of this length, wherever it begins. */
function fullestWindow(spends: readonly SeenSpend[], windowMs: number): bigint {
  let most = 0n
  for (const first of spends) {
    const within = spends.filter(({ atMs }) => atMs >= first.atMs && atMs <= first.atMs + windowMs)
    const sum = within.reduce((total, { microcredits }) => total + microcredits, 0n)
    if (sum > most) most = sum
  }
  return most
}

describe('delegates that spend at any times, with jobs that end in any way', () => {
  it('never have more in any true window than its cap, and a refused spend changes nothing', () => {
    let refusedCount = 0
    let closest = 0n
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 80 }), steps => {
        const driver = new Driver()
        for (const next of steps) {
          driver.run(next)
          for (const { address } of delegates) {
            const spends = driver.spends.filter(spend => spend.delegate === address)
            assert.ok(spends.every(spend => spend.microcredits <= caps.jobMicrocreditsMax))
            for (const { windowMs, capMicrocredits } of windows) {
              const most = fullestWindow(spends, windowMs)
              assert.ok(most <= capMicrocredits, `${most} µcr within ${windowMs} ms, the cap is ${capMicrocredits} µcr`)
              if (windowMs === hourMs && most > closest) closest = most
            }
          }
        }
        refusedCount += driver.refusedCount
      }),
      { numRuns: 15, seed: 20_261_125 },
    )
    assert.ok(refusedCount > 100, `only ${refusedCount} refusals`)
    assert.ok(closest > (caps.hourMicrocreditsMax * 9n) / 10n, `the hour was never used beyond ${closest} µcr`)
  })
})
