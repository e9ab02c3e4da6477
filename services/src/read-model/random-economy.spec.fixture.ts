import type { Hex, LedgerCommand, LedgerEvent } from '@deparrow/ledger'
import { jobOrderType, transferType } from '@deparrow/ledger'
import { Actor, escrowCapture, escrowOrder, escrowRelease, permissionOf, TestLedger } from '@deparrow/ledger/testing'

export const agents = [new Actor(1), new Actor(2), new Actor(3)] as const
export const delegate = new Actor(21)
const nodes = [new Actor(11), new Actor(12)] as const

const stepKinds = [
  'transfer',
  'order',
  'order',
  'advance',
  'advance',
  'cancel',
  'escrow',
  'capture',
  'release',
  'wait',
  'payout',
] as const

/**
 * A journal of a small economy by the real ledger that is the same for the same seed: transfers, jobs and escrows that end in every way, by their
 * owners, their delegate, their time, and payouts; some events have the same time.
 */
export function randomJournal(seed: number, stepCount: number): TestLedger {
  const economy = new RandomEconomy(seed)
  for (let step = 0; step < stepCount; step++) economy.step()
  return economy.ledger
}

class RandomEconomy {
  readonly ledger = new TestLedger()
  private nonce = 1n

  constructor(private state: number) {
    for (const agent of agents) this.ledger.deposit(agent.address, 30_000_000n)
    for (const node of nodes) this.ledger.accept({ type: 'RegisterNode', registration: node.registration() })
    const wide = 10_000_000n
    const caps = { jobMicrocreditsMax: wide, hourMicrocreditsMax: wide, dayMicrocreditsMax: wide }
    this.ledger.accept({ type: 'GrantPermission', permission: permissionOf(agents[0], delegate, caps) })
  }

  /** What the ledger refuses changes nothing, and is journalled or not as it likes. */
  step(): void {
    this.nonce += 1n
    const command = this.command(this.pick(stepKinds))
    if (command !== undefined) this.ledger.submit(command)
  }

  private command(kind: (typeof stepKinds)[number]): LedgerCommand | undefined {
    const [payer, other] = [this.pick(agents), this.pick(agents)]
    const signer = payer === agents[0] && this.below(2) === 0 ? delegate : payer
    const amountMicrocredits = BigInt(1 + this.below(2_000_000))
    const about = { nonce: this.nonce, deadline: BigInt(Math.floor(this.ledger.nowMs / 1_000) + 20 + this.below(300)) }
    switch (kind) {
      case 'transfer': {
        const message = { ...about, from: payer.address, to: other.address, amountMicrocredits, lane: 0 }
        return { type: 'TransferCredits', transfer: signer.sign(transferType, message) }
      }
      case 'order': {
        const terms = { maxPriceMicrocredits: amountMicrocredits, graceSeconds: 30, lane: 1 }
        return { type: 'OpenHold', order: signer.sign(jobOrderType, payer.order({ ...about, ...terms }).message) }
      }
      case 'escrow': {
        const terms = {
          seller: other.address,
          wallet: payer.address,
          amountMicrocredits,
          lane: 2,
          expires: about.deadline,
        }
        return { type: 'OpenEscrow', order: escrowOrder(signer, { ...about, ...terms }) }
      }
      case 'payout':
        return { type: 'WithdrawCredits', withdrawal: payer.withdrawal({ ...about, amountMicrocredits, lane: 3 }) }
      case 'wait':
        this.ledger.nowMs += this.below(90_000)
        return undefined
      default:
        return kind === 'advance' || kind === 'cancel' ? this.onJob(kind) : this.onEscrow(kind)
    }
  }

  private onJob(kind: 'advance' | 'cancel'): LedgerCommand | undefined {
    const hold = this.pick([...this.ledger.state.holds.values()])
    if (hold === undefined) return undefined
    const { orderDigest } = hold
    const node = nodes.find(({ address }) => address === hold.assignment?.node) ?? this.pick(nodes)
    if (kind === 'cancel') return { type: 'ReleaseHold', orderDigest }
    if (hold.assignment === undefined) {
      return { type: 'AssignHold', orderDigest, node: node.address, attempt: hold.attempts + 1 }
    }
    if (hold.received !== undefined) return { type: 'SettleJob', orderDigest }
    const nowMs = BigInt(this.ledger.nowMs)
    const fields = { sequence: this.nonce, startedAtMs: nowMs, endedAtMs: nowMs, attempt: hold.attempts }
    return { type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, fields) }
  }

  private onEscrow(kind: 'capture' | 'release'): LedgerCommand | undefined {
    const open = this.pick([...this.ledger.state.escrows.values()])
    if (open === undefined) return undefined
    const by = [...agents, delegate].find(
      ({ address }) => address === (kind === 'capture' ? open.openedBy : open.seller),
    )
    if (by === undefined) return undefined
    if (kind === 'release') return { type: 'ReleaseEscrow', release: escrowRelease(by, open.escrow) }
    const part = 1n + (open.amountMicrocredits * BigInt(this.below(100))) / 101n
    return { type: 'CaptureEscrow', capture: escrowCapture(by, open.escrow, part, open.wallet) }
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }

  /** A linear congruential generator. */
  private below(limit: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.state / 2 ** 32) * limit)
  }
}

/** What wallets have and which holds are open after some events, by nothing but the events. */
export class Replay {
  private readonly balances = new Map<string, bigint>()
  /** Payers of all open holds by their ids, in the order of opening. */
  private readonly holds = new Map<Hex, string>()

  constructor(events: readonly LedgerEvent[]) {
    for (const event of events) {
      if (event.type === 'HoldOpened') this.holds.set(event.data.orderDigest, event.data.order.message.payer)
      if (event.type === 'EscrowOpened') this.holds.set(event.data.escrow, event.data.order.message.wallet)
      for (const { account, amountMicrocredits } of event.entries) {
        this.balances.set(account, (this.balances.get(account) ?? 0n) + amountMicrocredits)
      }
      for (const id of this.holds.keys()) if (this.balanceOf(`hold:${id}`) === 0n) this.holds.delete(id)
    }
  }

  wallet(wallet: string) {
    return {
      availableMicrocredits: this.balanceOf(`wallet:${wallet}`),
      heldMicrocredits: this.openHolds(wallet).reduce((sum, { amountMicrocredits }) => sum + amountMicrocredits, 0n),
      payableMicrocredits: this.balanceOf(`payable:${wallet}`),
    }
  }

  /** Newest first. */
  openHolds(wallet: string) {
    const own = [...this.holds].filter(([, payer]) => payer === wallet)
    return own.map(([id]) => ({ id, amountMicrocredits: this.balanceOf(`hold:${id}`) })).reverse()
  }

  private balanceOf(account: string): bigint {
    return this.balances.get(account) ?? 0n
  }
}
