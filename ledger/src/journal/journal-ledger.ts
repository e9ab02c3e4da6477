import type { SignedAcceptance } from '../acceptance/acceptance.ts'
import { BatchAcceptances } from '../acceptance/batch-acceptances.ts'
import type { EpochTree } from '../epoch/epoch-tree.ts'
import { type Hex, isHexOf } from '../hex.ts'
import { type HoldCertificate, holdCertificateType, type SignedHoldCertificate } from '../hold/hold-certificate.ts'
import type { Clock } from '../ports/clock.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import type { EventStore, JournalHead, StoredEvent } from '../ports/event-store.ts'
import type { Ledger } from '../ports/ledger.ts'
import type { LedgerSigner } from '../ports/ledger-signer.ts'
import type { SnapshotStore } from '../ports/snapshot-store.ts'
import { pricingDigest } from '../pricing/pricing-digest.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import { decodeEvent } from './codec.ts'
import type { LedgerAnswer, LedgerCommand } from './command.ts'
import { domainOf } from './decision.ts'
import type { LedgerEvent } from './event.ts'
import type { Identified } from './identify.ts'
import { LedgerInvariantError } from './invariant-error.ts'
import { JournalListeners } from './journal-listeners.ts'
import { JournalWriter, leaseMs } from './journal-writer.ts'
import { LedgerReads } from './ledger-reads.ts'
import { Replica } from './replica.ts'
import { takeSnapshot } from './snapshot.ts'
import type { LedgerState } from './state.ts'

export type JournalLedgerParts = {
  readonly store: EventStore
  readonly shard: string
  readonly crypto: LedgerCrypto
  readonly clock: Clock
  readonly signer: LedgerSigner
  /** Where snapshots of the state lie; without it every start replays the whole journal. */
  readonly snapshots?: SnapshotStore
  /**
   * Whether somebody takes the contract's inbox into this journal and says how far by {@link Ledger.inboxImported}. An assigned hold without a receipt
   * then ends only when that was said for its end. Without it holds end by the clock alone.
   */
  readonly awaitsInbox?: boolean
  /** Hears what a subscriber threw; must not throw itself. Without it such errors are dropped. */
  readonly onListenerError?: (error: unknown) => void
}

type Listener = (events: readonly LedgerEvent[]) => void

/**
 * The ledger of one shard: its writer, and views of the writer's state. After the writer had to close (it was fenced, the store
 * failed) its views may show what never became durable; certificates, events and the head never do.
 */
export class JournalLedger extends LedgerReads implements Ledger {
  private constructor(
    private readonly parts: JournalLedgerParts,
    private readonly writer: JournalWriter,
    private readonly listeners: JournalListeners,
    private readonly acceptances: BatchAcceptances,
  ) {
    super()
  }

  /** Takes the shard's lease and reads its journal. Throws `StoreDamagedError` when the journal is not what was written. */
  static async open(parts: JournalLedgerParts): Promise<JournalLedger> {
    const { leaseEpoch } = await parts.store.acquire(parts.shard, leaseMs)
    const replica = await Replica.restore(parts)
    await replica.catchUp()
    return JournalLedger.take(parts, leaseEpoch, replica)
  }

  /** Goes on where a replica stands that has caught up under a lease. */
  static take(parts: JournalLedgerParts, leaseEpoch: number, { state }: Replica): JournalLedger {
    const listeners = new JournalListeners(parts.onListenerError)
    const acceptances = new BatchAcceptances(parts)
    const publish = (events: readonly LedgerEvent[]) => {
      acceptances.record(events, writer.head)
      listeners.tell(events)
    }
    const writer = new JournalWriter(parts, publish, leaseEpoch, state)
    return new JournalLedger(parts, writer, listeners, acceptances)
  }

  /**
   * Keeps the shard's lease from running out; to be called every {@link leaseRenewMs}. Resolves to `false` when another writer has
   * taken it, or this one had to close: it answers nothing more, and its process may end.
   */
  renewLease(): Promise<boolean> {
    return this.writer.renewLease()
  }

