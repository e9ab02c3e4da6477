import { EpochTree } from '../epoch/epoch-tree.ts'
import type { Clock } from '../ports/clock.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { type EventStore, type JournalHead, type StoredEvent, UnknownOutcomeError } from '../ports/event-store.ts'
import type { SnapshotStore } from '../ports/snapshot-store.ts'
import { decideBatch } from './batch.ts'
import type { LedgerAnswer, LedgerCommand } from './command.ts'
import type { LedgerEvent } from './event.ts'
import type { Identified } from './identify.ts'
import { addAll, addDecided, answerAll, emptyBatch, type OpenBatch, roomIn, type Waiting } from './open-batch.ts'
import { Replica } from './replica.ts'
import type { LedgerState } from './state.ts'

export type JournalWriterParts = {
  readonly store: EventStore
  readonly shard: string
  readonly crypto: LedgerCrypto
  readonly clock: Clock
  readonly snapshots?: SnapshotStore
  /** See `JournalLedgerParts`. */
  readonly awaitsInbox?: boolean
}

/** After as many lost answers the store counts as gone and the writer closes rather than guess. */
const appendAttemptsMax = 5

/** How long the store keeps the lease for a writer that says nothing more. Appends go on after it; a standby may take over. */
export const leaseMs = 1_500

/** How often a writer renews its lease: it may miss one renewal and keep the shard. */
export const leaseRenewMs = 500

type DurableReader = {
  readonly read: (state: Readonly<LedgerState>) => void
  readonly reject: (error: unknown) => void
}

/**
 * The one writer of a shard. It holds the state in memory and decides commands as they come, one after another, while the
 * previous write is on its way; when that is durable, all that was decided meanwhile goes out in one write, and is answered when it is
 * durable in its turn. When the outcome of a write is unknown it takes a new lease, after which the lost write cannot arrive any
 * more, and looks whether it had: if so it answers, if not it reads the journal again and decides the same commands anew. When it is
 * fenced, or the store fails otherwise, it closes: its callers get the error, and nothing is answered that is not in the journal.
 */
export class JournalWriter {
  private readonly queue: Waiting[] = []
  private readonly readers: DurableReader[] = []
  readonly epochTree: EpochTree
  private current: LedgerState
  private durable: JournalHead
  private open: OpenBatch = emptyBatch()
  private appending: Promise<void> | undefined
  private isScheduled = false
  private isClosing = false
  private lostInARow = 0
  private inboxUntilMs: number
  private idle: (() => void)[] = []
  private failure: { readonly cause: unknown } | undefined

  /** `publish` gets every durable batch, in order, before its commands are answered. */
  constructor(
    private readonly parts: JournalWriterParts,
    private readonly publish: (events: readonly LedgerEvent[]) => void,
    private leaseEpoch: number,
    state: LedgerState,
  ) {
    this.inboxUntilMs = parts.awaitsInbox ? 0 : Number.POSITIVE_INFINITY
    this.epochTree = new EpochTree(parts.crypto)
    this.current = state
    this.durable = { position: state.position, hash: state.hash }
  }

  /** The state after the newest decision, which may not be durable yet. */
  get state(): Readonly<LedgerState> {
    return this.current
  }

  /** The end of what is durable. */
  get head(): JournalHead {
    return this.durable
  }

  /** Decides a command in the next batch. An identified one was found to be signed by whom it says, and is not checked again. */
  submit(command: LedgerCommand | Identified): Promise<LedgerAnswer> {
    if (this.isClosing || this.failure !== undefined) return Promise.reject(new LedgerClosedError(this.failure))
    return new Promise((resolve, reject) => {
      this.queue.push({ command, resolve, reject })
      this.wake()
    })
  }

  /** See `Ledger.inboxImported`. */
  inboxImported(untilMs: number): void {
    this.inboxUntilMs = Math.max(this.inboxUntilMs, untilMs)
  }

  /** Writes what time alone has brought, such as expiries. Resolves when it is durable, rejects when it cannot be. */
  async catchUp(): Promise<void> {
    if (this.failure !== undefined) throw new LedgerClosedError(this.failure)
    if (this.isClosing) return this.whenIdle()
    await new Promise<void>((resolve, reject) => {
      this.queue.push({ command: undefined, resolve: () => resolve(), reject })
      this.wake()
    }).catch((cause: unknown) => {
      throw new LedgerClosedError({ cause })
    })
  }

  /** Resolves when all that is decided now is written, or cannot be. */
  async settled(): Promise<void> {
    const { position } = this.current
    // After a lost write the same commands may have come to fewer events, or none.
    const isUnwritten = () => this.durable.position < Math.min(position, this.current.position)
    while (this.failure === undefined && isUnwritten()) await (this.appending ?? Promise.resolve())
  }

  /**
   * Prolongs the lease. Resolves to `false`, and closes the writer, when another one has taken the shard: whatever it would answer
   * from now on could be out of date. A writer that has closed prolongs nothing, so that a standby takes its place.
   */
  async renewLease(): Promise<boolean> {
    const { store, shard } = this.parts
    if (this.failure !== undefined || (this.isClosing && this.isIdle())) return false
    const { leaseEpoch } = this
    const isHeld = await store.renew(shard, leaseEpoch, leaseMs)
    if (isHeld || leaseEpoch !== this.leaseEpoch) return true
    this.fail(new WriterFencedError(shard))
    return false
  }

  /** Calls `read` with the state at a moment when all of it is durable; `read` must have seen what it needs when it returns. */
  whenDurable<T>(read: (state: Readonly<LedgerState>) => T): Promise<Awaited<T>> {
    if (this.failure !== undefined) return Promise.reject(new LedgerClosedError(this.failure))
    return new Promise((resolve, reject) => {
      this.readers.push({ read: state => resolve(read(state) as Awaited<T>), reject })
      this.wake()
    })
  }

