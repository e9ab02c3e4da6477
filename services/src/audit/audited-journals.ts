import { setImmediate } from 'node:timers/promises'
import {
  type EventStore,
  type Hex,
  type JournalHead,
  type LedgerCrypto,
  type LedgerEvent,
  readCanonicalEvent,
  ShapeError,
  type ShardFinding,
  ShardsAuditor,
  StoreDamagedError,
  type StoredEvent,
  zeroHash,
} from '@deparrow/ledger'
import type { Wait } from '../poll-loop.ts'
import type { AuditOptions } from './audit-options.ts'
import { RecentEvents } from './recent-events.ts'

export type AuditedJournalsParts = {
  readonly store: Pick<EventStore, 'read' | 'head'>
  /** The name of each shard's journal in the store. */
  readonly journals: readonly string[]
  readonly crypto: LedgerCrypto
  readonly wait: Wait
  readonly options: Pick<AuditOptions, 'windowEventsMax' | 'pageEvents' | 'loadShareMax'>
}

/** What follows the audit event by event. */
export type AuditListener = {
  /** The auditor has found nothing wrong with this event. */
  take(shard: number, event: LedgerEvent): void
  /** The journals are read again from their beginning. */
  reset(): void
}

/**
 * The journals of all shards as far as the independent auditor has followed them: each event is judged once. What it adds up from them
 * is what all other accounts of the same credits are held against.
 */
export class AuditedJournals {
  /** The first thing that was found wrong; while it stands nothing more is read, because what would follow is worthless. */
  finding: ShardFinding | undefined
  /** The ends of the journals when they were last looked at. */
  readonly heads: JournalHead[]
  private auditor: ShardsAuditor
  private readonly recent: readonly RecentEvents[]
  private readonly listeners: AuditListener[] = []
  private turn: Promise<unknown> = Promise.resolve()

  constructor(private readonly parts: AuditedJournalsParts) {
    this.auditor = new ShardsAuditor(parts.crypto, parts.journals.length)
    this.recent = parts.journals.map(() => new RecentEvents(parts.options.windowEventsMax))
    this.heads = parts.journals.map(() => ({ position: 0, hash: zeroHash }))
  }

  listen(listener: AuditListener): void {
    this.listeners.push(listener)
  }

  /** Position of the last event of a shard that was judged, 0 for none. */
  position(shard: number): number {
    return this.auditor.head(shard).position
  }

  /** The chain hash after an event that is still remembered. */
  hashAt(shard: number, position: number): Hex | undefined {
    return position === 0 ? zeroHash : this.recent[shard]?.hashAt(position)
  }

  /** Whether balances at this position can still be told. */
  knows(shard: number, position: number): boolean {
    return position <= this.position(shard) && (this.recent[shard]?.knowsAfter(position) ?? false)
  }

  /** The balance of one account in µcr where the auditor stands now. */
  balance(shard: number, account: string): bigint {
    return this.auditor.balance(shard, account)
  }

  /** All balances where the auditor stands now, in µcr. */
  balances(shard: number): ReadonlyMap<string, bigint> {
    return this.auditor.balances(shard)
  }

  /** What accounts moved by after a position up to another, both of them known; up to where the auditor stands unless it is named. */
  changes(shard: number, afterPosition: number, toPosition = this.position(shard)): ReadonlyMap<string, bigint> {
    return this.recent[shard]?.changes(afterPosition, toPosition) ?? new Map()
  }

  /** Entries after a position up to another, newest first. */
  entries(shard: number, afterPosition: number, toPosition: number): ReturnType<RecentEvents['entries']> {
    return (this.recent[shard] ?? new RecentEvents(1)).entries(afterPosition, toPosition)
  }

  /** What is wrong between the shards where the auditor stands now, such as an event that takes what another shard has not sent. */
  betweenShards(): ShardFinding | undefined {
    const cut = this.auditor.cut()
    return 'problem' in cut ? cut : undefined
  }

  /**
   * Whether the journal has an event at a position that somebody says to have: reads on until it is judged. Throws
   * {@link AuditHaltedError} while a finding stands.
   */
  async reaches(shard: number, position: number, signal: AbortSignal): Promise<boolean> {
    if (this.position(shard) >= position) return true
    await this.advance(signal)
    if (this.finding !== undefined) throw new AuditHaltedError()
    signal.throwIfAborted()
    return this.position(shard) >= position
  }

