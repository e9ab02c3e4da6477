import {
  decodeEvent,
  type LedgerCrypto,
  type LedgerEvent,
  Replica,
  ShardsAuditor,
  type Snapshot,
  type StoredEvent,
  zeroHash,
} from '@deparrow/ledger'
import type { Sim } from '../engine/sim.ts'
import { differingState } from './same-state.ts'
import { OnceEnded, SimpleBooks } from './simple-books.ts'

/** After so many events the sums over all shards are compared. */
const cutEveryEvents = 40

/** One shard's journal as it became durable, and what follows from it. */
export type CheckedJournal = {
  readonly shard: string
  readonly events: LedgerEvent[]
  readonly stored: StoredEvent[]
  readonly books: SimpleBooks
  readonly ends: OnceEnded
  /** Folded by the code under test, event by event: what a replay up to here gives. */
  readonly replica: Replica
  /** Where each command's events begin and end. */
  readonly commands: Map<string, { readonly first: number; last: number }>
}

/** Judges every event at the moment in which it becomes durable. */
export class JournalCheck {
  readonly journals: readonly CheckedJournal[]
  private readonly auditor: ShardsAuditor
  private uncut = 0

  constructor(
    private readonly sim: Sim,
    private readonly crypto: LedgerCrypto,
    names: readonly string[],
  ) {
    this.auditor = new ShardsAuditor(crypto, names.length)
    this.journals = names.map(shard => this.emptyJournal(shard))
  }

  journal(shard: string): CheckedJournal {
    const found = this.journals.find(journal => journal.shard === shard)
    if (found === undefined) throw new RangeError(`there is no shard ${shard}`)
    return found
  }

  /** Takes what a store has made durable. */
  appended(shard: string, batch: readonly StoredEvent[]): void {
    const journal = this.journal(shard)
    for (const stored of batch) {
      if (this.sim.violation === undefined) this.add(journal, stored)
    }
    this.uncut += batch.length
    if (this.uncut >= cutEveryEvents) this.cut()
  }

  /** The sums over all shards, in µcr. */
  cut(): { readonly inFlightMicrocredits: bigint } | undefined {
    this.uncut = 0
    const cut = this.auditor.cut()
    if (!('problem' in cut)) return cut
    this.sim.fail('reserve is the sum of all the others over all shards', cut.problem)
    return undefined
  }

  /** A snapshot is what a replay up to its position gives. */
  snapshotTaken(shard: string, snapshot: Snapshot): void {
    const { stored } = this.journal(shard)
    const { position, hash } = snapshot
    const found = stored[position - 1]?.hash ?? zeroHash
    this.sim.require(found === hash, 'a snapshot is of the journal', () => `${shard} at ${position} has hash ${found}`)
    if (found !== hash) return
    const replayed = this.replicaOf(shard)
    for (const event of stored.slice(0, position)) replayed.apply(event)
    const difference = differingState(snapshot.state, replayed.state)
    if (difference !== undefined)
      this.sim.fail('replay is live state', `${shard} at ${position} differs in ${difference}`)
  }

  private add(journal: CheckedJournal, stored: StoredEvent): void {
    const { sim } = this
    const event = decodeEvent(stored)
    sim.note(
      `${journal.shard} ${stored.position} ${event.type} ${event.commandId} at ${event.atMs} ${stored.hash.slice(0, 18)}`,
    )
    sim.count(event.type)
    if (event.type === 'CommandRefused') sim.count(`refused: ${event.data.refusal.code}`)
    const finding = this.auditor.follow(this.journals.indexOf(journal), event, stored.payload, stored.hash)
    if (finding !== undefined)
      sim.fail('the auditor finds nothing', `${journal.shard} ${event.position}: ${finding.problem}`)
    const unbalanced = journal.books.add(event)
    if (unbalanced !== undefined) sim.fail('reserve is the sum of the others, and nothing is negative', unbalanced)
    const twice = journal.ends.add(event, journal.books.balances)
    if (twice !== undefined) sim.fail('a hold ends once', twice)
    this.keepCommand(journal, event)
    journal.events.push(event)
    journal.stored.push(stored)
    if (sim.violation === undefined) journal.replica.apply(stored)
  }

  /** The events of a command stand together, and there are none of it anywhere else. */
  private keepCommand({ shard, commands }: CheckedJournal, { commandId, position }: LedgerEvent): void {
    const known = commands.get(commandId)
    if (known === undefined) commands.set(commandId, { first: position, last: position })
    else if (known.last === position - 1) known.last = position
    else {
      const detail = `${commandId} is in ${shard} at ${known.first} to ${known.last} and at ${position}`
      this.sim.fail('a command is in the journal once', detail)
    }
  }

  private emptyJournal(shard: string): CheckedJournal {
    return {
      shard,
      events: [],
      stored: [],
      books: new SimpleBooks(),
      ends: new OnceEnded(),
      replica: this.replicaOf(shard),
      commands: new Map(),
    }
  }

  private replicaOf(shard: string): Replica {
    const store = { read: async () => [], head: async () => ({ position: 0, hash: zeroHash }) }
    return new Replica({ store, shard, crypto: this.crypto })
  }
}