  /** Answers what is queued, takes nothing more, and ends the lease, so that a standby takes over at once. */
  async close(): Promise<void> {
    this.isClosing = true
    await this.whenIdle()
    if (this.failure === undefined) await this.parts.store.release(this.parts.shard, this.leaseEpoch)
  }

  private whenIdle(): Promise<void> {
    if (this.isIdle()) return Promise.resolve()
    return new Promise(resolve => this.idle.push(resolve))
  }

  private isIdle(): boolean {
    return this.appending === undefined && this.queue.length === 0 && this.open.waiting.length === 0
  }

  private wake(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    queueMicrotask(() => {
      this.isScheduled = false
      this.work()
    })
  }

  private work(): void {
    try {
      this.showDurable()
      this.decideQueued()
      if (this.appending === undefined) this.writeOpen()
    } catch (cause) {
      this.fail(cause)
    }
    if (this.isIdle()) for (const resolve of this.idle.splice(0)) resolve()
  }

  /** Decides what is queued, as far as one write takes it; waits with it while somebody wants to see a durable state. */
  private decideQueued(): void {
    const { clock, crypto } = this.parts
    while (this.queue.length > 0 && this.readers.length === 0) {
      const room = roomIn(this.open)
      if (room <= 0) return
      const taken = this.queue.slice(0, room)
      const commands = taken.flatMap(({ command }) => (command === undefined ? [] : [command]))
      const { answers, ...decided } = decideBatch(
        this.current,
        commands,
        clock.nowMs(),
        crypto,
        this.epochTree,
        this.inboxUntilMs,
      )
      addDecided(this.open, decided)
      if (answers === undefined) {
        this.open.isFull = true
        return
      }
      this.queue.splice(0, taken.length)
      addAll(this.open.waiting, taken)
      addAll(this.open.answers, answers)
    }
  }

  private writeOpen(): void {
    const batch = this.open
    if (batch.waiting.length === 0 && batch.stored.length === 0) return
    this.open = emptyBatch()
    // What had no room goes on being decided while this is written.
    if (this.queue.length > 0) this.wake()
    if (batch.stored.length === 0) {
      answerAll(batch)
      return
    }
    this.appending = this.commit(batch).then(
      () => this.ended(),
      (cause: unknown) => {
        for (const { reject } of batch.waiting) reject(cause)
        this.fail(cause)
        this.ended()
      },
    )
  }

  private ended(): void {
    this.appending = undefined
    this.work()
  }

  private async commit(batch: OpenBatch): Promise<void> {
    try {
      await this.append(batch.stored)
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError)) throw error
      if (!(await this.hasArrived(batch.stored))) return this.decideAgain(batch, error)
    }
    this.lostInARow = 0
    const end = batch.stored.at(-1) as StoredEvent
    this.durable = { position: end.position, hash: end.hash }
    this.publish(batch.events)
    answerAll(batch)
  }

  /** Reads the journal as it is and queues what was lost again, before what came later. */
  private async decideAgain(lost: OpenBatch, error: UnknownOutcomeError): Promise<void> {
    this.lostInARow += 1
    if (this.lostInARow === appendAttemptsMax) throw error
    const later = this.open
    this.open = { ...emptyBatch(), isFull: true }
    this.queue.unshift(...lost.waiting, ...later.waiting)
    const replica = await Replica.restore(this.parts)
    await replica.catchUp()
    this.current = replica.state
    this.open.isFull = false
  }

  private async append(events: readonly StoredEvent[]): Promise<void> {
    const { store, shard } = this.parts
    const { leaseEpoch } = this
    const result = await store.append({ shard, leaseEpoch, expectedPosition: this.durable.position, events })
    if (result === 'fenced') throw new WriterFencedError(shard)
  }

  /**
   * Whether a write whose answer was lost is in the journal. The new lease fences it off if it is still on its way; it is taken only
   * by the writer that still had one, so that two writers do not take the shard from each other in turn.
   */
  private async hasArrived(stored: readonly StoredEvent[]): Promise<boolean> {
    const { store, shard } = this.parts
    if (!(await store.renew(shard, this.leaseEpoch, leaseMs))) throw new WriterFencedError(shard)
    const { leaseEpoch, head } = await store.acquire(shard, leaseMs)
    this.leaseEpoch = leaseEpoch
    const end = stored.at(-1)
    if (head.position === end?.position && head.hash === end.hash) return true
    if (head.position === this.durable.position && head.hash === this.durable.hash) return false
    throw new WriterFencedError(shard)
  }

  private fail(cause: unknown): void {
    this.failure ??= { cause }
    const waiting = [...this.open.waiting, ...this.queue.splice(0), ...this.readers.splice(0)]
    this.open = emptyBatch()
    for (const { reject } of waiting) reject(cause)
  }

  private showDurable(): void {
    if (this.appending !== undefined || this.open.stored.length > 0) return
    for (const { read, reject } of this.readers.splice(0)) {
      try {
        read(this.current)
      } catch (error) {
        reject(error)
      }
    }
  }
}

/** Thrown to callers whose commands may be undecided because another writer holds the shard; ask that one again. */
export class WriterFencedError extends Error {
  override readonly name = 'WriterFencedError'
  constructor(shard: string) {
    super(`another writer holds shard ${shard}; this one has closed`)
  }
}

/** Thrown to callers that come after the ledger was closed or, with the reason as `cause`, had to close. */
export class LedgerClosedError extends Error {
  override readonly name = 'LedgerClosedError'
  constructor(failure?: { readonly cause: unknown }) {
    super('the ledger is closed and takes no more commands', failure)
  }
}
