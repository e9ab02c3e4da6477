import type { Purchase } from '../account/purchase.ts'
import type { Transfer } from '../account/transfer.ts'
import type { ClearingDelivery } from '../clearing/clearing.ts'
import type { ConfigChange } from '../config/config-change.ts'
import type { EscrowCapture, EscrowOrder, EscrowRelease } from '../escrow/escrow-order.ts'
import type { Address, Hex } from '../hex.ts'
import type { AssignmentRelease } from '../hold/hold-certificate.ts'
import type { OrderCancellation, SignedJobOrder } from '../hold/job-order.ts'
import type { InboxDetail, InboxKind } from '../inbox/inbox-item.ts'
import type { Iou, IouDefault, IouRedemption } from '../iou/iou.ts'
import type { NodeRegistration } from '../node/node-registration.ts'
import type { PayoutInstruction, Withdrawal } from '../payout/withdrawal.ts'
import type { PermissionRevocation, SpendPermission } from '../permission/spend-permission.ts'
import type { SignedUsageReceipt } from '../receipt/usage-receipt.ts'
import type { Grant } from '../rewards/grant.ts'
import type { Referral } from '../rewards/referral.ts'
import type { Signed } from '../typed-data/types.ts'
import type { LedgerConfig } from './config.ts'
import type { ChainPlace } from './event.ts'
import type { LedgerRefusal } from './refusal.ts'

/** What can be asked of the ledger. The id of a signed command is the digest of its message, so that a retry is recognised. */
export type LedgerCommand =
  | { readonly type: 'OpenLedger'; readonly config: LedgerConfig }
  | ({
      readonly type: 'RecordInboxItem'
      readonly index: number
      readonly kind: InboxKind
      readonly account: Address
      readonly amountMicrocredits: bigint
      readonly place: ChainPlace
    } & InboxDetail)
  | { readonly type: 'TransferCredits'; readonly transfer: Signed<Transfer> }
  | { readonly type: 'BuyService'; readonly purchase: Signed<Purchase> }
  | { readonly type: 'OpenHold'; readonly order: SignedJobOrder }
  | { readonly type: 'AssignHold'; readonly orderDigest: Hex; readonly node: Address; readonly attempt: number }
  | { readonly type: 'ReleaseAssignment'; readonly release: Signed<AssignmentRelease> }
  | { readonly type: 'CancelOrder'; readonly cancellation: Signed<OrderCancellation> }
  /** Gives the credits of a hold that no node has back to its payer. */
  | { readonly type: 'ReleaseHold'; readonly orderDigest: Hex }
  | { readonly type: 'ReceiveReceipt'; readonly receipt: SignedUsageReceipt }
  /** Settles a job by the receipt that was received for it, in a later batch, so that checks can come between. */
  | { readonly type: 'SettleJob'; readonly orderDigest: Hex }
  | { readonly type: 'OpenEscrow'; readonly order: Signed<EscrowOrder> }
  | { readonly type: 'CaptureEscrow'; readonly capture: Signed<EscrowCapture> }
  | { readonly type: 'ReleaseEscrow'; readonly release: Signed<EscrowRelease> }
  | { readonly type: 'IssueIou'; readonly iou: Signed<Iou> }
  | { readonly type: 'RedeemIou'; readonly redemption: Signed<IouRedemption> }
  | { readonly type: 'DefaultIou'; readonly declaration: Signed<IouDefault> }
  | { readonly type: 'RegisterNode'; readonly registration: Signed<NodeRegistration> }
  | { readonly type: 'GrantPermission'; readonly permission: Signed<SpendPermission> }
  | { readonly type: 'RevokePermission'; readonly revocation: Signed<PermissionRevocation> }
  /** Announces prices and reward limits that count from a later time on. */
  | { readonly type: 'ChangeConfig'; readonly change: Signed<ConfigChange> }
  | { readonly type: 'GrantCredits'; readonly grant: Signed<Grant> }
  /** Pays a node for the hours of one calendar day (UTC, counted from 1 January 1970) in which it completed paid jobs. */
  | { readonly type: 'PayUptimeBonus'; readonly node: Address; readonly day: number }
  | { readonly type: 'RecordReferral'; readonly referral: Signed<Referral> }
  | { readonly type: 'PayReferralBonus'; readonly node: Address }
  | { readonly type: 'InstructPayouts'; readonly instruction: Signed<PayoutInstruction> }
  | { readonly type: 'WithdrawCredits'; readonly withdrawal: Signed<Withdrawal> }
  /** Pays out by the wallet's standing instruction, if it is due. */
  | { readonly type: 'PayByInstruction'; readonly wallet: Address }
  | { readonly type: 'RecordPayee'; readonly wallet: Address; readonly id: number }
  /** Closes the books of the next epoch over everything journalled so far. */
  | { readonly type: 'CloseEpoch'; readonly epoch: number }
  | {
      readonly type: 'RecordEpochFinal'
      readonly epoch: number
      readonly burnMicrocredits: bigint
      readonly place: ChainPlace
    }
  /** The chain has cancelled an epoch, or let it lapse. `lastEpoch`: the highest number that the contract gave out; `headEpoch`: the newest that stands. */
  | {
      readonly type: 'RecordEpochCancelled'
      readonly epoch: number
      readonly lastEpoch: number
      readonly headEpoch: number
      readonly place: ChainPlace
      /** Of an epoch that the chain has never had and will never take: the position with which its books closed. Its number is given out again. */
      readonly journalPosition?: number
    }
  | {
      readonly type: 'RecordNodeStake'
      readonly node: Address
      readonly stakeMicrocredits: bigint
      readonly unbondingMicrocredits: bigint
      readonly place: ChainPlace
    }
  | {
      readonly type: 'RecordClaim'
      readonly wallet: Address
      readonly paidMicrocredits: bigint
      readonly cumulativeMicrocredits: bigint
      readonly place: ChainPlace
    }
  /** Takes what an event of another shard sent here. */
  | ({ readonly type: 'ReceiveClearing' } & ClearingDelivery)
  | LinkCommand

/** Signed commands that succeed or fail as one, decided in their order, each on the state that the ones before it left. */
export type LinkCommand = { readonly type: 'Link'; readonly commands: readonly LedgerCommand[] }

/**
 * The answer to a command. `accepted` names the events that it caused; a repeated command gets the events of its first
 * decision and `repeated: true`.
 */
export type LedgerAnswer =
  | {
      readonly status: 'accepted'
      readonly commandId: string
      readonly firstPosition: number
      readonly lastPosition: number
      readonly repeated: boolean
    }
  | { readonly status: 'refused'; readonly commandId: string; readonly refusal: LedgerRefusal }
