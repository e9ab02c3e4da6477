import type { Address, Hex } from '../hex.ts'
import { type HoldCertificate, holdCertificateType, type SignedHoldCertificate } from '../hold/hold-certificate.ts'
import { dueByInstruction } from '../payout/decide.ts'
import type { Clock } from '../ports/clock.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { type EventStore, type JournalHead, UnknownOutcomeError } from '../ports/event-store.ts'
import type { Books, Ledger, OpenHold, WalletBalance } from '../ports/ledger.ts'
import type { LedgerSigner } from '../ports/ledger-signer.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import { payableAccount, walletAccount } from './account-name.ts'
import { decideBatch } from './batch.ts'
import { booksOf } from './books.ts'
import { decodeEvent } from './codec.ts'
import type { LedgerAnswer, LedgerCommand } from './command.ts'
import type { LedgerConfig } from './config.ts'
import { domainOf } from './decision.ts'
import type { LedgerEvent } from './event.ts'
import { replayJournal } from './replay.ts'
import { balanceOf, type LedgerState } from './state.ts'

export type JournalLedgerParts = {
  readonly store: EventStore
  readonly shard: string
  readonly crypto: LedgerCrypto
  readonly clock: Clock
  readonly signer: LedgerSigner
}

/** Commands decided in one durable write at most: bounds the answer time of the first in a long queue. */
const batchCommandsMax = 1_000

/** More than any batch can hold: two events a command, and the expiries that came due. */
const batchEventsMax = 10_000

/** After as many lost answers the store counts as gone and the ledger closes rather than guess. */
const appendAttemptsMax = 5

type Waiting = {
  readonly command: LedgerCommand
  readonly resolve: (answer: LedgerAnswer) => void
  readonly reject: (error: unknown) => void
}

/**
 * The one writer of a shard. It holds the state in memory, takes all commands that queued while the previous commit ran, decides
 * them one after another, appends all their events in one durable write, and then answers. When the outcome of a write is unknown
 * it drops its state, reads the journal again and decides the same commands anew: what was written is then answered as a
 * repetition, what was not is decided for the first time. When it is fenced, or the store fails otherwise, it closes: its callers
 * get the error, and nothing is answered that is not in the journal.
 */
export class JournalLedger implements Ledger {
  private readonly queue: Waiting[] = []
  private readonly listeners = new Set<(events: readonly LedgerEvent[]) => void>()
  private state: LedgerState
  private leaseEpoch: number
  private writing: Promise<void> | undefined
  private closed = false

  private constructor(
    private readonly parts: JournalLedgerParts,
    state: LedgerState,
    leaseEpoch: number,
  ) {
    this.state = state
    this.leaseEpoch = leaseEpoch
  }

  /** Takes the shard's lease and reads its journal. Throws `StoreDamagedError` when the journal is not what was written. */
  static async open(parts: JournalLedgerParts): Promise<JournalLedger> {
    const { leaseEpoch } = await parts.store.acquire(parts.shard)
    return new JournalLedger(parts, await replayJournal(parts.store, parts.shard, parts.crypto), leaseEpoch)
  }

  submit(command: LedgerCommand): Promise<LedgerAnswer> {
    if (this.closed) return Promise.reject(new LedgerClosedError())
    return new Promise((resolve, reject) => {
      this.queue.push({ command, resolve, reject })
      this.wake()
    })
  }

  /** Ends the holds whose time has come, also when nobody sends a command. Resolves when that is durable. */
  async expireHolds(): Promise<void> {
    const due = this.state.expiries.peek()
    if (due === undefined || due.atMs > this.parts.clock.nowMs() || this.closed) return
    this.wake()
    await this.writing
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

  lastNonce(signer: Address, lane: number): bigint | undefined {
    return this.state.nonces.get(signer)?.get(lane)
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
    const hold = this.state.holds.get(orderDigest)
    const position = this.state.decided.get(`assign:${orderDigest}:${hold?.attempts}`)?.firstPosition
    if (hold?.assignment === undefined || position === undefined) return undefined
    await this.writing
    const message: HoldCertificate = {
      hold: orderDigest,
      orderDigest,
      node: hold.assignment.node,
      attempt: hold.assignment.attempt,
      amountMicrocredits: hold.amountMicrocredits,
      position: BigInt(position),
      expires: BigInt(Math.floor(hold.expiresAtMs / 1000)),
    }
    const digest = typedDataDigest(this.parts.crypto, domainOf(this.state), holdCertificateType, message)
    return { message, signature: await this.parts.signer.sign(digest) }
  }

  head(): JournalHead {
    return { position: this.state.position, hash: this.state.hash }
  }

  async events(afterPosition: number, limit: number): Promise<readonly LedgerEvent[]> {
    return (await this.parts.store.read(this.parts.shard, afterPosition, limit)).map(decodeEvent)
  }

  subscribe(listener: (events: readonly LedgerEvent[]) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Answers what is queued and takes nothing more. The store stays open; it belongs to whoever made it. */
  async close(): Promise<void> {
    this.closed = true
    await this.writing
  }

  private wake(): void {
    this.writing ??= this.writeQueued().finally(() => {
      this.writing = undefined
      if (this.queue.length > 0) this.wake()
    })
  }

  private async writeQueued(): Promise<void> {
    await Promise.resolve()
    do {
      const batch = this.queue.splice(0, batchCommandsMax)
      try {
        const answers = await this.decideAndAppend(batch.map(waiting => waiting.command))
        batch.forEach((waiting, index) => {
          waiting.resolve(answers[index] as LedgerAnswer)
        })
      } catch (error) {
        this.closed = true
        for (const waiting of [...batch, ...this.queue.splice(0)]) waiting.reject(error)
      }
    } while (this.queue.length > 0)
  }

  /** Decides and makes durable; after a lost answer reads the journal again and decides anew, which finds what was written. */
  private async decideAndAppend(commands: readonly LedgerCommand[]): Promise<readonly LedgerAnswer[]> {
    const { store, shard, clock, crypto } = this.parts
    for (let attempt = 1; ; attempt++) {
      const expectedPosition = this.state.position
      const { answers, events, stored } = decideBatch(this.state, commands, clock.nowMs(), crypto)
      if (stored.length === 0) return answers
      try {
        const result = await store.append({ shard, leaseEpoch: this.leaseEpoch, expectedPosition, events: stored })
        if (result === 'fenced') throw new WriterFencedError(shard)
        this.publish(events)
        return answers
      } catch (error) {
        if (!(error instanceof UnknownOutcomeError) || attempt === appendAttemptsMax) throw error
        const before = expectedPosition
        this.state = await replayJournal(store, shard, crypto)
        this.publish((await store.read(shard, before, batchEventsMax)).map(decodeEvent))
      }
    }
  }

  private publish(events: readonly LedgerEvent[]): void {
    if (events.length === 0) return
    for (const listener of this.listeners) listener(events)
  }
}

/** Thrown to callers whose commands were not decided because another writer holds the shard. */
export class WriterFencedError extends Error {
  override readonly name = 'WriterFencedError'
  constructor(shard: string) {
    super(`another writer holds shard ${shard}; nothing was written`)
  }
}

export class LedgerClosedError extends Error {
  override readonly name = 'LedgerClosedError'
  constructor() {
    super('the ledger is closing and takes no more commands')
  }
}
