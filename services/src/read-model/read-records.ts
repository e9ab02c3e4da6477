import type {
  AccountName,
  Address,
  EpochBooks,
  Hex,
  Iou,
  LedgerEventType,
  PayoutRow,
  SpendPermission,
  WalletBalance,
} from '@deparrow/ledger'

/** A place in the journal of one shard. A ledger of one shard has shard 0. Position 0 is before the first event. */
export type ShardPosition = { readonly shard: number; readonly position: number }

/**
 * A moment: after the event at a position of one shard (0 unless it is named), whose accounts alone are then counted; or after the last event
 * of every shard that is not later than a time in Unix ms.
 */
export type AsOf = { readonly position: number; readonly shard?: number } | { readonly atMs: number }

/** What a wallet had at a moment, in µcr, and the places in the journals that this moment is. */
export type BalanceAsOf = WalletBalance & { readonly places: readonly ShardPosition[] }

/** A part of a list. */
export type PageRequest = {
  /** How many records at most, 1 to 1 000. */
  readonly first: number
  /** `nextCursor` of the page before. It stays good when events are added, and after a rebuild. */
  readonly cursor?: string
}

export type Page<T> = {
  readonly items: readonly T[]
  /** Give it as `cursor` to go on; `undefined` at the end. */
  readonly nextCursor: string | undefined
}

/** The accounts of a wallet: its own, its holds (of jobs and escrows that it pays), and what is on its way to the chain. */
export type AccountKind = 'wallet' | 'hold' | 'payable'

/** What a movement was about, by the digest of the signed order or promise. */
export type MovementSubject = { readonly kind: 'job' | 'escrow' | 'iou'; readonly id: Hex }

/** One entry of an event on an account of a wallet: `wallet:<a>`, `payable:<a>` or a hold of which the wallet is the payer. */
export type StatementEntry = {
  readonly shard: number
  readonly position: number
  /** Place of the entry within its event, from 0. */
  readonly entryIndex: number
  readonly atMs: number
  readonly event: LedgerEventType
  readonly account: AccountName
  readonly amountMicrocredits: bigint
  /** Balance of `account` after this entry. */
  readonly balanceAfterMicrocredits: bigint
  /** All that the wallet had in this shard after this entry, so that any two entries of a statement can be compared. */
  readonly walletAfter: WalletBalance
  /** The other party, where the event names one. */
  readonly counterparty: Address | undefined
  readonly subject: MovementSubject | undefined
  /** The job, where the event belongs to one. */
  readonly orderDigest: Hex | undefined
}

/** Which entries of a wallet are wanted. What is left out does not narrow. Filters are joined by "and", the names within one by "or". */
export type StatementQuery = PageRequest & {
  /** Leaves out events at and after this position; for a ledger of one shard. */
  readonly beforePosition?: number
  readonly events?: readonly LedgerEventType[]
  readonly accountKinds?: readonly AccountKind[]
  /** Unix ms of the earliest event. */
  readonly fromMs?: number
  /** Unix ms at which the wanted time is over: events at that time are left out. */
  readonly untilMs?: number
  readonly counterparty?: Address
  /** A job, an escrow or an IOU. */
  readonly subject?: Hex
}

/**
 * A page of a statement. A filter looks through a bounded number of entries at a time, so a page may hold fewer than were asked for, or
 * none, and still have a next one.
 */
export type StatementPage = {
  /** Newest first. An event is never cut in two, so a page may hold a few entries more than were asked for. */
  readonly entries: readonly StatementEntry[]
  /** Give it as `cursor` to go on, with the same filters; `undefined` at the end. */
  readonly nextCursor: string | undefined
  /** Give it as `beforePosition` to go on, in a ledger of one shard; `undefined` at the end. */
  readonly nextPosition: number | undefined
}

export type AccountBalance = { readonly account: AccountName; readonly amountMicrocredits: bigint }

