type Cell = {
  readonly account: string
  amount: number
  /** Whether the change is noted already, or none ever is. */
  isNoted: boolean
}

/** Accounts of which an epoch has leaves. */
const hasLeaf = /^(?:wallet:|clearing:|treasury$|rewards$)/

/**
 * Balances by account, in µcr, which remember the accounts with leaves that were changed. Accounts that have nothing take no memory. Inside they
 * are numbers: the token's cap is far below 2^53, and what passes it is refused.
 */
export class Balances {
  private readonly cells = new Map<string, Cell>()
  private touched: Cell[] = []

  get(account: string): bigint | undefined {
    const cell = this.cells.get(account)
    return cell && BigInt(cell.amount)
  }

  /** Changes a balance and gives it back; `NaN` when it would be beyond exact numbers. */
  add(account: string, microcredits: number): number {
    const cell = this.cells.get(account) ?? this.open(account)
    if (!cell.isNoted) {
      cell.isNoted = true
      this.touched.push(cell)
    }
    cell.amount += microcredits
    if (cell.amount === 0) this.cells.delete(account)
    return Number.isSafeInteger(cell.amount) ? cell.amount : Number.NaN
  }

  /** The accounts that were changed since this was asked last. */
  takeTouched(): readonly string[] {
    const touched = this.touched
    this.touched = []
    for (const cell of touched) cell.isNoted = false
    return touched.map(({ account }) => account)
  }

  asMap(): ReadonlyMap<string, bigint> {
    return new Map([...this.cells].map(([account, { amount }]) => [account, BigInt(amount)]))
  }

  private open(account: string): Cell {
    const cell = { account: ownText(account), amount: 0, isNoted: !hasLeaf.test(account) }
    this.cells.set(cell.account, cell)
    return cell
  }
}

/** The same text in memory of its own: a text that was cut out of a long one keeps all of that in memory. */
export function ownText<T extends string>(text: T): T {
  return ` ${text}`.slice(1) as T
}
