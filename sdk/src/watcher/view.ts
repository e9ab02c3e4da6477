import type { disputedReceiptsAbi } from '@deparrow/contracts'
import type { PayoutRow } from '@deparrow/contracts/rows'
import type { Address, Hex, InboxKind } from '@deparrow/ledger'
import type { ContractFunctionArgs } from 'viem'
import type { StatementStruct } from '../disputes/account-view.ts'
import type { Question } from '../disputes/calls.ts'
import type { EpochArchive } from '../disputes/epoch-archive.ts'
import type { EntryProofStruct } from '../disputes/structs.ts'
import type { AcceptedCredit } from './guard-wants.ts'
import type { NodeJob } from './node-job.ts'

/** Where a complete epoch stands at the time of the view. */
export type WatchedStatus = 'pending' | 'cancelled' | 'final'

/** An epoch as the contract has it. Times in seconds. */
export type PostedEpoch = {
  readonly epoch: number
  readonly parent: number
  readonly inboxCut: number
  readonly journalPosition: number
  readonly journalHash: Hex
  readonly closedAt: number
  readonly burnMicrocredits: bigint
  readonly leavesRoot: Hex
  readonly leavesTotalMicrocredits: bigint
  /** Block time at which its window began. */
  readonly completedAt: number
  readonly status: WatchedStatus
}

/** What an epoch needs to know of the one that it builds on; all zero without parent. */
export type PostedParent = {
  readonly epoch: number
  readonly inboxCut: number
  readonly journalPosition: number
  readonly closedAt: number
  readonly leavesRoot: Hex
}

/** The contracts' `DemandState`, by its numbers. */
export const demandStates = ['unknown', 'open', 'answered', 'expired', 'refunded'] as const

export type DemandState = (typeof demandStates)[number]

/** A demand as `demandOf` has it, with the question of its event. */
export type DemandRecord = {
  readonly id: Hex
  readonly question: Question
  readonly asker: Address
  /** In a row, from 1. */
  readonly round: number
  /** Block time in seconds: of an open one the last at which it can be answered, of an answered one that from which nothing can follow it. */
  readonly deadline: number
  readonly state: DemandState
}

/** Of the event `Stated`. */
export type StatedRecord = { readonly place: Hex; readonly statement: StatementStruct }

/** Of the event `Revealed`. */
export type RevealedRecord = {
  /** Zero for the epoch's leaves. */
  readonly place: Hex
  /** The contracts' `RevealedTree`. */
  readonly tree: number
  readonly path: Hex
  readonly pathBits: number
  readonly frontier: Hex
}

/** What the poster has shown of a debit in an answer, out of its calldata: the debtor's statement, the entry in it, and the encoded evidence. */
export type ShownDebit = {
  readonly key: Hex
  readonly statement: StatementStruct
  readonly proof: EntryProofStruct
  readonly evidence: Hex
}

/** An item of the contract's inbox. */
export type WatchedItem = {
  readonly index: number
  readonly kind: InboxKind
  readonly account: Address
  readonly amountMicrocredits: bigint
  /** Of a forced withdrawal. */
  readonly askedMicrocredits?: bigint
  /** Of a revocation. */
  readonly delegate?: Address
  readonly nonce?: bigint
  /** Of a pushed receipt. */
  readonly digest?: Hex
  /** Block time in seconds, of a pushed receipt of a watched node. */
  readonly arrivedAt?: number
}

/** A registered payee. `registeredAt` is block time in seconds. */
export type WatchedPayee = { readonly id: number; readonly wallet: Address; readonly registeredAt: number }

/** The contract's parameters. Times in seconds. */
export type WatchParameters = {
  readonly windowSeconds: number
  readonly answerSeconds: number
  readonly roundsMax: number
  readonly askerBondWei: bigint
  /** How old an inbox item is before an epoch may cover it: D. */
  readonly inboxAgeSeconds: number
}

/** A `SignedAcceptance` of the contracts. */
export type AcceptanceStruct = ContractFunctionArgs<typeof disputedReceiptsAbi, 'nonpayable', 'cancelStale'>[1]

/** What a watcher's own replay of the public journal says of an epoch. */
export type OwnBooks = {
  /** Its `asked` epoch is the watched one, closed by the watcher itself where the journal does not: see `closeHere`. */
  readonly archive: EpochArchive
  /**
   * Whether the auditor found nothing wrong up to the epoch's position and the journal's inbox is that of the chain. Otherwise everything that
   * moved in the epoch is judged as the contracts do.
   */
  readonly isSound: boolean
  /** Whether the journal reaches the epoch's position and has its hash there. */
  readonly isComplete: boolean
}

/** Everything that a plan is made of: one pending or cancelled epoch, as of one block. */
export type EpochView = {
  /** Whose purse and demands are meant. */
  readonly me: Address
  /** Time of the block, in seconds. */
  readonly nowSeconds: number
  readonly parameters: WatchParameters
  readonly purseWei: bigint
  readonly posted: PostedEpoch
  readonly parent: PostedParent
  /** Rows of all epochs that count, this one included, by epoch: its parts, whose rows are in their order. */
  readonly rows: ReadonlyMap<number, readonly (readonly PayoutRow[])[]>
  /** All items below the epoch's cut, in their order. */
  readonly inbox: readonly WatchedItem[]
  /** Block time of the newest of them, in seconds; 0 when there is none. */
  readonly newestItemAt: number
  readonly payees: readonly WatchedPayee[]
  /** Demands on this epoch by anybody, in the order of the chain. */
  readonly demands: readonly DemandRecord[]
  readonly stated: readonly StatedRecord[]
  readonly revealed: readonly RevealedRecord[]
  /** `undefined` when there is no journal at all, or none that can be replayed. */
  readonly own: OwnBooks | undefined
  /** Of the ledger's signed acceptances, what the watcher has been given. */
  readonly acceptances?: readonly AcceptanceStruct[]
  /** Jobs of nodes whose duties the watcher has. */
  readonly jobs?: readonly NodeJob[]
  /** Wallets to which every credit is demanded that the ledger has signed to have taken. */
  readonly guarded?: readonly Address[]
  /** What is credited to them by messages that are at hand, whether or not the journal has them. */
  readonly credits?: readonly AcceptedCredit[]
  /** Debits that the poster has shown for this epoch. */
  readonly shownDebits?: readonly ShownDebit[]
  /** Block time in seconds at which the first inbox item arrived that the epoch leaves out; `undefined` when it covers all. */
  readonly leftOutSince?: number | undefined
  /** How long after its completion an epoch without complete journal is left alone, in seconds; a quarter of the window without it. */
  readonly patienceSeconds?: number
  /** Demands that may be open at a time to find what differs, once no whole answer time is left in the window; 64 without it. */
  readonly searchesMax?: number
}
