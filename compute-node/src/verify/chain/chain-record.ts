import type { Hex } from '@deparrow/ledger'
import type { Claim, FinalEpoch, InboxItem, Payee } from './journal-facts.ts'

/** What the contract says of one epoch. */
export type ChainEpoch = {
  readonly epoch: number
  /** Whether it counts: its last part has closed the books, and it is not cancelled. */
  readonly isCounted: boolean
  readonly isFinal: boolean
  readonly parent: number
  readonly inboxCut: number
  readonly journalPosition: number
  readonly journalHash: Hex
  readonly burnMicrocredits: bigint
  readonly leavesRoot: Hex
  readonly leavesTotalMicrocredits: bigint
  /** Its parts, in their order. */
  readonly parts: readonly { readonly rowCount: number; readonly root: Hex }[]
}

/** What a chain and its settlement contract say, all as of one block. Lists are in the order of the chain. */
export type ChainRecord = {
  readonly chainId: number
  readonly genesisHash: Hex
  readonly blockNumber: bigint
  readonly inbox: readonly InboxItem[]
  readonly payees: readonly Payee[]
  readonly finals: readonly FinalEpoch[]
  readonly claims: readonly Claim[]
  readonly epochs: readonly ChainEpoch[]
  /** DPC that the contract holds, without the poster's bond. */
  readonly contractWei: bigint
}
