import type { Address, Hex, WalletBalance } from '@deparrow/ledger'
import type {
  AccountBalance,
  AsOf,
  BalanceAsOf,
  EpochRecord,
  HoldRecord,
  IouQuery,
  IouRecord,
  Page,
  PageRequest,
  PermissionRecord,
  PermissionSpend,
  RewardRecord,
  SettledJob,
  StatementPage,
  StatementQuery,
} from './read-records.ts'

/** How long to wait for projections, and when to give up before. */
export type WaitOptions = { readonly timeoutMs: number; readonly shard?: number; readonly signal?: AbortSignal }

/**
 * What projections are asked. Every answer is the state after a whole batch of events, never an older one than an earlier answer or
 * {@link ReadQueries.waitFor} of the same model, also while a rebuild takes the place of what was there. Numbers and cursors that make no sense are
 * refused with a `RangeError`.
 */
export type ReadQueries = {
  /** Position of the last event in the projections of a shard (0 unless it is named), 0 for none. */
  position(shard?: number): Promise<number>
  /**
   * Resolves when the projections hold the event at `position`, so that whoever has written it reads it. Rejects with `ReadModelBehindError`
   * when it has not come within `timeoutMs`, and with the signal's reason when that aborts.
   */
  waitFor(position: number, options: WaitOptions): Promise<void>
  /** What a wallet has now, over all shards. */
  balance(wallet: Address): Promise<WalletBalance>
  /** What a wallet had at a moment. Rejects with `ReadModelBehindError` for a position that the projections have not reached. */
  balanceAsOf(wallet: Address, at: AsOf): Promise<BalanceAsOf>
  /**
   * The holds and escrows of a payer that were open at a moment, newest first in a shard, also those that have ended since; their amounts add up to
   * `balanceAsOf(…).heldMicrocredits`. Rejects as {@link ReadQueries.balanceAsOf} does.
   */
  holdsAsOf(wallet: Address, at: AsOf, page: PageRequest): Promise<Page<HoldRecord>>
  /** A hold or escrow, open or ended, by the digest of its order. */
  hold(id: Hex): Promise<HoldRecord | undefined>
  statement(wallet: Address, query: StatementQuery): Promise<StatementPage>
  /** All accounts of a shard (0 unless it is named) by name, without holds that have ended. */
  balances(shard?: number): Promise<readonly AccountBalance[]>
  permission(digest: Hex): Promise<PermissionRecord | undefined>
  /** All permissions that a wallet has granted, newest first. */
  permissions(wallet: Address, page: PageRequest): Promise<Page<PermissionRecord>>
  /** The spends under a permission and what came back of them, newest first. */
  permissionSpends(digest: Hex, page: PageRequest): Promise<Page<PermissionSpend>>
  /** What was spent under a permission up to a moment, less what had come back by then, in µcr. */
  permissionSpentAsOf(digest: Hex, at: AsOf): Promise<bigint>
  iou(digest: Hex): Promise<IouRecord | undefined>
  /** Newest first. */
  ious(query: IouQuery): Promise<Page<IouRecord>>
  /** Grants and bonuses of a wallet, newest first. */
  rewards(wallet: Address, page: PageRequest): Promise<Page<RewardRecord>>
  settledJob(orderDigest: Hex): Promise<SettledJob | undefined>
  /** How many jobs of a node were settled, whatever their outcome. */
  jobsSettledOf(node: Address): Promise<number>
  /** The newest epochs first; `first` is 1 to 1 000. */
  epochs(first: number): Promise<readonly EpochRecord[]>
}

/** Thrown when the projections have not come to a position in time, or are asked about one that they have not reached. */
export class ReadModelBehindError extends Error {
  override readonly name = 'ReadModelBehindError'
  readonly shard: number
  readonly position: number
  readonly reachedPosition: number
  constructor(options: { shard: number; position: number; reachedPosition: number }) {
    super(
      `the read model has come to position ${options.reachedPosition} of shard ${options.shard}, not yet to ${options.position}`,
    )
    this.shard = options.shard
    this.position = options.position
    this.reachedPosition = options.reachedPosition
  }
}
