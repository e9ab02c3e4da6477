import type { Address, Hex } from '../hex.ts'
import { type HoldCertificate, holdCertificateType, type SignedHoldCertificate } from '../hold/hold-certificate.ts'
import { dueByInstruction } from '../payout/decide.ts'
import type { Clock } from '../ports/clock.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import type { EventStore, JournalHead } from '../ports/event-store.ts'
import type { Books, Ledger, OpenHold, WalletBalance } from '../ports/ledger.ts'
import type { LedgerSigner } from '../ports/ledger-signer.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import { payableAccount, walletAccount } from './account-name.ts'
import { booksOf } from './books.ts'
import { decodeEvent } from './codec.ts'
import type { LedgerAnswer, LedgerCommand } from './command.ts'
import type { LedgerConfig } from './config.ts'
import { domainOf } from './decision.ts'
import type { LedgerEvent } from './event.ts'
import { JournalWriter } from './journal-writer.ts'
import { balanceOf, type LedgerState, lastNonceOf } from './state.ts'

export type JournalLedgerParts = {
  readonly store: EventStore
  readonly shard: string
  readonly crypto: LedgerCrypto
  readonly clock: Clock
  readonly signer: LedgerSigner
  /** Hears what a subscriber threw; must not throw itself. Without it such errors are dropped. */
  readonly onListenerError?: (error: unknown) => void
}

type Listener = (events: readonly LedgerEvent[]) => void

/**
 * The ledger of one shard: its writer, and views of the writer's state. After the writer had to close (it was fenced, the store
 * failed) its views may show what never became durable; certificates, events and the head never do.
 */
export class JournalLedger implements Ledger {
  private constructor(
    private readonly parts: JournalLedgerParts,
    private readonly writer: JournalWriter,
    private readonly listeners: Set<Listener>,
  ) {}

  /** Takes the shard's lease and reads its journal. Throws `StoreDamagedError` when the journal is not what was written. */
  static async open(parts: JournalLedgerParts): Promise<JournalLedger> {
    const listeners = new Set<Listener>()
    const writer = await JournalWriter.open(parts, events => tellAll(listeners, events, parts.onListenerError))
    return new JournalLedger(parts, writer, listeners)
  }

  submit(command: LedgerCommand): Promise<LedgerAnswer> {
    return this.writer.submit(command)
  }

  /**
   * Ends the holds whose time has come, also when nobody sends a command. Resolves when that is durable; rejects with
   * `LedgerClosedError` when it cannot be.
   */
  async expireHolds(): Promise<void> {
    const due = this.state.expiries.peek()
    if (due !== undefined && due.atMs <= this.parts.clock.nowMs()) await this.writer.catchUp()
  }

  dueInstructions(): readonly Address[] {
    const context = { state: this.state, nowMs: this.parts.clock.nowMs() }
    return [...this.state.instructions.keys()].filter(wallet => dueByInstruction(context, wallet) > 0n)
  }

  hold(orderDigest: Hex): OpenHold | undefined {
    return this.state.holds.get(orderDigest)
  }

  balance(wallet: Address): WalletBalance {
    return {
      availableMicrocredits: balanceOf(this.state, walletAccount(wallet)),
      heldMicrocredits: this.state.held.get(wallet) ?? 0n,
      payableMicrocredits: balanceOf(this.state, payableAccount(wallet)),
    }
  }

  lastNonce(wallet: Address, lane: number): bigint | undefined {
    return lastNonceOf(this.state, wallet, wallet, lane)
  }

  pendingSettlements(): readonly Hex[] {
    return [...this.state.unsettled]
  }

  payoutWallet(node: Address): Address | undefined {
    return this.state.nodes.get(node)?.payoutWallet
  }

  payeesToRegister(): readonly Address[] {
    return [...this.state.payouts].filter(([, account]) => account.payeeId === undefined).map(([wallet]) => wallet)
  }

  books(): Books {
    return booksOf(this.state)
  }

  config(): LedgerConfig | undefined {
    return this.state.config
  }

  async holdCertificate(orderDigest: Hex): Promise<SignedHoldCertificate | undefined> {
    await this.writer.settled()
    const hold = this.state.holds.get(orderDigest)
    if (hold?.assignment === undefined || hold.assignment.position > this.writer.head.position) return undefined
    const message: HoldCertificate = {
      hold: orderDigest,
      orderDigest,
      node: hold.assignment.node,
      attempt: hold.assignment.attempt,
      amountMicrocredits: hold.amountMicrocredits,
      position: BigInt(hold.assignment.position),
      expires: BigInt(Math.floor(hold.expiresAtMs / 1000)),
    }
    const digest = typedDataDigest(this.parts.crypto, domainOf(this.state), holdCertificateType, message)
    return { message, signature: await this.parts.signer.sign(digest) }
  }

  head(): JournalHead {
    return this.writer.head
  }

  async events(afterPosition: number, limit: number): Promise<readonly LedgerEvent[]> {
    return (await this.parts.store.read(this.parts.shard, afterPosition, limit)).map(decodeEvent)
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Answers what is queued and takes nothing more. The store stays open; it belongs to whoever made it. */
  close(): Promise<void> {
    return this.writer.close()
  }

  private get state(): Readonly<LedgerState> {
    return this.writer.state
  }
}

/** What a listener throws is its own affair: the events are durable, and the others hear of them too. */
function tellAll(
  listeners: ReadonlySet<Listener>,
  events: readonly LedgerEvent[],
  onError: ((error: unknown) => void) | undefined,
): void {
  for (const listener of listeners) {
    try {
      listener(events)
    } catch (error) {
      onError?.(error)
    }
  }
}
