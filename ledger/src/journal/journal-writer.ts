import type { Clock } from '../ports/clock.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { type EventStore, type JournalHead, UnknownOutcomeError } from '../ports/event-store.ts'
import { type BatchAnswer, type DecidedBatch, decideBatch } from './batch.ts'
import type { LedgerAnswer, LedgerCommand } from './command.ts'
import type { LedgerEvent } from './event.ts'
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
const leaseMs = 2_000

type Waiting = {
  readonly command: LedgerCommand
  readonly resolve: (answer: LedgerAnswer) => void
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
  private current: LedgerState
  private durable: JournalHead
  private writing: Promise<void> | undefined
  private committing: Promise<void> = Promise.resolve()
  private isClosing = false
  private failure: { readonly cause: unknown } | undefined

  private constructor(
    private readonly parts: JournalWriterParts,
    private readonly publish: (events: readonly LedgerEvent[]) => void,
    private leaseEpoch: number,
    state: LedgerState,
  ) {
    this.current = state
    this.durable = { position: state.position, hash: state.hash }
  }

  /** Takes the shard's lease and reads its journal. `publish` gets every durable batch, in order, before its commands are answered. */
  static async open(
    parts: JournalWriterParts,
    publish: (events: readonly LedgerEvent[]) => void,
  ): Promise<JournalWriter> {
    const { leaseEpoch } = await parts.store.acquire(parts.shard, leaseMs)
    const state = await replayJournal(parts.store, parts.shard, parts.crypto)
    return new JournalWriter(parts, publish, leaseEpoch, state)
  }

  /** The state after the newest decision, which may not be durable yet. */
  get state(): Readonly<LedgerState> {
    return this.current
  }

  /** The end of what is durable. */
  get head(): JournalHead {
    return this.durable
  }

  submit(command: LedgerCommand): Promise<LedgerAnswer> {
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

  /** Answers what is queued and takes nothing more. */
  async close(): Promise<void> {
    this.isClosing = true
    await this.writing
  }

  private wake(): void {
    this.writing ??= this.writeQueued()
  }

  private async writeQueued(): Promise<void> {
    await Promise.resolve()
    do {
      this.committing = this.commit(this.queue.splice(0, batchCommandsMax))
      await this.committing
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
      this.failure = { cause }
      for (const waiting of [...batch, ...this.queue.splice(0)]) waiting.reject(cause)
    }
  }

  private async decideAndAppend(commands: readonly LedgerCommand[]): Promise<readonly BatchAnswer[]> {
    for (;;) {
      const answers = await this.decideAndAppendOnce(commands)
      if (answers !== undefined) return answers
    }
  }

  private async decideAndAppendOnce(commands: readonly LedgerCommand[]): Promise<DecidedBatch['answers']> {
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

  /** Whether a write whose answer was lost is in the journal. The new lease fences it off if it is still on its way. */
  private async hasArrived({ stored }: DecidedBatch): Promise<boolean> {
    const { store, shard } = this.parts
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
