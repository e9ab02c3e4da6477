import type { Address } from '@deparrow/ledger'
import type { ReadQueries } from '../read-model/read-queries.port.ts'
import type { AuditOptions } from './audit-options.ts'
import type { AuditedJournals } from './audited-journals.ts'
import type { LegFinding, LegState } from './leg-state.ts'

/** The projections as the audit reads them. */
export type AuditedReadModel = Pick<ReadQueries, 'position' | 'balances' | 'balanceAsOf'>

/** Wallets asked for in one comparison; the others wait for the next. */
const walletsMax = 200

/** A sweep may take this share of the time: one that takes a second is made at most every 100 s. */
const sweepShareMax = 0.01

/**
 * Holds the projections of a shard against the journal. Wallets that were touched are compared soon, by their history at a common position; all
 * accounts as they are now are compared in slow sweeps, which also find what nobody touched.
 */
export class ReadModelLeg {
  private readonly touched = new Set<Address>()
  private collectedTo = 0
  private sweepDueAtMs = 0

  constructor(
    readonly state: LegState,
    private readonly readModel: AuditedReadModel,
    private readonly journals: AuditedJournals,
    private readonly options: Pick<AuditOptions, 'sweepIntervalMs'>,
  ) {}

  /** Compares once. Throws what the read model throws; then it is late. */
  async compare(signal: AbortSignal): Promise<void> {
    const { shard } = this.state
    const position = await this.readModel.position(shard)
    if (!(await this.journals.reaches(shard, position, signal))) return this.state.differs(this.ahead(position))
    if (!this.journals.knows(shard, position)) return this.fallBehind()
    this.collectTouched(position)
    const finding = (await this.compareTouched(position)) ?? (await this.sweepIfDue(signal))
    if (finding === 'late') return
    if (finding === undefined) return this.state.agrees(position, this.journals.position(shard))
    // Everything is looked at again next time: the alarm is over when nothing of it is left.
    this.sweepDueAtMs = 0
    this.state.differs(finding)
  }

  private ahead(position: number): LegFinding {
    const end = this.journals.position(this.state.shard)
    return {
      position: end,
      account: undefined,
      expected: `no event after ${end}`,
      found: `projections of events up to ${position}`,
    }
  }

  /** What was touched meanwhile is not known any more; the next sweep looks at everything. */
  private fallBehind(): void {
    this.touched.clear()
    this.sweepDueAtMs = 0
    this.collectedTo = 0
  }

  private collectTouched(position: number): void {
    const { shard } = this.state
    if (position < this.collectedTo || !this.journals.knows(shard, this.collectedTo)) {
      this.fallBehind()
      this.collectedTo = position
    }
    for (const { account } of this.journals.entries(shard, this.collectedTo, position)) {
      const wallet = walletOf(account)
      if (wallet !== undefined) this.touched.add(wallet)
    }
    this.collectedTo = position
  }

  private async compareTouched(position: number): Promise<LegFinding | undefined> {
    const { shard } = this.state
    const later = this.journals.changes(shard, position)
    const expected = [...this.touched].slice(0, walletsMax).map(wallet => {
      const [available, payable] = [`wallet:${wallet}`, `payable:${wallet}`].map(account => ({
        account,
        amount: this.journals.balance(shard, account) - (later.get(account) ?? 0n),
      }))
      return { wallet, available, payable }
    })
    for (const { wallet, available, payable } of expected) {
      const found = await this.readModel.balanceAsOf(wallet, { position, shard })
      const finding =
        differenceAt(position, available, found.availableMicrocredits) ??
        differenceAt(position, payable, found.payableMicrocredits)
      if (finding !== undefined) return finding
      this.touched.delete(wallet)
    }
    return undefined
  }

  private async sweepIfDue(signal: AbortSignal): Promise<LegFinding | 'late' | undefined> {
    const startedAtMs = performance.now()
    if (startedAtMs < this.sweepDueAtMs) return undefined
    const finding = await this.sweep(signal)
    const endedAtMs = performance.now()
    const pauseMs = Math.max(this.options.sweepIntervalMs, (endedAtMs - startedAtMs) / sweepShareMax)
    if (finding !== 'late') this.sweepDueAtMs = endedAtMs + pauseMs
    return finding
  }

  /** Each row was read at some position between the two: there it must have been what the journal says. */
  private async sweep(signal: AbortSignal): Promise<LegFinding | 'late' | undefined> {
    const { shard } = this.state
    const from = await this.readModel.position(shard)
    const rows = await this.readModel.balances(shard)
    const to = await this.readModel.position(shard)
    if (!(await this.journals.reaches(shard, to, signal))) return this.ahead(to)
    if (to < from || !this.journals.knows(shard, from)) return 'late'
    const expected = this.balancesBetween(from, to)
    const found = new Map(rows.map(({ account, amountMicrocredits }) => [account as string, amountMicrocredits]))
    for (const account of new Set([...expected.keys(), ...found.keys()])) {
      const amount = found.get(account) ?? 0n
      const allowed = expected.get(account) ?? [0n]
      if (!allowed.includes(amount))
        return { position: to, account, expected: text(allowed[0] ?? 0n), found: text(amount) }
    }
    return undefined
  }

  /** What each account had after each event from one position to another, the newest first. */
  private balancesBetween(from: number, to: number): ReadonlyMap<string, readonly bigint[]> {
    const { shard } = this.state
    const later = this.journals.changes(shard, to)
    const balances = new Map<string, bigint[]>()
    for (const [account, amount] of this.journals.balances(shard))
      balances.set(account, [amount - (later.get(account) ?? 0n)])
    for (const { account, amountMicrocredits } of this.journals.entries(shard, from, to)) {
      const amounts = balances.get(account)
      amounts?.push((amounts.at(-1) ?? 0n) - amountMicrocredits)
    }
    return balances
  }
}

type Expected = { readonly account: string; readonly amount: bigint } | undefined

function differenceAt(position: number, expected: Expected, amount: bigint): LegFinding | undefined {
  if (expected === undefined || expected.amount === amount) return undefined
  return { position, account: expected.account, expected: text(expected.amount), found: text(amount) }
}

function text(amountMicrocredits: bigint): string {
  return `${amountMicrocredits} µcr`
}

function walletOf(account: string): Address | undefined {
  const [kind, wallet] = account.split(':')
  return kind === 'wallet' || kind === 'payable' ? (wallet as Address) : undefined
}