  /** Writes the durable state into the snapshot store, if there is one, so that the next start replays from here. */
  async saveSnapshot(): Promise<void> {
    const { snapshots, shard } = this.parts
    if (snapshots !== undefined) await this.writer.whenDurable(state => snapshots.save(shard, takeSnapshot(state)))
  }

  submit(command: LedgerCommand | Identified): Promise<LedgerAnswer> {
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

  async inboxImported(untilMs: number): Promise<void> {
    this.writer.inboxImported(untilMs)
    await this.expireHolds()
  }

  async holdCertificate(orderDigest: Hex): Promise<SignedHoldCertificate | undefined> {
    await this.writer.settled()
    const hold = this.state.holds.get(orderDigest)
    if (hold?.assignment === undefined || hold.assignment.position > this.writer.head.position) return undefined
    const message: HoldCertificate = {
      hold: orderDigest,
      orderDigest,
      node: hold.assignment.node,
      payoutWallet: hold.assignment.payoutWallet,
      attempt: hold.assignment.attempt,
      amountMicrocredits: hold.amountMicrocredits,
      position: BigInt(hold.assignment.position),
      expires: BigInt(Math.floor(hold.expiresAtMs / 1000)),
      assignedAtMs: BigInt(hold.assignment.sinceMs),
      pricingDigest: pricingDigest(this.parts.crypto, hold.pricing),
    }
    const digest = typedDataDigest(this.parts.crypto, domainOf(this.state), holdCertificateType, message)
    return { message, signature: await this.parts.signer.sign(digest) }
  }

  async acceptance(commandId: Hex): Promise<SignedAcceptance | undefined> {
    await this.writer.settled()
    const { config } = this.state
    const { head } = this.writer
    const position = isHexOf(commandId, 32) ? acceptedPositionOf(this.state, commandId) : undefined
    if (config === undefined || position === undefined || position > head.position) return undefined
    const place = { domain: domainOf(this.state), shard: config.shard }
    const decidedAt = { digest: commandId, position: BigInt(position) }
    return this.acceptances.sign(decidedAt, head, place, () => this.timeAt(position))
  }

  /** A time that is not the journal's would be a proof against the ledger, so that there is none for what cannot be read. */
  private async timeAt(position: number): Promise<number> {
    const [event] = await this.events(position - 1, 1)
    if (event?.position !== position) throw new LedgerInvariantError(`there is no event at position ${position}`)
    return event.atMs
  }

  head(): JournalHead {
    return this.writer.head
  }

  async events(afterPosition: number, limit: number): Promise<readonly LedgerEvent[]> {
    return (await this.storedEvents(afterPosition, limit)).map(decodeEvent)
  }

  storedEvents(afterPosition: number, limit: number): Promise<readonly StoredEvent[]> {
    return this.parts.store.read(this.parts.shard, afterPosition, limit)
  }

  subscribe(listener: Listener): () => void {
    return this.listeners.add(listener)
  }

  /** Answers what is queued, takes nothing more, and ends the lease. The store stays open; it belongs to whoever made it. */
  close(): Promise<void> {
    return this.writer.close()
  }

  protected get state(): Readonly<LedgerState> {
    return this.writer.state
  }

  protected get epochTree(): EpochTree {
    return this.writer.epochTree
  }

  protected nowMs(): number {
    return this.parts.clock.nowMs()
  }
}

/**
 * A refusal is journalled too, but it is no entry: who could show an acceptance of it could claim that an honest epoch left one out. A receipt is
 * accepted where its job is paid, not before: there the epoch's statements have it.
 */
function acceptedPositionOf(
  { decided, settledAt, unsettled, holds }: Readonly<LedgerState>,
  commandId: Hex,
): number | undefined {
  const settled = settledAt.get(commandId)
  if (settled !== undefined) return settled
  for (const orderDigest of unsettled) if (holds.get(orderDigest)?.received?.digest === commandId) return undefined
  const known = decided.get(commandId)
  if (typeof known !== 'object') return known
  return known.refusal === undefined ? known.lastPosition : undefined
}