/** Credits that are, or were, set aside: for a job, or by an escrow for another agent. */
export type HoldRecord = {
  readonly shard: number
  readonly kind: 'job' | 'escrow'
  /** Digest of the order that opened it; its account is `hold:<id>`. */
  readonly id: Hex
  readonly payer: Address
  /** For whom an escrow is; `undefined` for a job. */
  readonly seller: Address | undefined
  readonly amountMicrocredits: bigint
  readonly openedPosition: number
  readonly openedAtMs: number
  readonly expiresAtMs: number
  /** Digest of the permission under which a delegate opened it; `undefined` when the payer signed itself. */
  readonly permission: Hex | undefined
  /** `undefined` while it is open, as far as is known now, whatever moment was asked about. */
  readonly end: HoldEnd | undefined
}

export type HoldEnd = {
  readonly position: number
  readonly atMs: number
  readonly event: LedgerEventType
  /** What has returned to the payer, in µcr; the rest was paid. */
  readonly releasedMicrocredits: bigint
}

export type SettledJob = {
  readonly orderDigest: Hex
  readonly position: number
  readonly atMs: number
  readonly node: Address
  readonly payoutWallet: Address
  readonly capturedMicrocredits: bigint
  readonly feeMicrocredits: bigint
  readonly earnedMicrocredits: bigint
  readonly releasedMicrocredits: bigint
}

/** A spending permission that was granted, whether it still stands or not. */
export type PermissionRecord = {
  readonly shard: number
  readonly digest: Hex
  readonly permission: SpendPermission
  readonly grantedPosition: number
  readonly grantedAtMs: number
  /** From this time on it is worth nothing: its expiry, its revocation, or the permission that took its place. */
  readonly endsAtMs: number
  /** Spent under this permission less what came back, in µcr. */
  readonly spentMicrocredits: bigint
  /** How many movements were made under it. */
  readonly spendCount: number
}

/** A spend under a permission, or the return of what such a spend had set aside. */
export type PermissionSpend = {
  readonly shard: number
  readonly position: number
  readonly atMs: number
  readonly event: LedgerEventType
  readonly permission: Hex
  readonly wallet: Address
  readonly delegate: Address
  /** Positive for a spend, negative for what came back; 0 when a hold or escrow was used up wholly. */
  readonly amountMicrocredits: bigint
  readonly counterparty: Address | undefined
  readonly subject: MovementSubject | undefined
  /** The delegate's totals after the event, as they are journalled. */
  readonly hourMicrocredits: bigint
  readonly dayMicrocredits: bigint
  readonly totalMicrocredits: bigint
  /** Spent under this permission alone, after the event. */
  readonly permissionMicrocredits: bigint
}

/** A promise to pay, from its issue on. */
export type IouRecord = {
  readonly shard: number
  readonly digest: Hex
  readonly iou: Iou
  readonly issuedPosition: number
  readonly issuedAtMs: number
  /** 0 when it is paid. */
  readonly outstandingMicrocredits: bigint
  /** When the creditor declared it in default; the debtor may have paid since. */
  readonly defaultedAtMs: number | undefined
  /** When the last part was paid. */
  readonly paidAtMs: number | undefined
}

/**
 * Which IOUs are wanted: those that a wallet owes, or those that are owed to it. `open` ones are not paid in full, whether they were
 * declared in default or not.
 */
export type IouQuery = PageRequest & {
  readonly wallet: Address
  readonly role: 'debtor' | 'creditor'
  readonly status: 'open' | 'paid'
}

/** Credits out of the rewards budget: a grant or a bonus, by the name of its event. */
export type RewardRecord = {
  readonly shard: number
  readonly position: number
  readonly atMs: number
  readonly event: LedgerEventType
  readonly wallet: Address
  readonly amountMicrocredits: bigint
  /** Why, in the treasurer's words; `undefined` for a bonus. */
  readonly reason: string | undefined
}

export type EpochFinality = { readonly position: number; readonly atMs: number; readonly transactionHash: Hex }

export type EpochRecord = Omit<EpochBooks, 'rows'> & {
  readonly closedPosition: number
  readonly closedAtMs: number
  /** Ascending by payee id. */
  readonly rows: readonly PayoutRow[]
  /** `undefined` until the chain has made the epoch final. */
  readonly finality: EpochFinality | undefined
}
