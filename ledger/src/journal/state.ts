import type { ClearingPlace } from '../clearing/clearing.ts'
import type { PendingChange } from '../config/pending-change.ts'
import type { EntryTree } from '../epoch/entry-tree.ts'
import type { Leaf, LeafAccount } from '../epoch/leaves.ts'
import type { EndedEscrow, OpenEscrow } from '../escrow/escrow.ts'
import { type Address, type Hex, zeroHash } from '../hex.ts'
import type { AnyJobOrder } from '../hold/job-order.ts'
import type { OpenIou } from '../iou/open-iou.ts'
import type { PayoutInstruction } from '../payout/withdrawal.ts'
import {
  type Delegation,
  type DelegationKey,
  delegationKey,
  type HeldUnderPermission,
} from '../permission/delegation.ts'
import type { OpenHold } from '../ports/ledger.ts'
import type { AnyUsageReceipt } from '../receipt/usage-receipt.ts'
import type { DayNumber, NodeRewards } from '../rewards/node-rewards.ts'
import type { AccountName } from './account-name.ts'
import type { LedgerConfig, Pricing } from './config.ts'
import type { ChainPlace, EpochBooks } from './event.ts'
import { ExpiryQueue } from './expiry-queue.ts'
import type { LedgerRefusal } from './refusal.ts'

export type HeldOrder = OpenHold & {
  readonly order: AnyJobOrder
  /** What was agreed when the hold was opened; later changes do not touch it. */
  readonly pricing: Pricing
  /** What counts as spent by the delegate that opened it; `undefined` when the payer itself did. */
  readonly under: HeldUnderPermission | undefined
  /** The receipt that waits for its settlement. */
  readonly received:
    | {
        /** Under which it stands in the journal. */
        readonly digest: string
        readonly receipt: AnyUsageReceipt
        /** Up to when running time counts. */
        readonly atMs: number
      }
    | undefined
}

/** A lane in which nonces ascend. The signer is the wallet itself or a delegate. */
export type SignerLane = { readonly signer: Address; readonly lane: number; readonly nonce: bigint }

/** Whose lanes they are: a wallet's own, or those of a delegate that spends out of it. */
export type LaneOwner = Address | DelegationKey

export type RegisteredNode = {
  readonly payoutWallet: Address
  readonly registrationNonce: bigint
  readonly lastSequence: bigint
}

export type StandingInstruction = {
  readonly instruction: PayoutInstruction
  readonly digest: Hex
  readonly lastPaidAtMs: number | undefined
}

/** What a wallet asked of the contract to be paid out, in µcr. */
export type ForcedWithdrawal = {
  readonly wallet: Address
  readonly askedMicrocredits: bigint
  /** Of it, on its way to the chain. */
  readonly paidMicrocredits: bigint
}

/** What the chain says of a node's stake, in µcr. */
export type NodeStake = {
  readonly stakeMicrocredits: bigint
  readonly unbondingMicrocredits: bigint
  readonly place: ChainPlace
}

/** What has been paid out to one wallet, as running totals in µcr. */
export type PayoutAccount = {
  /** The id under which the contract knows the wallet. */
  readonly payeeId: number | undefined
  readonly scheduledMicrocredits: bigint
  /** In rows of closed epochs; the cumulative of the newest row. */
  readonly postedMicrocredits: bigint
  readonly claimedMicrocredits: bigint
  /** The epoch that holds the newest row, 0 for none. */
  readonly lastEpoch: number
}

/**
 * The first decision on a command: its events, or the refusal that was journalled. A command that was accepted with one event, and
 * is its own body, is remembered by the position of that event alone: most are of this kind, and there are many.
 */
export type Decided =
  | number
  | {
      readonly firstPosition: number
      readonly lastPosition: number
      readonly refusal: LedgerRefusal | undefined
      /** What a repeated command must equal; signed commands need none, their id is their body. */
      readonly body: Readonly<Record<string, unknown>> | undefined
      /** Of a node's registration, by which its retry is recognised. */
      readonly registrationSignature: Hex | undefined
    }

/**
 * Everything that the decider knows, changed in place by `evolve` alone. It is a fold of the journal and nothing else, so
 * that dropping it and reading the journal again gives the same value.
 */
