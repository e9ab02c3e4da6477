import type { Clock } from '../ports/clock.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { type EventStore, type JournalHead, UnknownOutcomeError } from '../ports/event-store.ts'
import { type BatchAnswer, type DecidedBatch, decideBatch } from './batch.ts'
import type { LedgerAnswer, LedgerCommand } from './command.ts'
import type { LedgerEvent } from './event.ts'
import type { Identified } from './identify.ts'
import { replayJournal } from './replay.ts'
import type { LedgerState } from './state.ts'

export type JournalWriterParts = {
  readonly store: EventStore
  readonly shard: string
  readonly crypto: LedgerCrypto
  readonly clock: Clock
}

/** Commands decided in one durable write at most: bounds the answer time of the first in a long queue. */
const batchCommandsMax = 1_000

/** After as many lost answers the store counts as gone and the writer closes rather than guess. */
const appendAttemptsMax = 5

/** How long the store keeps the lease for a writer that says nothing more. Appends go on after it; a standby may take over. */
export const leaseMs = 1_500

/** How often a writer renews its lease: it may miss one renewal and keep the shard. */
export const leaseRenewMs = 500

type Waiting = {
  readonly command: LedgerCommand | Identified
  readonly resolve: (answer: LedgerAnswer) => void
  readonly reject: (error: unknown) => void
}

type DurableReader = {
  readonly read: (state: Readonly<LedgerState>) => void
  readonly reject: (error: unknown) => void
}

/**
 * The one writer of a shard. It holds the state in memory, takes all commands that queued while the previous commit ran, decides
 * them one after another, appends all their events in one durable write, and then answers. When the outcome of a write is unknown
 * it takes a new lease, after which the lost write cannot arrive any more, and looks whether it had: if so it answers, if not it reads
 * the journal again and decides the same commands anew. When it is fenced, or the store fails otherwise, it closes: its callers get
 * the error, and nothing is answered that is not in the journal.
 */
export class JournalWriter {
  private readonly queue: Waiting[] = []
  private readonly readers: DurableReader[] = []
  private current: LedgerState
  private durable: JournalHead
  private writing: Promise<void> | undefined
  private committing: Promise<void> = Promise.resolve()
  private isClosing = false
  private failure: { readonly cause: unknown } | undefined

  /** `publish` gets every durable batch, in order, before its commands are answered. */
  constructor(
    private readonly parts: JournalWriterParts,
    private readonly publish: (events: readonly LedgerEvent[]) => void,
    private leaseEpoch: number,
    state: LedgerState,
  ) {
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

  /** Writes what time alone has brought, such as expiries. Resolves when it is durable, rejects when it cannot be. */
  async catchUp(): Promise<void> {
    if (this.failure === undefined && !this.isClosing) this.wake()
    await this.writing
    if (this.failure !== undefined) throw new LedgerClosedError(this.failure)
  }

  /** Resolves when the write that is on its way has ended, in whatever way. */
  settled(): Promise<void> {
    return this.committing
  }

  /**
   * Prolongs the lease. Resolves to `false`, and closes the writer, when another one has taken the shard: whatever it would answer
   * from now on could be out of date.
   */
  async renewLease(): Promise<boolean> {
    const { store, shard } = this.parts
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
    await this.writing
    if (this.failure === undefined) await this.parts.store.release(this.parts.shard, this.leaseEpoch)
  }

  private wake(): void {
    this.writing ??= this.writeQueued()
  }

  private async writeQueued(): Promise<void> {
    await Promise.resolve()
    do {
      this.committing = this.commit(this.queue.splice(0, batchCommandsMax))
      await this.committing
      this.showDurable()
    } while (this.queue.length > 0)
    this.writing = undefined
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.decideAndAppend(batch.map(waiting => waiting.command))
      batch.forEach((waiting, index) => {
        answer(waiting, answers[index] as BatchAnswer)
      })
    } catch (cause) {
      for (const waiting of batch) waiting.reject(cause)
      this.fail(cause)
    }
  }

  private fail(cause: unknown): void {
    this.failure ??= { cause }
    for (const waiting of [...this.queue.splice(0), ...this.readers.splice(0)]) waiting.reject(cause)
  }

  private showDurable(): void {
    for (const { read, reject } of this.readers.splice(0)) {
      try {
        read(this.current)
      } catch (error) {
        reject(error)
      }
    }
  }

  private async decideAndAppend(commands: readonly Waiting['command'][]): Promise<readonly BatchAnswer[]> {
    for (;;) {
      const answers = await this.decideAndAppendOnce(commands)
      if (answers !== undefined) return answers
    }
  }

  private async decideAndAppendOnce(commands: readonly Waiting['command'][]): Promise<DecidedBatch['answers']> {
    const { clock, crypto, store, shard } = this.parts
    for (let attempt = 1; ; attempt++) {
      const batch = decideBatch(this.current, commands, clock.nowMs(), crypto)
      if (batch.stored.length === 0) return batch.answers
      try {
        await this.append(batch)
        return this.written(batch)
      } catch (error) {
        if (!(error instanceof UnknownOutcomeError)) throw error
        if (await this.hasArrived(batch)) return this.written(batch)
        if (attempt === appendAttemptsMax) throw error
        this.current = await replayJournal(store, shard, crypto)
      }
    }
  }

  private async append({ stored }: DecidedBatch): Promise<void> {
    const { store, shard } = this.parts
    const { leaseEpoch } = this
    const result = await store.append({ shard, leaseEpoch, expectedPosition: this.durable.position, events: stored })
    if (result === 'fenced') throw new WriterFencedError(shard)
  }

  /**
   * Whether a write whose answer was lost is in the journal. The new lease fences it off if it is still on its way; it is taken only
   * by the writer that still had one, so that two writers do not take the shard from each other in turn.
   */
  private async hasArrived({ stored }: DecidedBatch): Promise<boolean> {
    const { store, shard } = this.parts
    if (!(await store.renew(shard, this.leaseEpoch, leaseMs))) throw new WriterFencedError(shard)
    const { leaseEpoch, head } = await store.acquire(shard, leaseMs)
    this.leaseEpoch = leaseEpoch
    const end = stored.at(-1)
    if (head.position === end?.position && head.hash === end.hash) return true
    if (head.position === this.durable.position && head.hash === this.durable.hash) return false
    throw new WriterFencedError(shard)
  }

  private written({ answers, events }: DecidedBatch): DecidedBatch['answers'] {
    const { position, hash } = this.current
    this.durable = { position, hash }
    this.publish(events)
    return answers
  }
}

function answer(waiting: Waiting, given: BatchAnswer): void {
  if (given.status === 'undecidable') waiting.reject(given.cause)
  else waiting.resolve(given)
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
