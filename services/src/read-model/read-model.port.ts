import type { AccountName, Address, EpochBooks, Hex, LedgerEvent, LedgerEventType, PayoutRow } from '@deparrow/ledger'

/** One entry of an event on an account of a wallet: `wallet:<a>`, `payable:<a>` or a hold of which the wallet is the payer. */
export type StatementEntry = {
  readonly position: number
  /** Place of the entry within its event, from 0. */
  readonly entryIndex: number
  readonly atMs: number
  readonly event: LedgerEventType
  readonly account: AccountName
  readonly amountMicrocredits: bigint
  /** Balance of `account` after this entry. */
  readonly balanceAfterMicrocredits: bigint
  /** The job, where the event belongs to one. */
  readonly orderDigest: Hex | undefined
}

export type StatementPage = {
  /** Newest first. An event is never cut in two, so a page may hold a few entries more than were asked for. */
  readonly entries: readonly StatementEntry[]
  /** Give it as `beforePosition` to go on; `undefined` at the end. */
  readonly nextPosition: number | undefined
}

export type AccountBalance = { readonly account: AccountName; readonly amountMicrocredits: bigint }

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

export type EpochFinality = { readonly position: number; readonly atMs: number; readonly transactionHash: Hex }

export type EpochRecord = Omit<EpochBooks, 'rows'> & {
  readonly closedPosition: number
  readonly closedAtMs: number
  /** Ascending by payee id. */
  readonly rows: readonly PayoutRow[]
  /** `undefined` until the chain has made the epoch final. */
  readonly finality: EpochFinality | undefined
}

/** What projections know up to {@link ReadModel.position}: always the state after a whole batch given to `apply`. */
export type ReadModel = {
  /**
   * Folds events in ascending order into the projections, in one transaction with the position. Events at or before the
   * position are skipped, so a batch may be given again. Throws {@link ReadModelGapError} when events are missing before them.
   */
  apply(events: readonly LedgerEvent[]): Promise<void>
  /** Position of the last event in the projections, 0 for none. */
  position(): Promise<number>
  /** `first` is 1 to 1 000; `beforePosition` leaves out events at and after it. */
  statement(wallet: Address, page: { readonly first: number; readonly beforePosition?: number }): Promise<StatementPage>
  /** All accounts by name, without holds that have ended. */
  balances(): Promise<readonly AccountBalance[]>
  settledJob(orderDigest: Hex): Promise<SettledJob | undefined>
  /** How many jobs of a node were settled, whatever their outcome. */
  jobsSettledOf(node: Address): Promise<number>
  /** The newest epochs first; `first` is 1 to 1 000. */
  epochs(first: number): Promise<readonly EpochRecord[]>
  /** Forgets everything, back to position 0. */
  clear(): Promise<void>
  close(): Promise<void>
}

/** Thrown when events are applied that do not follow those in the read model. Nothing was changed. */
export class ReadModelGapError extends Error {
  override readonly name = 'ReadModelGapError'
  readonly expectedPosition: number
  readonly foundPosition: number
  constructor(options: { expectedPosition: number; foundPosition: number }) {
    super(
      `the read model expects the event at position ${options.expectedPosition} and was given ${options.foundPosition}; ` +
        'if it does not belong to this journal, rebuild it with npm run rebuild -- --data DIR',
    )
    this.expectedPosition = options.expectedPosition
    this.foundPosition = options.foundPosition
  }
}
