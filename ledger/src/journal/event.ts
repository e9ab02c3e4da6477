import type { Purchase } from '../account/purchase.ts'
import type { Transfer } from '../account/transfer.ts'
import type { ClearingDelivery, ClearingSent } from '../clearing/clearing.ts'
import type { ConfigChange } from '../config/config-change.ts'
import type { EscrowCapture, EscrowOrder, EscrowRelease } from '../escrow/escrow-order.ts'
import type { Address, Hex } from '../hex.ts'
import type { AssignmentRelease } from '../hold/hold-certificate.ts'
import type { OrderCancellation, SignedJobOrder } from '../hold/job-order.ts'
import type { InboxDetail, InboxKind } from '../inbox/inbox-item.ts'
import type { Iou, IouDefault, IouRedemption } from '../iou/iou.ts'
import type { NodeRegistration } from '../node/node-registration.ts'
import type { PayoutInstruction, Withdrawal } from '../payout/withdrawal.ts'
import type { PermissionRevocation, SpendPermission, UnderPermission } from '../permission/spend-permission.ts'
import type { SignedUsageReceipt } from '../receipt/usage-receipt.ts'
import type { Bonus } from '../rewards/bonus.ts'
import type { Grant } from '../rewards/grant.ts'
import type { DayNumber } from '../rewards/node-rewards.ts'
import type { Referral } from '../rewards/referral.ts'
import type { Signed } from '../typed-data/types.ts'
import type { LedgerConfig, Pricing, RewardLimits } from './config.ts'
import type { Entry } from './entry.ts'
import type { LedgerRefusal } from './refusal.ts'

/** Where on chain something was seen. */
export type ChainPlace = { readonly transactionHash: Hex; readonly blockNumber: bigint; readonly logIndex: number }

/** One payee's line of an epoch, as it is posted on chain. */
export type PayoutRow = {
  readonly id: number
  readonly wallet: Address
  readonly incrementMicrocredits: bigint
  readonly cumulativeMicrocredits: bigint
  /** The epoch that holds the payee's previous row, 0 for none. */
  readonly previousEpoch: number
}

/** The books of one epoch, as they are posted on chain. */
export type EpochBooks = {
  readonly epoch: number
  readonly parent: number
  /** How many inbox items the epoch covers. */
  readonly inboxCut: number
  readonly journalPosition: number
  readonly journalHash: Hex
  readonly burnMicrocredits: bigint
  readonly leavesRoot: Hex
  readonly leavesTotalMicrocredits: bigint
  readonly rows: readonly PayoutRow[]
}

