import type { disputedReceiptsAbi, disputesAbi, settlementAbi } from '@deparrow/contracts'
import type { Hex } from '@deparrow/ledger'
import type { Abi, ContractFunctionArgs, ContractFunctionName } from 'viem'

type Args<Contract extends Abi, Name extends ContractFunctionName<Contract, 'nonpayable'>> = ContractFunctionArgs<
  Contract,
  'nonpayable',
  Name
>

type DisputesName =
  | 'demandLeaf'
  | 'demandStatement'
  | 'demandReveal'
  | 'demandEntry'
  | 'demandHold'
  | 'demandLane'
  | 'demandDeposit'
  | 'demandAccepted'
  | 'demandCounterpart'
  | 'demandForced'
  | 'rank'
  | 'expire'
  | 'refund'

type SettlementName = 'cancelWrongRow' | 'cancelRowWithoutPrevious' | 'cancelUnpaid'

type DisputesWatchCall = {
  readonly [Name in DisputesName]: {
    readonly contract: 'disputes'
    readonly functionName: Name
    readonly args: Args<typeof disputesAbi, Name>
  }
}[DisputesName]

type SettlementWatchCall = {
  readonly [Name in SettlementName]: {
    readonly contract: 'settlement'
    readonly functionName: Name
    readonly args: Args<typeof settlementAbi, Name>
  }
}[SettlementName]

type ReceiptsName =
  | 'cancelStale'
  | 'demandKept'
  | 'demandPushed'
  | 'demandAcceptedReceipt'
  | 'demandDebited'
  | 'pushReceipt'

type ReceiptsWatchCall = {
  readonly [Name in ReceiptsName]: {
    readonly contract: 'disputedReceipts'
    readonly functionName: Name
    readonly args: Args<typeof disputedReceiptsAbi, Name>
  }
}[ReceiptsName]

/**
 * A call that the watcher wants sent. Sending one twice does no harm: the second reverts with `DemandKnown`, `DemandNotOpen` or `EpochNotPending`,
 * which says that the first did what it was for.
 */
export type WatchCall = (DisputesWatchCall | SettlementWatchCall | ReceiptsWatchCall) & {
  /** The demand that it opens, ends or ranks. */
  readonly demand?: Hex
  /** The digest of the receipt that it pushes. */
  readonly receipt?: Hex
}

/** Calls after which the epoch is cancelled, so that no other about it can be of use. */
export const endingCalls: ReadonlySet<WatchCall['functionName']> = new Set([
  'expire',
  'cancelStale',
  'cancelUnpaid',
  'cancelWrongRow',
  'cancelRowWithoutPrevious',
] as const)

/** What is wrong with an epoch, or could not be looked at. */
export type WatchFinding = {
  readonly code:
    | 'NO_JOURNAL'
    | 'JOURNAL_INCOMPLETE'
    | 'JOURNAL_UNSOUND'
    | 'ROOT_DIFFERS'
    | 'ROWS_DIFFER'
    | 'ROW_WRONG'
    | 'PAYABLE_UNPAID'
    | 'ACCEPTANCE_LEFT_OUT'
    | 'PARENT_DIFFERS'
    | 'DEBIT_WRONG'
    | 'HOLD_WRONG'
    | 'LANE_WRONG'
    | 'STATEMENT_WRONG'
    | 'CREDIT_MISSING'
    | 'FORCED_UNPAID'
    | 'NOT_KEPT'
    | 'RECEIPT_UNPAID'
    | 'PURSE_TOO_SMALL'
    | 'TOO_LATE'
  /** For a person. */
  readonly message: string
}

/** What to do about an epoch now. */
export type WatchPlan = {
  /**
   * `right`: it is what the journal gives; `wrong`: it is not, or what cannot be defended is in the journal itself; `unknown`: there is nothing to hold it to;
   * `waiting`: the journal may still come.
   */
  readonly verdict: 'right' | 'wrong' | 'unknown' | 'waiting'
  readonly findings: readonly WatchFinding[]
  /** In the order in which they are to be sent, up to the first of `endingCalls` that is confirmed. */
  readonly calls: readonly WatchCall[]
  /** What the purse lacks for demands that were left out, in wei. */
  readonly missingWei: bigint
}
