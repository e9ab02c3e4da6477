import { EpochTree } from '../epoch/epoch-tree.ts'
import type { Hex } from '../hex.ts'
import type { SignedHoldCertificate } from '../hold/hold-certificate.ts'
import type { Clock } from '../ports/clock.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import type { EventStore, JournalHead, StoredEvent } from '../ports/event-store.ts'
import type { Ledger } from '../ports/ledger.ts'
import type { SnapshotStore } from '../ports/snapshot-store.ts'
import { decodeEvent } from './codec.ts'
import type { LedgerAnswer, LedgerCommand } from './command.ts'
import type { LedgerEvent } from './event.ts'
import { followJournal } from './follow-journal.ts'
import type { JournalListeners } from './journal-listeners.ts'
import { LedgerReads } from './ledger-reads.ts'
import { Replica } from './replica.ts'
import type { LedgerState } from './state.ts'

/** What only the shard's writer can do: decide, and sign. It may be another process. */
export type LedgerWriter = Pick<Ledger, 'submit' | 'holdCertificate' | 'acceptance' | 'inboxImported'>

export type FollowingLedgerParts = {
  readonly store: Pick<EventStore, 'read' | 'head' | 'waitBeyond'>
  readonly shard: string
  readonly crypto: LedgerCrypto
  readonly clock: Clock
  readonly writer: LedgerWriter
  readonly listeners: JournalListeners
  readonly snapshots?: SnapshotStore
}

type Waiter = { readonly position: number; readonly resolve: () => void; readonly reject: (error: unknown) => void }

/**
 * The ledger for a service that runs apart from its writer: reads come from a replica that follows the journal in the event store,
 * commands go to the writer. An accepted command is answered when the replica has it, so that whoever reads next sees it.
 */
export class FollowingLedger extends LedgerReads implements Ledger {
  private readonly stopping = new AbortController()
  private readonly waiters = new Set<Waiter>()
  private following: Promise<void> | undefined
  private failure: { readonly cause: unknown } | undefined

  protected readonly epochTree: EpochTree

  private constructor(
    private readonly parts: FollowingLedgerParts,
    private readonly replica: Replica,
  ) {
    super()
    this.epochTree = new EpochTree(parts.crypto)
  }

  /** Reads the journal so far. Throws `StoreDamagedError` when it is not what was written. */
  static async open(parts: FollowingLedgerParts): Promise<FollowingLedger> {
    const replica = await Replica.restore(parts)
    await replica.catchUp()
    const ledger = new FollowingLedger(parts, replica)
    ledger.following = ledger.follow()
    return ledger
  }

  async submit(command: LedgerCommand): Promise<LedgerAnswer> {
    const answer = await this.parts.writer.submit(command)
    if (answer.status === 'accepted') await this.whenAt(answer.lastPosition)
    return answer
  }

  holdCertificate(orderDigest: Hex): Promise<SignedHoldCertificate | undefined> {
    return this.parts.writer.holdCertificate(orderDigest)
  }

  acceptance(commandId: Hex): ReturnType<Ledger['acceptance']> {
    return this.parts.writer.acceptance(commandId)
  }

  inboxImported(untilMs: number): Promise<void> {
    return this.parts.writer.inboxImported(untilMs)
  }

  head(): JournalHead {
    const { position, hash } = this.replica.state
    return { position, hash }
  }

  async events(afterPosition: number, limit: number): Promise<readonly LedgerEvent[]> {
    return (await this.storedEvents(afterPosition, limit)).map(decodeEvent)
  }

  storedEvents(afterPosition: number, limit: number): Promise<readonly StoredEvent[]> {
    return this.parts.store.read(this.parts.shard, afterPosition, limit)
  }

  subscribe(listener: (events: readonly LedgerEvent[]) => void): () => void {
    return this.parts.listeners.add(listener)
  }

  /** Resolves when the replica has come to a position. Rejects with {@link FollowingEndedError} when it follows no longer. */
  whenAt(position: number): Promise<void> {
    if (this.replica.state.position >= position) return Promise.resolve()
    if (this.failure !== undefined) return Promise.reject(new FollowingEndedError(this.failure))
    return new Promise((resolve, reject) => this.waiters.add({ position, resolve, reject }))
  }

  async close(): Promise<void> {
    this.stopping.abort()
    await this.following
  }

  protected get state(): Readonly<LedgerState> {
    return this.replica.state
  }

  protected nowMs(): number {
    return this.parts.clock.nowMs()
  }

  private async follow(): Promise<void> {
    const { store, shard, listeners } = this.parts
    try {
      const { signal } = this.stopping
      for await (const page of followJournal(store, shard, this.replica.state.position, signal)) {
        listeners.tell(page.map(stored => this.replica.apply(stored)))
        this.wakeWaiters()
      }
      this.end(new Error('the ledger was closed'))
    } catch (cause) {
      this.end(cause)
    }
  }

  private wakeWaiters(): void {
    for (const waiter of this.waiters) {
      if (waiter.position > this.replica.state.position) continue
      this.waiters.delete(waiter)
      waiter.resolve()
    }
  }

  private end(cause: unknown): void {
    this.failure = { cause }
    for (const { reject } of this.waiters) reject(new FollowingEndedError(this.failure))
    this.waiters.clear()
  }
}

/** Thrown to callers that wait for a position when the replica does not follow any more. What they asked for may have happened. */
export class FollowingEndedError extends Error {
  override readonly name = 'FollowingEndedError'
  constructor(options: { readonly cause: unknown }) {
    super('the journal is no longer followed; look the command up by sending it again', options)
  }
}
