import type { LeafAccount } from '../epoch/leaves.ts'
import type { EscrowOrder } from '../escrow/escrow-order.ts'
import { type Address, type Hex, zeroHash } from '../hex.ts'
import type { AnyJobOrder } from '../hold/job-order.ts'
import type { Iou } from '../iou/iou.ts'
import type { LedgerConfig, Pricing } from '../journal/config.ts'
import type { ChainPlace, EpochBooks } from '../journal/event.ts'
import type { PayoutInstruction } from '../payout/withdrawal.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { type AuditedRewards, noAuditedRewards } from './audited-rewards.ts'
import { Balances } from './balances.ts'
import type { AuditedChange } from './config-movement.ts'
import type { AuditedDelegation } from './delegated-spends.ts'
import { DueQueue } from './due-queue.ts'
import { LeafTree } from './leaf-tree.ts'
import type { AuditedUnderPermission } from './permission-movement.ts'

export type AuditedHold = {
  readonly order: AnyJobOrder
  /** Under which a delegate opened it; `undefined` when the payer itself did. */
  readonly under: AuditedUnderPermission | undefined
  readonly expiresAtMs: number
  /** As the configuration stood when the hold was opened. */
  readonly pricing: Pricing
  readonly received: { readonly price: bigint; readonly commandId: string; readonly outcome: number } | undefined
  readonly assigned:
    | { readonly node: Address; readonly payoutWallet: Address; readonly attempt: number; readonly atMs: number }
    | undefined
  /** Assignments so far, also those given back. */
  readonly attempts: number
}

export type AuditedEscrow = {
  readonly order: EscrowOrder
  /** Under which a delegate opened it; `undefined` when the wallet itself did. */
  readonly under: AuditedUnderPermission | undefined
}

export type AuditedIou = { readonly iou: Iou; readonly paidMicrocredits: bigint; readonly isDefaulted: boolean }

/** A lane in which the nonces of one signer ascend: the wallet itself, or a delegate. */
export type AuditedLane = {
  readonly signer: Address
  readonly lane: number
  nonce: bigint
  /** The number of the newest epoch when its leaf was last noted as changed. */
  touchedIn: number
}

/** What has been paid out to one wallet, as running totals in µcr. */
export type AuditedPayouts = {
  readonly payeeId: number | undefined
  readonly scheduledMicrocredits: bigint
  /** In rows of closed epochs. */
  readonly postedMicrocredits: bigint
  readonly claimedMicrocredits: bigint
  /** The epoch with the newest row, 0 for none. */
  readonly lastEpoch: number
}

export const noAuditedPayouts: AuditedPayouts = {
  payeeId: undefined,
  scheduledMicrocredits: 0n,
  postedMicrocredits: 0n,
  claimedMicrocredits: 0n,
  lastEpoch: 0,
}

export type AuditedForced = {
  readonly wallet: Address
  readonly askedMicrocredits: bigint
  readonly paidMicrocredits: bigint
}

export type AuditedInstruction = {
  readonly digest: Hex
  readonly instruction: PayoutInstruction
  readonly lastPaidAtMs: number | undefined
}

