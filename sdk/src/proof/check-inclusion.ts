import {
  type Address,
  type InclusionProof,
  type Leaf,
  type LeavesRoot,
  lowerHex,
  verifyAbsence,
  verifyInclusion,
} from '@deparrow/ledger'
import { ledgerHashing } from '../signing/ledger-hashing.ts'

/** What somebody says a wallet had when an epoch closed, with the proof of it. */
export type ShownLeaf = {
  /** The wallet's leaf with every field; absent for a wallet that is said to have none. */
  readonly leaf?: Leaf
  readonly proof: InclusionProof
}

/** What a wallet certainly had when an epoch closed, in µcr. */
export type ProvenBalance = {
  readonly wallet: Address
  readonly availableMicrocredits: bigint
  /** In open holds, and on its way to the chain without a payee id. */
  readonly heldMicrocredits: bigint
}

/**
 * Checks a wallet's balance against the root of an epoch, trusting nobody but whoever the root comes from: take root and total from the
 * settlement contract, leaf and proof from any gateway. Returns the balance that is proven, which is zero for a wallet that is
 * proven to have no leaf, or `undefined` when the proof does not hold, whatever is wrong with it. Never throws on what was shown.
 *
 * @example
 * const balance = checkInclusion({ root, totalMicrocredits }, wallet.address, { leaf, proof })
 * if (balance === undefined) throw new Error('the gateway shows a balance that the epoch does not hold')
 */
export function checkInclusion(root: LeavesRoot, wallet: Address, shown: ShownLeaf): ProvenBalance | undefined {
  const own = lowerHex(wallet)
  const { leaf, proof } = shown
  if (leaf === undefined) {
    const isProven = verifyAbsence(ledgerHashing, root, own, proof)
    return isProven ? { wallet: own, availableMicrocredits: 0n, heldMicrocredits: 0n } : undefined
  }
  if (leaf?.account !== own || !verifyInclusion(ledgerHashing, root, leaf, proof)) return undefined
  const { availableMicrocredits, heldMicrocredits } = leaf
  return { wallet: own, availableMicrocredits, heldMicrocredits }
}
