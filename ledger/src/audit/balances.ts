type Cell = { readonly account: string; amount: number; isTouched: boolean }

/**
 * Balances by account, in µcr, which remember the accounts that were changed. Inside they are numbers: the token's cap is far below 2^53, and what
 * passes it is refused.
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
    let cell = this.cells.get(account)
    if (cell === undefined) {
      const own = ownText(account)
      cell = { account: own, amount: 0, isTouched: false }
      this.cells.set(own, cell)
    }
    if (!cell.isTouched) {
      cell.isTouched = true
      this.touched.push(cell)
    }
    cell.amount += microcredits
    return Number.isSafeInteger(cell.amount) ? cell.amount : Number.NaN
  }

  /** The accounts that were changed since this was asked last. */
  takeTouched(): readonly string[] {
    const touched = this.touched
    this.touched = []
    for (const cell of touched) cell.isTouched = false
    return touched.map(({ account }) => account)
  }

  asMap(): ReadonlyMap<string, bigint> {
    return new Map([...this.cells].map(([account, { amount }]) => [account, BigInt(amount)]))
  }
}

/** The same text in memory of its own: a text that was cut out of a long one keeps all of that in memory. */
export function ownText<T extends string>(text: T): T {
  return ` ${text}`.slice(1) as T
}