  /** Judges all that the journals hold at the call. One at a time; throws what the store throws. */
  advance(signal: AbortSignal): Promise<void> {
    return this.inTurn(() => this.advanceAll(signal))
  }

  /** Forgets everything; the next {@link advance} begins with the first events again. */
  restart(): Promise<void> {
    return this.inTurn(async () => {
      this.auditor = new ShardsAuditor(this.parts.crypto, this.parts.journals.length)
      this.finding = undefined
      for (const recent of this.recent) recent.clear()
      for (const listener of this.listeners) listener.reset()
    })
  }

  private inTurn(act: () => Promise<void>): Promise<void> {
    const next = this.turn.then(act)
    this.turn = next.catch(() => undefined)
    return next
  }

  private async advanceAll(signal: AbortSignal): Promise<void> {
    for (const [shard, journal] of this.parts.journals.entries()) {
      if (this.finding !== undefined) return
      this.finding = await this.advanceShard(shard, journal, signal)
    }
  }

  private async advanceShard(shard: number, journal: string, signal: AbortSignal): Promise<ShardFinding | undefined> {
    const { store, options } = this.parts
    try {
      const head = await store.head(journal)
      this.heads[shard] = head
      const cutOff = this.cutOffProblem(shard, head)
      if (cutOff !== undefined) return { shard, position: head.position, problem: cutOff }
      while (!signal.aborted && this.position(shard) < head.position) {
        const page = await store.read(journal, this.position(shard), options.pageEvents)
        if (page.length === 0) {
          return {
            shard,
            position: this.position(shard) + 1,
            problem: `is missing; the journal’s head is ${head.position}`,
          }
        }
        const finding = await this.judgePage(shard, page, signal)
        if (finding !== undefined) return finding
      }
      return undefined
    } catch (error) {
      if (!(error instanceof StoreDamagedError)) throw error
      return { shard, position: this.position(shard) + 1, problem: error.message }
    }
  }

  /** Judges a page, then leaves the process to others for a share of the time. */
  private async judgePage(
    shard: number,
    page: readonly StoredEvent[],
    signal: AbortSignal,
  ): Promise<ShardFinding | undefined> {
    const startedAtMs = performance.now()
    for (const stored of page) {
      const finding = this.judge(shard, stored)
      if (finding !== undefined) return finding
    }
    const { loadShareMax } = this.parts.options
    const pauseMs = (performance.now() - startedAtMs) * (1 / loadShareMax - 1)
    if (pauseMs >= 1) await this.parts.wait(pauseMs, signal)
    else await setImmediate()
    return undefined
  }

  private judge(shard: number, { position, payload, hash }: StoredEvent): ShardFinding | undefined {
    const event = readOrFind(payload)
    if (typeof event === 'string') return { shard, position, problem: event }
    const finding = this.auditor.follow(shard, event, payload, hash)
    if (finding !== undefined) return finding
    this.recent[shard]?.add(event, hash)
    for (const listener of this.listeners) listener.take(shard, event)
    return undefined
  }

  /** A journal only grows: what was judged is still there. */
  private cutOffProblem(shard: number, head: JournalHead): string | undefined {
    const judged = this.auditor.head(shard)
    if (head.position > judged.position) return undefined
    const known = head.position === judged.position ? judged.hash : this.hashAt(shard, head.position)
    if (known !== undefined && known !== head.hash) return 'was another event when it was audited'
    return head.position < judged.position ? `is the last one, ${judged.position} events were audited` : undefined
  }
}

function readOrFind(payload: string): LedgerEvent | string {
  try {
    return readCanonicalEvent(payload)
  } catch (error) {
    if (error instanceof ShapeError) return error.message
    throw error
  }
}

/** Thrown to comparisons while something is wrong with the journal itself: there is nothing to compare with. */
export class AuditHaltedError extends Error {
  override readonly name = 'AuditHaltedError'
  constructor() {
    super('the journal itself is wrong, so that nothing can be compared with it')
  }
}