/** What the auditor remembers of the events so far. */
export type AuditBooks = {
  readonly balances: Balances
  readonly holds: Map<Hex, AuditedHold>
  readonly escrows: Map<Hex, AuditedEscrow>
  readonly ious: Map<Hex, AuditedIou>
  readonly payoutWallets: Map<Address, Address>
  readonly sequences: Map<Address, bigint>
  /** Counters of their own, such as that of a node's registrations. */
  readonly nonces: Map<string, bigint>
  /** By the wallet out of which is spent. */
  readonly lanes: Map<Address, AuditedLane[]>
  /** What each wallet has in open holds and escrows, by the digests of their orders. */
  readonly held: Map<Address, Map<Hex, bigint>>
  /** Holds and escrows, until their time. */
  readonly due: DueQueue
  /** Assigned holds whose time is over: they are out of the queue until they end. */
  readonly late: Set<Hex>
  /** Commands that were refused for good, until they are forgotten. */
  readonly refused: DueQueue
  /** Of the newest events, by position modulo their number. */
  readonly recent: { readonly commandIds: string[]; readonly timesMs: number[] }
  readonly payouts: Map<Address, AuditedPayouts>
  readonly payees: Map<number, Address>
  /** Wallets with payouts that no epoch has posted. */
  readonly unposted: Set<Address>
  readonly leaves: LeafTree
  /** Accounts whose leaves may have changed since they were last put into the tree. */
  readonly touched: Set<LeafAccount>
  /** By `wallet:delegate`. */
  readonly delegations: Map<string, AuditedDelegation>
  readonly instructions: Map<Address, AuditedInstruction>
  readonly rewards: AuditedRewards
  /** The newest change of pricing and rewards that does not count yet. */
  pendingChange: AuditedChange | undefined
  /** Sequence of the newest sending to each other shard. */
  readonly clearingSent: Map<number, number>
  /** Sequence and sender's position of the newest sending taken from each other shard. */
  readonly clearingReceived: Map<number, { readonly sequence: number; readonly position: number }>
  /** How many delegates each wallet has named. */
  readonly delegateCounts: Map<Address, number>
  /** Where the chain last said what a node has staked. */
  readonly stakedAt: Map<Address, ChainPlace>
  /** What wallets have asked of the contract, by index in the inbox, until the epoch that covers it is final. */
  readonly forced: Map<number, AuditedForced>
  /** By payout wallet, what was burnt on receipts since the newest closed epoch, and in each one without emission. */
  readonly burns: Map<Address, bigint>
  readonly epochBurns: Map<number, ReadonlyMap<Address, bigint>>
  /** What large debits have taken from each wallet since the newest closed epoch, and in the pending one. */
  readonly debited: Map<Address, bigint>
  readonly debitedPending: Map<Address, bigint>
  /** Jobs with a receipt that waits for its settlement. */
  unsettled: number
  /** The receipt of the inbox item before, which the next event has to take. */
  pushed: Hex | undefined
  config: LedgerConfig | undefined
  inboxCount: number
  /** The newest that was not taken back. */
  lastEpoch: EpochBooks | undefined
  finalEpoch: EpochBooks | undefined
  lastEpochFinal: number
  lastEpochNumber: number
  /** Σ of what came and went, and of all that is owed. */
  reserve: number
  liabilities: number
  atMs: number
  /** Of the event before. */
  position: number
  hash: Hex
}

export function emptyBooks(crypto: LedgerCrypto): AuditBooks {
  return {
    balances: new Balances(),
    holds: new Map(),
    escrows: new Map(),
    ious: new Map(),
    payoutWallets: new Map(),
    sequences: new Map(),
    nonces: new Map(),
    lanes: new Map(),
    held: new Map(),
    due: new DueQueue(),
    late: new Set(),
    refused: new DueQueue(),
    recent: { commandIds: [], timesMs: [] },
    payouts: new Map(),
    payees: new Map(),
    unposted: new Set(),
    leaves: new LeafTree(crypto),
    touched: new Set(['treasury', 'rewards']),
    delegations: new Map(),
    instructions: new Map(),
    rewards: noAuditedRewards(),
    pendingChange: undefined,
    clearingSent: new Map(),
    clearingReceived: new Map(),
    delegateCounts: new Map(),
    stakedAt: new Map(),
    forced: new Map(),
    burns: new Map(),
    epochBurns: new Map(),
    debited: new Map(),
    debitedPending: new Map(),
    unsettled: 0,
    pushed: undefined,
    config: undefined,
    inboxCount: 0,
    lastEpoch: undefined,
    finalEpoch: undefined,
    lastEpochFinal: 0,
    lastEpochNumber: 0,
    reserve: 0,
    liabilities: 0,
    atMs: 0,
    position: 0,
    hash: zeroHash,
  }
}
