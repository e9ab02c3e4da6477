import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type EscrowOrder, escrowOrderType } from '../escrow/escrow-order.ts'
import { type Hex, zeroHash } from '../hex.ts'
import { Actor } from '../testing/actors.ts'
import { digestOfEscrow, escrowCapture, escrowOrder, escrowRelease } from '../testing/escrow-actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { digestOfIou, iou, iouDefault, iouRedemption } from '../testing/iou-actors.ts'
import { permissionOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { booksOf } from './books.ts'
import { decodeEvent } from './codec.ts'
import type { LedgerCommand } from './command.ts'
import type { LedgerEvent } from './event.ts'
import { evolve } from './evolve.ts'
import { remember } from './repetition.ts'
import { initialState } from './state.ts'

const wallets = [new Actor(1), new Actor(2), new Actor(3)] as const
const delegate = new Actor(9)
const deposited = 3_000_000n
const days = 86_400_000

/** One random step: which kind, who, whom, how much, which of the earlier escrows or IOUs, how far the clock goes. */
const step = fc.record({
  kind: fc.constantFrom(
    'open',
    'open',
    'openByDelegate',
    'capture',
    'capture',
    'captureByDelegate',
    'release',
    'issue',
    'redeem',
    'redeem',
    'redeem',
    'default',
    'order',
    'repeat',
    'wait',
  ),
  actor: fc.nat(2),
  other: fc.nat(2),
  amount: fc.oneof(fc.bigInt(0n, 400_000n), fc.constantFrom(100_000n, 200_000n)),
  pick: fc.nat(1_000),
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Drives a ledger with steps that are mostly possible and sometimes not; the auditor follows each event. */
class Driver {
  readonly ledger = new TestLedger()
  private readonly escrows: { readonly id: Hex; readonly order: EscrowOrder }[] = []
  private readonly ious: Hex[] = []
  private readonly sent: LedgerCommand[] = []
  private nonce = 0n

  constructor() {
    for (const { address } of wallets) this.ledger.deposit(address, deposited)
    const expires = BigInt(this.ledger.nowMs / 1000) + 86_400n * 365n
    const [first] = wallets
    this.ledger.accept({ type: 'GrantPermission', permission: permissionOf(first, delegate, { expires }) })
  }

  run(next: Step): void {
    const command = next.kind === 'repeat' ? this.sent[next.pick % Math.max(1, this.sent.length)] : this.command(next)
    if (command === undefined) return
    this.sent.push(command)
    this.ledger.submit(command)
  }

  private command(next: Step): LedgerCommand | undefined {
    const { kind, amount, pick } = next
    if (kind === 'wait') {
      this.ledger.nowMs += (pick % 7 === 0 ? 100 : 1) * pick * 1_000
      return undefined
    }
    const now = BigInt(Math.floor(this.ledger.nowMs / 1000))
    this.nonce += 1n
    const own = { amountMicrocredits: amount, nonce: this.nonce, deadline: now + 60n }
    const wallet = wallets[next.actor as 0 | 1 | 2]
    const other = wallets[next.other as 0 | 1 | 2]
    if (kind === 'order') {
      const fields = { nonce: this.nonce, maxPriceMicrocredits: amount, deadline: own.deadline, graceSeconds: pick }
      return { type: 'OpenHold', order: wallet.order(fields) }
    }
    return this.escrowCommand(next, own, now) ?? this.iouCommand(next, own, now, wallet, other)
  }

  private escrowCommand({ kind, actor, other, amount, pick }: Step, own: object, now: bigint) {
    const wallet = wallets[actor as 0 | 1 | 2]
    const seller = wallets[other as 0 | 1 | 2].address
    const { id, order } = this.escrows[pick % Math.max(1, this.escrows.length)] ?? { id: zeroHash, order: undefined }
    const payer = wallets.find(({ address }) => address === order?.wallet) ?? wallet
    switch (kind) {
      case 'open':
        return this.opening(
          wallet,
          escrowOrder(wallet, { ...own, seller, nonce: this.nonce, expires: now + 60n + BigInt(pick) }),
        )
      case 'openByDelegate': {
        const fields = {
          ...own,
          seller,
          wallet: wallets[0].address,
          nonce: this.nonce,
          expires: now + BigInt(60 + pick),
        }
        return this.opening(delegate, escrowOrder(delegate, fields))
      }
      case 'capture':
        return { type: 'CaptureEscrow', capture: escrowCapture(payer, id, amount) } as const
      case 'captureByDelegate':
        return { type: 'CaptureEscrow', capture: escrowCapture(delegate, id, amount, wallets[0].address) } as const
      case 'release': {
        const releasing = wallets.find(({ address }) => address === order?.seller) ?? wallet
        return { type: 'ReleaseEscrow', release: escrowRelease(releasing, id) } as const
      }
      default:
        return undefined
    }
  }

  private opening(signer: Actor, order: ReturnType<typeof escrowOrder>): LedgerCommand {
    this.escrows.push({ id: digestOfEscrow(order), order: order.message })
    return { type: 'OpenEscrow', order: signer.sign<EscrowOrder>(escrowOrderType, order.message) }
  }

  private iouCommand(
    { kind, pick }: Step,
    own: { readonly amountMicrocredits: bigint; readonly nonce: bigint; readonly deadline: bigint },
    now: bigint,
    wallet: Actor,
    other: Actor,
  ): LedgerCommand {
    const digest = this.ious[pick % Math.max(1, this.ious.length)] ?? zeroHash
    const known = this.ledger.state.ious.get(digest)?.iou
    const debtor = wallets.find(({ address }) => address === known?.debtor) ?? wallet
    const creditor = wallets.find(({ address }) => address === known?.creditor) ?? other
    if (kind === 'redeem') return { type: 'RedeemIou', redemption: iouRedemption(debtor, { ...own, iou: digest }) }
    if (kind === 'default') return { type: 'DefaultIou', declaration: iouDefault(creditor, digest) }
    const promise = iou(wallet, { ...own, creditor: other.address, dueAt: now + BigInt(pick) })
    this.ious.push(digestOfIou(promise))
    return { type: 'IssueIou', iou: promise }
  }
}

/** Which escrow an event ends. */
function endedEscrow(event: LedgerEvent): Hex | undefined {
  if (event.type === 'EscrowCaptured') return event.data.capture.message.escrow
  if (event.type === 'EscrowReleased') return event.data.release.message.escrow
  return event.type === 'EscrowExpired' ? event.data.escrow : undefined
}

const sequences = fc.array(step, { minLength: 20, maxLength: 60 })

describe('any sequence of escrows and IOUs', () => {
  it('keeps all credits, and sets aside for each payer just what its open escrows and holds have', () => {
    fc.assert(
      fc.property(sequences, steps => {
        const driver = new Driver()
        const { state } = driver.ledger
        for (const next of steps) {
          driver.run(next)
          const { wallets: available, holds, reserve } = booksOf(state)
          assert.equal(available + holds, reserve)
          assert.equal(reserve, 3n * deposited)
          for (const { address } of wallets) {
            const open = [...state.escrows.values()].filter(({ wallet }) => wallet === address)
            const held = [...state.holds.values()].filter(({ payer }) => payer === address)
            const aside = [...open, ...held].reduce((sum, { amountMicrocredits }) => sum + amountMicrocredits, 0n)
            assert.equal(state.held.get(address) ?? 0n, aside)
          }
        }
      }),
      { numRuns: 25, seed: 20_261_151 },
    )
  })

  it('ends each escrow once, at the latest at its time, and leaves nothing of it', () => {
    fc.assert(
      fc.property(sequences, steps => {
        const driver = new Driver()
        for (const next of steps) driver.run(next)
        const { ledger } = driver
        ledger.nowMs += 40 * days
        ledger.deposit(delegate.address, 1n)
        const opened = ledger.events.filter(event => event.type === 'EscrowOpened')
        const ended = ledger.events.filter(event => endedEscrow(event) !== undefined)
        assert.deepEqual(ended.map(endedEscrow).sort(), opened.map(({ data }) => data.escrow).sort())
        const expires = new Map(opened.map(({ data }) => [data.escrow, Number(data.order.message.expires) * 1_000]))
        for (const event of ended) {
          const atMs = expires.get(endedEscrow(event) as Hex) ?? 0
          assert.ok(event.type === 'EscrowExpired' ? event.atMs === atMs : event.atMs < atMs, event.type)
        }
        const { escrows, held, expiries, endedEscrows } = ledger.state
        assert.deepEqual([escrows.size, held.size, expiries.size, endedEscrows.size], [0, 0, 0, 0])
      }),
      { numRuns: 25, seed: 20_261_152 },
    )
  })

  it('never has less than nothing outstanding on an IOU, and just what was not redeemed', () => {
    fc.assert(
      fc.property(sequences, steps => {
        const driver = new Driver()
        for (const next of steps) driver.run(next)
        const { events, state } = driver.ledger
        const owed = new Map<Hex, bigint>()
        for (const event of events) {
          if (event.type === 'IouIssued') owed.set(event.data.digest, event.data.iou.message.amountMicrocredits)
          if (event.type !== 'IouRedeemed') continue
          const { iou: digest, amountMicrocredits } = event.data.redemption.message
          const left = (owed.get(digest) ?? 0n) - amountMicrocredits
          assert.ok(left >= 0n)
          assert.equal(event.data.outstandingMicrocredits, left)
          owed.set(digest, left)
        }
        const open = [...state.ious].map(([digest, { outstandingMicrocredits }]) => [digest, outstandingMicrocredits])
        assert.deepEqual(new Map(open as [Hex, bigint][]), new Map([...owed].filter(([, left]) => left > 0n)))
      }),
      { numRuns: 25, seed: 20_261_153 },
    )
  })

  it('replays from its stored bytes to the same state', () => {
    fc.assert(
      fc.property(sequences, steps => {
        const driver = new Driver()
        for (const next of steps) driver.run(next)
        const replayed = initialState()
        for (const stored of driver.ledger.stored) {
          const event = decodeEvent(stored)
          evolve(replayed, event, stored.hash, ethersCrypto)
          remember(replayed, event)
        }
        assert.deepEqual(replayed, driver.ledger.state)
      }),
      { numRuns: 10, seed: 20_261_154 },
    )
  })

  it('is mostly possible: each kind of event happens', () => {
    const kinds = new Set<string>()
    for (const steps of fc.sample(sequences, { numRuns: 20, seed: 20_261_155 })) {
      const driver = new Driver()
      for (const next of steps) driver.run(next)
      for (const { type } of driver.ledger.events) kinds.add(type)
    }
    const expected = ['EscrowOpened', 'EscrowCaptured', 'EscrowReleased', 'EscrowExpired', 'IouIssued', 'IouRedeemed']
    assert.deepEqual(
      [...expected, 'IouDefaulted'].filter(type => !kinds.has(type)),
      [],
    )
  })
})