/** Everything that can happen. Each event is a fact, is never edited, and carries the signature that allowed it. */
export type LedgerEventData =
  /** The first event: chain, contract, keys, prices, limits, and which shard this is. Moves nothing. */
  | { readonly type: 'LedgerOpened'; readonly data: { readonly config: LedgerConfig } }
  /**
   * An item of the contract’s inbox was seen final on chain. A deposit, a genesis amount: reserve + / wallet or budget +; emission: reserve + / payout
   * wallets by the fees burnt on their receipts, the rest to the treasury. A forced withdrawal, a revocation, a pushed receipt: moves nothing.
   */
  | {
      readonly type: 'InboxItemRecorded'
      readonly data: {
        readonly index: number
        readonly kind: InboxKind
        readonly account: Address
        readonly amountMicrocredits: bigint
        readonly place: ChainPlace
      } & InboxDetail
    }
  /** Wallet − / wallet +, under the sender’s signature. */
  | { readonly type: 'CreditsTransferred'; readonly data: { readonly transfer: Signed<Transfer> } & UnderPermission }
  /** An agent paid another for a service: wallet − / wallet +, under the buyer’s signature. */
  | { readonly type: 'ServiceBought'; readonly data: { readonly purchase: Signed<Purchase> } & UnderPermission }
  /** An order’s highest price was set aside: wallet − / hold +, under the payer’s signature. */
  | {
      readonly type: 'HoldOpened'
      readonly data: {
        readonly orderDigest: Hex
        readonly order: SignedJobOrder
        readonly expiresAtMs: number
      } & UnderPermission
    }
  /** A node got the job of a hold. Moves nothing. */
  | {
      readonly type: 'HoldAssigned'
      readonly data: { readonly orderDigest: Hex; readonly node: Address; readonly attempt: number }
    }
  /** A node gave its job back, under its signature. Moves nothing. */
  | { readonly type: 'HoldUnassigned'; readonly data: { readonly release: Signed<AssignmentRelease> } }
  /** The whole hold returned to the payer, who cancelled, or for whom no node was found: hold − / wallet +. */
  | {
      readonly type: 'HoldReleased'
      readonly data: {
        readonly orderDigest: Hex
        readonly amountMicrocredits: bigint
        /** The payer's signature, or that the market found no node; a release only ever returns credits to the payer. */
        readonly reason: 'cancelled' | 'notAssigned'
        readonly cancellation?: Signed<OrderCancellation>
      } & UnderPermission
    }
  /** The hold’s time was over without a receipt: hold − / wallet +. Dated at that time, or later when an assigned hold had to wait for the contract’s inbox. */
  | {
      readonly type: 'HoldExpired'
      readonly data: { readonly orderDigest: Hex; readonly amountMicrocredits: bigint } & UnderPermission
    }
  /** A node’s signed receipt is journalled; it waits for its settlement. Moves nothing. */
  | { readonly type: 'ReceiptReceived'; readonly data: { readonly receipt: SignedUsageReceipt } }
  /** A job was priced by its receipt: hold − / node’s payout wallet +, burn +, treasury +, the rest to the payer. */
  | {
      readonly type: 'JobSettled'
      readonly data: {
        readonly orderDigest: Hex
        readonly node: Address
        readonly payoutWallet: Address
        readonly capturedMicrocredits: bigint
        readonly feeMicrocredits: bigint
        readonly earnedMicrocredits: bigint
        readonly releasedMicrocredits: bigint
      } & UnderPermission
    }
  /** Credits were set aside for a seller: wallet − / hold +, under the payer’s signature. */
  | {
      readonly type: 'EscrowOpened'
      readonly data: { readonly escrow: Hex; readonly order: Signed<EscrowOrder> } & UnderPermission
    }
  /** The payer let the seller have an escrow, wholly or in part: hold − / seller’s wallet +, the rest to the payer. */
  | {
      readonly type: 'EscrowCaptured'
      readonly data: {
        readonly capture: Signed<EscrowCapture>
        /** What was left and has returned to the wallet. */
        readonly releasedMicrocredits: bigint
      } & UnderPermission
    }
  /** The seller gave an escrow back: hold − / payer’s wallet +, under the seller’s signature. */
  | {
      readonly type: 'EscrowReleased'
      readonly data: {
        readonly release: Signed<EscrowRelease>
        readonly amountMicrocredits: bigint
      } & UnderPermission
    }
  /** The escrow’s time was over: hold − / payer’s wallet +. Dated at that time. */
  | {
      readonly type: 'EscrowExpired'
      readonly data: { readonly escrow: Hex; readonly amountMicrocredits: bigint } & UnderPermission
    }
  /** A debtor promised to pay. A memorandum; moves nothing. */
  | { readonly type: 'IouIssued'; readonly data: { readonly digest: Hex; readonly iou: Signed<Iou> } }
  /** A debtor paid an IOU, wholly or in part: wallet − / wallet +, under the debtor’s signature. */
  | {
      readonly type: 'IouRedeemed'
      readonly data: {
        readonly redemption: Signed<IouRedemption>
        /** What the debtor still owes on the IOU; 0 when it is paid. */
        readonly outstandingMicrocredits: bigint
      }
    }
  /** A creditor declared that an IOU was not paid when it was due. Moves nothing. */
  | {
      readonly type: 'IouDefaulted'
      readonly data: { readonly declaration: Signed<IouDefault>; readonly outstandingMicrocredits: bigint }
    }
  /** A node’s payout wallet; the first time signed by the node, afterwards by the wallet that is registered. Moves nothing. */
  | {
      readonly type: 'NodeRegistered'
      readonly data: { readonly registration: Signed<NodeRegistration> }
    }
  /** A wallet let a delegate spend within caps. Moves nothing. */
  | {
      readonly type: 'PermissionGranted'
      readonly data: { readonly permission: Signed<SpendPermission>; readonly digest: Hex }
    }
  /** The wallet ended a permission, or the delegate gave it back. Moves nothing. */
  | { readonly type: 'PermissionRevoked'; readonly data: { readonly revocation: Signed<PermissionRevocation> } }
  /** The treasurer announced other prices or limits for later. Moves nothing. */
  | {
      readonly type: 'ConfigChangeScheduled'
      readonly data: {
        readonly changeDigest: Hex
        readonly change: Signed<ConfigChange>
        readonly effectiveAtMs: number
      }
    }
  /** Dated at the time from which the change counts, and before everything else of that time or later. */
  | {
      readonly type: 'ConfigChanged'
      readonly data: { readonly changeDigest: Hex; readonly pricing: Pricing; readonly rewards: RewardLimits }
    }
  /** The treasurer gave credits away: rewards − / wallet +. */
  | {
      readonly type: 'CreditsGranted'
      readonly data: {
        readonly grant: Signed<Grant>
        readonly day: DayNumber
        /** By all grants of the day before this one. */
        readonly grantedMicrocredits: bigint
        /** For all grants of a day. */
        readonly limitMicrocredits: bigint
        /** What the rewards budget held before. */
        readonly budgetMicrocredits: bigint
      }
    }
  /** A node’s bonus for the hours of a day in which it worked: rewards − / payout wallet +. */
  | {
      readonly type: 'UptimeBonusPaid'
      readonly data: {
        readonly node: Address
        readonly day: DayNumber
        readonly payoutWallet: Address
        /** Hours of the day, of 24, in which the node completed a paid job. */
        readonly hours: number
      } & Bonus
    }
  /** A node’s payout wallet said who referred it. Moves nothing. */
  | { readonly type: 'ReferralRecorded'; readonly data: { readonly referral: Signed<Referral> } }
  /** A referrer’s bonus out of the fees that its node caused: rewards − / wallet +. */
  | {
      readonly type: 'ReferralBonusPaid'
      readonly data: {
        readonly node: Address
        readonly day: DayNumber
        readonly referrer: Address
        /** For this node before this payment. */
        readonly paidMicrocredits: bigint
      } & Bonus
    }
  /** A wallet’s standing instruction to pay it out. Moves nothing. */
  | { readonly type: 'PayoutInstructed'; readonly data: { readonly instruction: Signed<PayoutInstruction> } }
  /** Credits are on their way to the chain: wallet − / payable +. */
  | {
      readonly type: 'PayoutScheduled'
      readonly data: {
        readonly wallet: Address
        readonly amountMicrocredits: bigint
        /** What allows it: the signature of this withdrawal, the digest of the standing instruction, or the inbox item that forces it. */
        readonly withdrawal?: Signed<Withdrawal>
        readonly instructionDigest?: Hex
        readonly inboxIndex?: number
      }
    }
  /** The id under which the contract knows a wallet. Moves nothing. */
  | { readonly type: 'PayeeRegistered'; readonly data: { readonly wallet: Address; readonly id: number } }
  /** The books of an epoch, as they go on chain. Moves nothing. */
  | { readonly type: 'EpochClosed'; readonly data: EpochBooks }
  /** The chain has made an epoch final and burnt its fees: burn − / reserve −. */
  | {
      readonly type: 'EpochFinalised'
      readonly data: { readonly epoch: number; readonly burnMicrocredits: bigint; readonly place: ChainPlace }
    }
  /**
   * The chain has taken an epoch back, or it lapsed before it was whole: what it posted waits for the next one, which builds on `headEpoch` and has the
   * number after `lastEpoch`. Moves nothing.
   */
  | {
      readonly type: 'EpochCancelled'
      readonly data: {
        readonly epoch: number
        /** The highest number that the contract has given out. */
        readonly lastEpoch: number
        /** The newest epoch that stands. */
        readonly headEpoch: number
        readonly place: ChainPlace
        /** Of an epoch that the chain has never had: the position with which its books closed. `lastEpoch` is then the number before it. */
        readonly journalPosition?: number
      }
    }
  /** What a node has staked on chain, and what of it is unbonding. A memorandum; moves nothing. */
  | {
      readonly type: 'NodeStakeRecorded'
      readonly data: {
        readonly node: Address
        readonly stakeMicrocredits: bigint
        readonly unbondingMicrocredits: bigint
        readonly place: ChainPlace
      }
    }
  /** DPC left the contract for a payee: payable − / reserve −. */
  | {
      readonly type: 'PayoutClaimed'
      readonly data: {
        readonly wallet: Address
        readonly paidMicrocredits: bigint
        readonly cumulativeMicrocredits: bigint
        readonly place: ChainPlace
      }
    }
  /** Credits that another shard sent: wallet or other account + / clearing −. */
  | { readonly type: 'ClearingReceived'; readonly data: ClearingDelivery }
  /** Comes after the events of linked commands, under the link's own id. */
  | {
      readonly type: 'CommandsLinked'
      readonly data: { readonly commandIds: readonly string[]; readonly firstPosition: number }
    }
  /** A refusal that depended on the state, kept so that a retry gets the same answer. Moves nothing. */
  | {
      readonly type: 'CommandRefused'
      readonly data: {
        readonly refusal: LedgerRefusal
        /** The signature's deadline in Unix seconds, after which the refusal is forgotten. */
        readonly deadline?: bigint
      }
    }

export type LedgerEventType = LedgerEventData['type']

/** An event in its place in the journal. `entries` balance: Δ reserve = Σ Δ of all the others. */
export type LedgerEvent = LedgerEventData & {
  /** 1 for the first event of the shard, without gaps. */
  readonly position: number
  /** Batch time, or for an expiry the time at which the hold expired; never descends. */
  readonly atMs: number
  /** The command that caused it; an expiry has the id `expiry:<order digest>`. */
  readonly commandId: string
  readonly entries: readonly Entry[]
  /** Who is to get, in other shards, what the entries put into `clearing:<shard>`; absent when nobody is. */
  readonly clearing?: readonly ClearingSent[]
}

export type EventOf<T extends LedgerEventType> = Extract<LedgerEvent, { readonly type: T }>
