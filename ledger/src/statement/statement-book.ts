import type { TreeHashing } from '../epoch/sum-node.ts'
import type { EpochBooks, LedgerEvent } from '../journal/event.ts'
import { type Movement, movementsOf } from './event-movements.ts'
import { rowKey } from './movement-keys.ts'
import { OpenEvidence } from './open-evidence.ts'
import { type Statement, type StatementAccount, type StatementEntry, statementFrom } from './statement.ts'

type Movements = Map<StatementAccount, StatementEntry[]>

/**
 * What every account's statement in the newest closed epoch says: a fold over the journal from its first event. It holds what moved since the parent of
 * that epoch. For ledgers of one shard whose epochs the contract judges.
 */
export class StatementBook {
  private readonly open = new OpenEvidence()
  /** From the parent to the newest epoch that stands, while it is not final and after. */
  private closed: Movements = new Map()
  /** Since that epoch. */
  private current: Movements = new Map()
  private last: EpochBooks | undefined
  private final: EpochBooks | undefined

  constructor(private readonly crypto: TreeHashing) {}

  /** Takes the next event of the journal. Throws `EvidenceMissingError` when an event is left out on which this one stands. */
  apply(event: LedgerEvent): void {
    for (const movement of movementsOf(this.crypto, this.open, event)) add(this.current, movement)
    this.open.apply(event)
    if (event.type === 'EpochClosed') this.close(event.data)
    else if (event.type === 'EpochFinalised') this.final = this.last
    else if (event.type === 'EpochCancelled' && this.isPending(event.data.headEpoch)) this.takeBack()
  }

  /** The newest closed epoch that was not taken back. */
  get epoch(): EpochBooks | undefined {
    return this.last
  }

  /** Accounts that moved in it. */
  accounts(): readonly StatementAccount[] {
    const rows = (this.last?.rows ?? []).map(({ wallet }) => `payable:${wallet}` as const)
    return [...new Set<StatementAccount>([...this.closed.keys(), ...rows])]
  }

  /**
   * An account's statement in the newest closed epoch that stands, empty for one that did not move; `undefined` before the first. Once an epoch was
   * taken back it is that of the next one as soon as that closes. Throws `RangeError` when what moved does not fit the tree.
   */
  statement(account: StatementAccount): Statement | undefined {
    if (this.last === undefined) return undefined
    const { epoch, parent } = this.last
    const moved = this.closed.get(account) ?? []
    return statementFrom(this.crypto, { account, epoch, parent }, [...moved, ...this.rowsOf(account, this.last)])
  }

  private close(books: EpochBooks): void {
    this.closed = this.current
    this.current = new Map()
    this.last = books
  }

  private isPending(headEpoch: number): boolean {
    return this.last !== undefined && this.last.epoch !== this.final?.epoch && headEpoch < this.last.epoch
  }

  /** What moved in it moves in the next one; its rows never were. */
  private takeBack(): void {
    for (const [account, entries] of this.current) {
      this.closed.set(account, [...(this.closed.get(account) ?? []), ...entries])
    }
    this.current = this.closed
    this.closed = new Map()
    this.last = undefined
  }

  private rowsOf(account: StatementAccount, { epoch, rows }: EpochBooks): readonly StatementEntry[] {
    const index = rows.findIndex(({ wallet }) => account === `payable:${wallet}`)
    const row = rows[index]
    if (row === undefined) return []
    const evidence = { kind: 'row', row, index } as const
    const key = rowKey(this.crypto, epoch)
    return [{ key, creditMicrocredits: 0n, debitMicrocredits: row.incrementMicrocredits, evidence }]
  }
}

function add(movements: Movements, { account, ...entry }: Movement): void {
  const entries = movements.get(account)
  if (entries === undefined) movements.set(account, [entry])
  else entries.push(entry)
}
