import type { Hex } from '../hex.ts'
import type { MessageType, Signed } from '../typed-data/types.ts'

/** What became of a signed command: the digest that its signer signed, and of its last event the position and the time. */
export type Acceptance = {
  readonly digest: Hex
  readonly position: bigint
  /** Whether it happened. This ledger signs for what happened alone: who could show a refusal's could claim that an honest epoch left it out. */
  readonly isAccepted: boolean
  /** Unix milliseconds on the journal's clock. */
  readonly atMs: bigint
}

export const acceptanceType: MessageType = {
  name: 'Acceptance',
  fields: [
    { name: 'digest', type: 'bytes32' },
    { name: 'position', type: 'uint64' },
    { name: 'isAccepted', type: 'bool' },
    { name: 'atMs', type: 'uint64' },
  ],
}

/**
 * What the ledger signs once for each batch, after it is durable: the Merkle root over the batch's acceptances and the end of the
 * journal with them. A journal without one of these commands, or with another hash at `position`, is a proof against the operator.
 */
export type AcceptanceRoot = {
  readonly shard: number
  readonly root: Hex
  readonly position: bigint
  readonly journalHash: Hex
}

export const acceptanceRootType: MessageType = {
  name: 'AcceptanceRoot',
  fields: [
    { name: 'shard', type: 'uint32' },
    { name: 'root', type: 'bytes32' },
    { name: 'position', type: 'uint64' },
    { name: 'journalHash', type: 'bytes32' },
  ],
}

/** An acceptance that anybody can check: its leaf, the siblings up to the root, and the ledger's signature over the root. */
export type SignedAcceptance = {
  readonly acceptance: Acceptance
  /** Index of the leaf among the batch's acceptances. */
  readonly index: number
  /** How many acceptances the batch has; with the index it tells on which side each sibling stands. */
  readonly count: number
  /** Hashes beside the path from the leaf to the root; none where the path's node is the last of an odd row. */
  readonly siblings: readonly Hex[]
  readonly root: Signed<AcceptanceRoot>
}