export type LedgerState = {
  config: LedgerConfig | undefined
  position: number
  hash: Hex
  atMs: number
  readonly balances: Map<AccountName, bigint>
  readonly holds: Map<Hex, HeldOrder>
  /** Σ of the open holds and escrows of each payer. */
  readonly held: Map<Address, bigint>
  /** The same one by one: by digest of the order, with what is set aside. */
  readonly heldOrders: Map<Address, EntryTree>
  /** Position at which each job ended, until its order is forgotten. */
  readonly endedJobs: Map<Hex, number>
  /** Position at which each receipt's job was settled, by the id under which it was received, until that is forgotten. */
  readonly settledAt: Map<string, number>
  /** Jobs with a receipt that waits for its settlement, in the order of the receipts. */
  readonly unsettled: Set<Hex>
  readonly escrows: Map<Hex, OpenEscrow>
  /** Of each escrow that has ended, until its order is forgotten. */
  readonly endedEscrows: Map<Hex, EndedEscrow>
  /** By the digest of the IOU, until it is paid. */
  readonly ious: Map<Hex, OpenIou>
  /** Until when it is remembered that an IOU was paid; afterwards its used nonce alone keeps it from being issued again. */
  readonly paidIous: Map<Hex, number>
  /** When each open hold and escrow ends by itself, and when the pending change comes into force. */
  readonly expiries: ExpiryQueue
  readonly forgets: ExpiryQueue
  readonly decided: Map<string, Decided>
  /** Last nonce of each lane: a list for each wallet, and one for each of its delegates, so that none makes another's long. */
  readonly nonces: Map<LaneOwner, readonly SignerLane[]>
  readonly delegations: Map<DelegationKey, Delegation>
  /** The delegates that each wallet has ever named, in the order in which it did. */
  readonly delegates: Map<Address, readonly Address[]>
  readonly nodes: Map<Address, RegisteredNode>
  /** What the bonuses for each node are reckoned from. */
  readonly rewards: Map<Address, NodeRewards>
  readonly instructions: Map<Address, StandingInstruction>
  readonly payouts: Map<Address, PayoutAccount>
  /** The wallet of each id under which the contract knows a payee. */
  readonly payees: Map<number, Address>
  /** Sequence of the newest sending to each other shard. */
  readonly clearingSent: Map<number, number>
  /** The newest sending that was taken from each other shard. */
  readonly clearingReceived: Map<number, ClearingPlace>
  /** The newest change of pricing and rewards that does not count yet. */
  pendingChange: PendingChange | undefined
  /** Grants of the newest day with any. */
  grantDay: { readonly day: DayNumber; readonly grantedMicrocredits: bigint } | undefined
  /** What each node has staked on chain. */
  readonly stakes: Map<Address, NodeStake>
  /** By index in the inbox, until the epoch that covers it is final. */
  readonly forced: Map<number, ForcedWithdrawal>
  /** Fees burnt on receipts since the last closed epoch, by the payout wallets of the nodes. */
  readonly burns: Map<Address, bigint>
  /** The same of each closed epoch for which no emission was shared yet. */
  readonly epochBurns: Map<number, ReadonlyMap<Address, bigint>>
  /** What has left each wallet in large amounts since the newest closed epoch, and, while that is pending, between it and the final one. */
  readonly turnover: Map<Address, bigint>
  readonly turnoverPending: Map<Address, bigint>
  inboxCount: number
  /** The newest closed epoch that was not cancelled; the next one builds on it. */
  lastEpoch: EpochBooks | undefined
  /** The newest epoch that is final, on which the next one builds when the pending one is cancelled. */
  finalEpoch: EpochBooks | undefined
  lastEpochFinal: number
  /** The highest number that an epoch has had, here or on chain; none is used twice. */
  lastEpochNumber: number
  /** The accounts that have changed since the last closed epoch, with their leaves in it; empty before the first. */
  readonly leavesBefore: Map<LeafAccount, Leaf | undefined>
  /** While an epoch is pending: the accounts that it changed, with their leaves in the final one. */
  readonly leavesBeforePending: Map<LeafAccount, Leaf | undefined>
  /** The newest block from which something was recorded. */
  lastPlace: ChainPlace | undefined
}

export function initialState(): LedgerState {
  return {
    config: undefined,
    position: 0,
    hash: zeroHash,
    atMs: 0,
    balances: new Map(),
    holds: new Map(),
    held: new Map(),
    heldOrders: new Map(),
    endedJobs: new Map(),
    settledAt: new Map(),
    unsettled: new Set(),
    escrows: new Map(),
    endedEscrows: new Map(),
    ious: new Map(),
    paidIous: new Map(),
    expiries: new ExpiryQueue(),
    forgets: new ExpiryQueue(),
    decided: new Map(),
    nonces: new Map(),
    delegations: new Map(),
    delegates: new Map(),
    nodes: new Map(),
    rewards: new Map(),
    instructions: new Map(),
    payouts: new Map(),
    payees: new Map(),
    clearingSent: new Map(),
    clearingReceived: new Map(),
    pendingChange: undefined,
    grantDay: undefined,
    stakes: new Map(),
    forced: new Map(),
    burns: new Map(),
    epochBurns: new Map(),
    turnover: new Map(),
    turnoverPending: new Map(),
    inboxCount: 0,
    lastEpoch: undefined,
    finalEpoch: undefined,
    lastEpochFinal: 0,
    lastEpochNumber: 0,
    leavesBefore: new Map(),
    leavesBeforePending: new Map(),
    lastPlace: undefined,
  }
}

/**
 * What was sent to all other shards less what came from them, in µcr. In the shard that keeps the reserve it is never negative: what the
 * others have came from there.
 */
export function clearingBalance(state: Readonly<LedgerState>): bigint {
  let balance = 0n
  for (let shard = 0; shard < (state.config?.shardCount ?? 1); shard++) balance += balanceOf(state, `clearing:${shard}`)
  return balance
}

export function balanceOf(state: LedgerState, account: AccountName): bigint {
  return state.balances.get(account) ?? 0n
}

export function lastNonceOf(
  state: Readonly<LedgerState>,
  wallet: Address,
  signer: Address,
  lane: number,
): bigint | undefined {
  return state.nonces.get(laneOwner(wallet, signer))?.find(used => used.lane === lane)?.nonce
}

/** Lanes that the wallet and all of its delegates have used. */
export function laneCount(state: Readonly<LedgerState>, wallet: Address): number {
  const delegates = state.delegates.get(wallet) ?? []
  const lanes = delegates.map(delegate => state.nonces.get(delegationKey(wallet, delegate))?.length ?? 0)
  return lanes.reduce((sum, count) => sum + count, state.nonces.get(wallet)?.length ?? 0)
}

export function laneOwner(wallet: Address, signer: Address): LaneOwner {
  return signer === wallet ? wallet : delegationKey(wallet, signer)
}

export const noPayouts: PayoutAccount = {
  payeeId: undefined,
  scheduledMicrocredits: 0n,
  postedMicrocredits: 0n,
  claimedMicrocredits: 0n,
  lastEpoch: 0,
}
