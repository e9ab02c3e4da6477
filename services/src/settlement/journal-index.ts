import type {
  AccountName,
  Address,
  ChainPlace,
  EpochBooks,
  EventOf,
  LedgerConfig,
  LedgerEvent,
  PayoutRow,
} from '@deparrow/ledger'

/** An epoch whose books are closed in the journal. */
export type ClosedEpoch = {
  readonly books: EpochBooks
  readonly closedAtMs: number
  /** Where its finality was seen; `undefined` until then. */
  readonly final: ChainPlace | undefined
  /** How it ended without being final; `undefined` while it may be, or is. */
  readonly cancelled: EventOf<'EpochCancelled'>['data'] | undefined
}

/** What the chain said of a node's stake last, and where. Amounts in µcr. */
export type NodeStake = Omit<EventOf<'NodeStakeRecorded'>['data'], 'node'>

/**
 * What settlement knows from the journal alone: a fold over its events, so that a new object over the same journal knows the
 * same. Amounts in µcr.
 */
export class JournalIndex {
  config: LedgerConfig | undefined
  openedAtMs = 0
  /** The newest place on chain from which something was recorded. */
  lastPlace: ChainPlace | undefined
  inboxCount = 0
  /** Whether a balance has changed since the last epoch was closed. */
  hasChangedLeaves = false
  readonly epochs = new Map<number, ClosedEpoch>()
  /** The newest epoch that was closed, cancelled ones included. */
  lastEpoch = 0
  /** The highest number that the journal or the chain has given to an epoch; the next one has the number after it. */
  lastNumber = 0
  lastFinalEpoch = 0
  readonly payees = new Map<Address, number>()
  readonly claimed = new Map<Address, bigint>()
  /** Each wallet's newest row in a final epoch. */
  readonly finalRows = new Map<Address, { readonly epoch: number; readonly index: number; readonly row: PayoutRow }>()
  /** Wallets with payouts in no row yet, each with the time of the first of them; the one that has waited longest comes first. */
  readonly unposted = new Map<Address, number>()
  /** Since when a fee has been waiting to be burnt by an epoch; `undefined` while none does. */
  burnSinceMs: number | undefined
  readonly stakes = new Map<Address, NodeStake>()
  /** Nodes that were given a paid job; their payout wallets will need a payee id. */
  readonly engagedNodes = new Set<Address>()

  /** The epoch that is closed and not final; `undefined` when there is none. */
  get pending(): ClosedEpoch | undefined {
    const last = this.epochs.get(this.lastEpoch)
    return last?.final === undefined && last?.cancelled === undefined ? last : undefined
  }

  /** Since when a payout or a burn has been waiting for an epoch; `undefined` while none does. */
  get unpostedSinceMs(): number | undefined {
    const [payoutSinceMs] = this.unposted.values()
    if (payoutSinceMs === undefined || this.burnSinceMs === undefined) return payoutSinceMs ?? this.burnSinceMs
    return Math.min(payoutSinceMs, this.burnSinceMs)
  }

  /** Whether an epoch closed now would pay or burn something; payouts to wallets without a payee id are in no row. */
  get hasRowOrBurn(): boolean {
    if (this.burnSinceMs !== undefined) return true
    for (const wallet of this.unposted.keys()) if (this.payees.has(wallet)) return true
    return false
  }

  /** Takes the next event of the journal. */
  apply(event: LedgerEvent): void {
    this.applyEntries(event)
    switch (event.type) {
      case 'LedgerOpened':
        this.config = event.data.config
        this.openedAtMs = event.atMs
        break
      case 'InboxItemRecorded':
        this.inboxCount = event.data.index + 1
        this.lastPlace = event.data.place
        break
      case 'HoldAssigned':
        this.engagedNodes.add(event.data.node)
        break
      case 'PayoutScheduled':
        if (!this.unposted.has(event.data.wallet)) this.unposted.set(event.data.wallet, event.atMs)
        break
      case 'PayeeRegistered':
        this.payees.set(event.data.wallet, event.data.id)
        break
      case 'EpochClosed':
        this.applyClosed(event)
        break
      case 'EpochFinalised':
        this.applyFinal(event)
        break
      case 'EpochCancelled':
        this.applyCancelled(event)
        break
      case 'NodeStakeRecorded':
        this.applyStake(event)
        break
      case 'PayoutClaimed':
        this.claimed.set(event.data.wallet, event.data.cumulativeMicrocredits)
        this.lastPlace = event.data.place
        break
    }
  }

  private applyEntries({ entries, atMs }: LedgerEvent): void {
    for (const { account, amountMicrocredits } of entries) {
      if (account === 'burn' && amountMicrocredits > 0n) this.burnSinceMs ??= atMs
      if (isLeaf(account)) this.hasChangedLeaves = true
    }
  }

  private applyClosed({ data: books, atMs }: EventOf<'EpochClosed'>): void {
    this.epochs.set(books.epoch, { books, closedAtMs: atMs, final: undefined, cancelled: undefined })
    this.lastEpoch = books.epoch
    this.lastNumber = books.epoch
    this.hasChangedLeaves = false
    this.burnSinceMs = undefined
    for (const row of books.rows) this.unposted.delete(row.wallet)
  }

  /** What the epoch posted waits again, from now on: it has been gathered once. */
  private applyCancelled({ data, atMs }: EventOf<'EpochCancelled'>): void {
    const { pending } = this
    this.lastNumber = data.lastEpoch
    if (pending === undefined || data.headEpoch >= pending.books.epoch) return
    this.epochs.set(pending.books.epoch, { ...pending, cancelled: data })
    this.hasChangedLeaves = true
    if (pending.books.burnMicrocredits > 0n) this.burnSinceMs ??= atMs
    for (const row of pending.books.rows) if (!this.unposted.has(row.wallet)) this.unposted.set(row.wallet, atMs)
  }

  private applyStake({ data: { node, ...stake } }: EventOf<'NodeStakeRecorded'>): void {
    this.stakes.set(node, stake)
    this.lastPlace = stake.place
  }

  private applyFinal({ data }: EventOf<'EpochFinalised'>): void {
    const closed = this.epochs.get(data.epoch)
    if (closed === undefined) return
    this.epochs.set(data.epoch, { ...closed, final: data.place })
    this.lastFinalEpoch = data.epoch
    this.lastPlace = data.place
    for (const [index, row] of closed.books.rows.entries()) {
      this.finalRows.set(row.wallet, { epoch: data.epoch, index, row })
    }
  }
}

/** Whether an account's balance is part of a leaf. */
function isLeaf(account: AccountName): boolean {
  return account.startsWith('wallet:') || account.startsWith('hold:') || account === 'treasury' || account === 'rewards'
}
