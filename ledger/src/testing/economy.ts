import { transferType } from '../account/transfer.ts'
import { type Hex, zeroHash } from '../hex.ts'
import type { LedgerCommand } from '../journal/command.ts'
import type { EpochBooks } from '../journal/event.ts'
import { Actor, digestOfOrder } from './actors.ts'
import { digestOfEscrow, escrowCapture, escrowOrder } from './escrow-actors.ts'
import { permissionOf } from './permission-actors.ts'
import { grantOf } from './rewards-actors.ts'
import { TestLedger } from './test-ledger.ts'

/** The wallets that act in an {@link Economy}. */
export const economyAgents = [1, 2, 3].map(number => new Actor(number)) as [Actor, Actor, Actor]
const [ann, bob] = economyAgents
const gateway = new Actor(21)
const node = new Actor(11)
const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }

/** What can happen in a step; what is there twice happens more often. */
export const economySteps = [
  'pay',
  'pay',
  'delegate',
  'job',
  'hold',
  'release',
  'escrow',
  'capture',
  'withdraw',
  'instruct',
  'force',
  'grant',
  'know',
  'wait',
  'close',
  'close',
  'settle',
] as const

/** One thing that somebody does: `who` from 0 to 2, `amount` above 0. */
export type EconomyStep = {
  readonly what: (typeof economySteps)[number]
  readonly who: number
  readonly amount: number
}

/** A ledger in which the agents have 10 credits each. */
export function fundedLedger(): TestLedger {
  const ledger = new TestLedger()
  for (const { address } of economyAgents) ledger.deposit(address, 10_000_000n)
  return ledger
}

export function closeEpoch(ledger: TestLedger): void {
  ledger.accept({ type: 'CloseEpoch', epoch: ledger.state.lastEpochNumber + 1 })
}

/** The chain makes the pending epoch final. */
export function finaliseEpoch(ledger: TestLedger): void {
  const { epoch, burnMicrocredits } = ledger.state.lastEpoch as EpochBooks
  ledger.accept({ type: 'RecordEpochFinal', epoch, burnMicrocredits, place })
}

/** The chain takes the pending epoch back. */
export function cancelEpoch(ledger: TestLedger): void {
  const { epoch, parent } = ledger.state.lastEpoch as EpochBooks
  ledger.accept({ type: 'RecordEpochCancelled', epoch, lastEpoch: epoch, headEpoch: parent, place })
}

/** Wallets that do all that moves credits, and a chain that makes epochs final or takes them back. */
export class Economy {
  private nonce = 0n
  private readonly orders: Hex[] = []
  private readonly escrows: { readonly escrow: Hex; readonly payer: Actor }[] = []

  /** After each step `follow` is called, and before a pending epoch ends `beforeEnd`. */
  constructor(
    private readonly watch: { readonly follow: () => void; readonly beforeEnd?: () => void },
    readonly ledger: TestLedger = fundedLedger(),
  ) {
    ledger.fundRewards(900_000_000n)
    ledger.accept({ type: 'RegisterNode', registration: node.registration() })
    const wide = 10n ** 10n
    const caps = { jobMicrocreditsMax: wide, hourMicrocreditsMax: wide, dayMicrocreditsMax: wide }
    ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, gateway, caps) })
    this.watch.follow()
  }

  take({ what, who, amount }: EconomyStep): void {
    const { ledger } = this
    const [actor, other] = [economyAgents[who] as Actor, economyAgents[(who + 1) % 3] as Actor]
    const amountMicrocredits = BigInt(amount)
    const about = { nonce: ++this.nonce, deadline: BigInt(Math.floor(ledger.nowMs / 1_000) + 600) }
    if (what === 'pay')
      this.submit({
        type: 'TransferCredits',
        transfer: actor.transfer({ ...about, to: other.address, amountMicrocredits }),
      })
    else if (what === 'delegate') {
      const { message } = ann.transfer({ ...about, to: bob.address, amountMicrocredits })
      this.submit({ type: 'TransferCredits', transfer: gateway.sign(transferType, message) })
    } else if (what === 'job' || what === 'hold') this.order(actor, about, what === 'job')
    else if (what === 'release') this.submit({ type: 'ReleaseHold', orderDigest: this.orders.pop() ?? zeroHash })
    else if (what === 'escrow') this.escrow(actor, other, { ...about, amountMicrocredits })
    else if (what === 'capture') this.capture(amountMicrocredits)
    else if (what === 'withdraw')
      this.submit({ type: 'WithdrawCredits', withdrawal: actor.withdrawal({ ...about, amountMicrocredits }) })
    else if (what === 'instruct') {
      this.submit({
        type: 'InstructPayouts',
        instruction: actor.instruction({ nonce: this.nonce, minimumMicrocredits: amountMicrocredits }),
      })
      this.submit({ type: 'PayByInstruction', wallet: actor.address })
    } else if (what === 'force')
      ledger.record('forcedWithdrawal', actor.address, 0n, { askedMicrocredits: amountMicrocredits })
    else if (what === 'grant')
      this.submit({ type: 'GrantCredits', grant: grantOf(actor.address, { ...about, amountMicrocredits }) })
    else if (what === 'know') this.submit({ type: 'RecordPayee', wallet: actor.address, id: who + 1 })
    else if (what === 'wait') ledger.nowMs += amount * 10
    else if (what === 'close') this.close()
    else if (this.isPending()) this.end(amount)
    this.watch.follow()
  }

  private submit(command: LedgerCommand): void {
    this.ledger.submit(command)
  }

  private isPending(): boolean {
    const { lastEpoch, lastEpochFinal } = this.ledger.state
    return lastEpoch !== undefined && lastEpoch.epoch > lastEpochFinal
  }

  private close(): void {
    if (!this.isPending()) closeEpoch(this.ledger)
  }

  private end(amount: number): void {
    this.watch.beforeEnd?.()
    if (amount % 3 === 0) cancelEpoch(this.ledger)
    else finaliseEpoch(this.ledger)
  }

  private order(payer: Actor, about: { readonly nonce: bigint; readonly deadline: bigint }, isRun: boolean): void {
    const { ledger } = this
    const order = payer.order({ ...about, maxPriceMicrocredits: 200_000n })
    if (ledger.balance(payer.address) < 200_000n) return
    const orderDigest = digestOfOrder(order)
    if (!isRun) {
      this.submit({ type: 'OpenHold', order })
      this.orders.push(orderDigest)
      return
    }
    ledger.assigned(order, node)
    ledger.nowMs += 1_000
    ledger.settle(node.receipt(orderDigest, { sequence: about.nonce }))
  }

  private escrow(
    payer: Actor,
    seller: Actor,
    about: { readonly nonce: bigint; readonly amountMicrocredits: bigint; readonly deadline: bigint },
  ): void {
    const order = escrowOrder(payer, { ...about, seller: seller.address, expires: about.deadline + 600n })
    this.submit({ type: 'OpenEscrow', order })
    this.escrows.push({ escrow: digestOfEscrow(order), payer })
  }

  private capture(amountMicrocredits: bigint): void {
    const { escrow, payer } = this.escrows.pop() ?? {}
    if (escrow === undefined || payer === undefined) return
    this.submit({ type: 'CaptureEscrow', capture: escrowCapture(payer, escrow, amountMicrocredits, payer.address) })
  }
}
