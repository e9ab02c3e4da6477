import type { SignedAcceptance } from '../acceptance/acceptance.ts'
import type { CurrentConfig } from '../config/pending-change.ts'
import type { EpochInclusion } from '../epoch/epoch-tree.ts'
import type { LeafAccount } from '../epoch/leaves.ts'
import type { OpenEscrow } from '../escrow/escrow.ts'
import type { Address, Hex } from '../hex.ts'
import type { SignedHoldCertificate } from '../hold/hold-certificate.ts'
import type { OpenIou } from '../iou/open-iou.ts'
import type { LedgerAnswer, LedgerCommand } from '../journal/command.ts'
import type { LedgerEvent } from '../journal/event.ts'
import type { SpendPermission } from '../permission/spend-permission.ts'
import type { UsageTotals } from '../permission/spend-usage.ts'
import type { BonusCommand } from '../rewards/pay-bonus.ts'
import type { Signed } from '../typed-data/types.ts'
import type { JournalHead, StoredEvent } from './event-store.ts'

/** A hold that is open. */
export type OpenHold = {
  readonly orderDigest: Hex
  readonly payer: Address
  readonly amountMicrocredits: bigint
  readonly expiresAtMs: number
  /** The node that may hand in the receipt; `undefined` while nobody has it. */
  readonly assignment: Assignment | undefined
  /** Assignments so far, also those given back. */
  readonly attempts: number
  /** Under which a delegate opened it: only nodes that it allows may get it. `undefined` when the payer itself opened it. */
  readonly permission: Signed<SpendPermission> | undefined
}

export type Assignment = {
  readonly node: Address
  /** The wallet that the node had registered when it got the job. */
  readonly payoutWallet: Address
  /** Counts the assignments of the hold from 1. */
  readonly attempt: number
  readonly sinceMs: number
  /** Journal position of the assignment. */
  readonly position: number
}

/** A permission with what counts against its caps at this moment, in µcr. */
export type GrantedPermission = UsageTotals & {
  readonly permission: Signed<SpendPermission>
  readonly digest: Hex
  /** From this time on it is worth nothing: its expiry, or its revocation. */
  readonly endsAtMs: number
}

export type WalletBalance = {
  readonly availableMicrocredits: bigint
  /** In open holds and escrows of this payer. */
  readonly heldMicrocredits: bigint
  /** On its way to the chain: in an epoch or waiting for one, not yet claimed. */
  readonly payableMicrocredits: bigint
}

/** The whole ledger in one line, in µcr: `reserve` equals the sum of all the others (invariant R). */
export type Books = {
  readonly reserve: bigint
  readonly wallets: bigint
  readonly holds: bigint
  readonly payables: bigint
  readonly burn: bigint
  readonly treasury: bigint
  readonly rewards: bigint
  /** What epochs still have to pay out, the part of `payables` that is in no closed epoch. */
  readonly unposted: bigint
  /** Sent to other shards less what came from them; over all shards together what is on its way. May be negative in one shard. */
  readonly clearing: bigint
}

/**
 * The ledger as it answers to the other services, whether its wallets are kept in one shard or in several. Answers and certificates come
 * after the events are durable. The other reads may already include the batch that is being written.
 */
export type LedgerDesk = {
  submit(command: LedgerCommand): Promise<LedgerAnswer>
  hold(orderDigest: Hex): OpenHold | undefined
  /** An escrow that has not ended, by the digest of its order. */
  escrow(escrow: Hex): OpenEscrow | undefined
  /** An IOU that is not paid in full, by its digest. */
  iou(iou: Hex): OpenIou | undefined
  balance(wallet: Address): WalletBalance
  /** The last nonce that the wallet itself, or with `signer` its delegate, used in a lane. */
  lastNonce(wallet: Address, lane: number, signer?: Address): bigint | undefined
  /** The newest permission that a wallet gave to a delegate, also when it has ended; `undefined` for a key that it never let spend. */
  permission(wallet: Address, delegate: Address): GrantedPermission | undefined
  /** The newest permission of every delegate of a wallet, ended ones too, in the order in which the wallet named them. */
  permissions(wallet: Address): readonly GrantedPermission[]
  /** The jobs whose receipts are journalled and wait for their settlement. */
  pendingSettlements(): readonly Hex[]
  payoutWallet(node: Address): Address | undefined
  /** The ledger's signature that the hold stands for its present assignment; `undefined` when it has none. */
  holdCertificate(orderDigest: Hex): Promise<SignedHoldCertificate | undefined>
  /**
   * The ledger's signature that it has journalled what a signed command did, by the digest that was signed. `undefined` when there is
   * none: nothing durable was decided, the command was refused, nobody signs such a command, or it is forgotten (ten minutes after its deadline; a job's and an escrow's steps after a day).
   */
  acceptance(commandId: Hex): Promise<SignedAcceptance | undefined>
  /** The wallets whose standing instruction has something to pay out now. */
  dueInstructions(): readonly Address[]
  /** The wallets with payouts that the contract does not know as payees yet. */
  payeesToRegister(): readonly Address[]
  books(): Books
  /** An account's part in the last closed epoch, with the proof of it; `undefined` before the first epoch, and in a shard without epochs. */
  inclusion(account: LeafAccount): EpochInclusion | undefined
  /** The bonuses that can be paid now, in the order in which they are to be submitted. At most 1 000 at once. */
  dueBonuses(): readonly BonusCommand[]
  /** The parameters that hold now, and the change of them that is pending; `undefined` before the ledger is open. */
  config(): CurrentConfig | undefined
}

/** The journal of one shard, as it is followed. Positions are the shard's own. What is published is durable. */
export type JournalReads = {
  head(): JournalHead
  /** Events after a position, at most `limit`. */
  events(afterPosition: number, limit: number): Promise<readonly LedgerEvent[]>
  /** The same as they are stored, for whoever checks them itself. */
  storedEvents(afterPosition: number, limit: number): Promise<readonly StoredEvent[]>
  /** Calls back after every durable batch, in order, with its events; returns the function that ends it. */
  subscribe(listener: (events: readonly LedgerEvent[]) => void): () => void
}

/** The ledger of one shard as the other services see it. */
export type Ledger = LedgerDesk &
  JournalReads & {
    /**
     * To be told again and again by whoever takes the contract's inbox into the journal, also after another process has become the writer, which knows
     * nothing of it: every receipt that could count for holds that end up to `untilMs` is journalled. Nothing is remembered of it but in memory.
     */
    inboxImported(untilMs: number): Promise<void>
  }
