import { isHexOf, lowerHex } from '../hex.ts'
import { isTreeEntry } from './entry-tree.ts'
import { type Leaf, type LeafAccount, type LeavesRoot, leafHash, leafPlace, leafSum, payablePrefix } from './leaves.ts'
import { haveSameWay, isUint, leadsTo, type ProofSibling, sumMax } from './proof-path.ts'
import { absentNode, type SumNode, type TreeHashing } from './sum-node.ts'

/** What shows that an account's leaf is under a root, or that the account has none. */
export type InclusionProof = {
  /** From the root down; on which side each stands follows from the account's place. */
  readonly siblings: readonly ProofSibling[]
  /** Of a proof of absence: the leaf that stands alone where the account's would be. Without it nothing stands there. */
  readonly other?: Leaf
}

/**
 * Whether this leaf, with every field of it, is under the root. Everything is computed from the leaf's fields: its hash, its sum and, from
 * its account, its place and the side of each sibling. Sums may not be negative nor pass 16 bytes, and have to add up to the root's total.
 * Never throws, whatever leaf and proof are.
 */
export function verifyInclusion(crypto: TreeHashing, root: LeavesRoot, leaf: Leaf, proof: InclusionProof): boolean {
  if (!isLeaf(leaf)) return false
  const place = leafPlace(crypto, leaf.account)
  return leadsTo(crypto, root, place, leafNode(crypto, leaf, place), proof?.siblings)
}

/**
 * Whether no leaf of this account is under the root: where it would be there is nothing, or the only leaf there is another account's.
 * Never throws, whatever account and proof are.
 */
export function verifyAbsence(
  crypto: TreeHashing,
  root: LeavesRoot,
  account: LeafAccount,
  proof: InclusionProof,
): boolean {
  if (!isLeafAccount(account)) return false
  const place = leafPlace(crypto, account)
  const other: unknown = proof?.other
  if (other === undefined) return leadsTo(crypto, root, place, absentNode, proof?.siblings)
  if (!isLeaf(other) || other.account === account) return false
  const otherPlace = leafPlace(crypto, other.account)
  if (!haveSameWay(place, otherPlace, proof?.siblings)) return false
  return leadsTo(crypto, root, otherPlace, leafNode(crypto, other, otherPlace), proof?.siblings)
}

function leafNode(crypto: TreeHashing, leaf: Leaf, place: Uint8Array): SumNode {
  return { hash: leafHash(crypto, leaf, place), sum: leafSum(leaf) }
}

function isLeafAccount(account: unknown): account is LeafAccount {
  if (account === 'treasury' || account === 'rewards' || account === 'clearing') return true
  if (typeof account !== 'string') return false
  const address = account.startsWith(payablePrefix) ? account.slice(payablePrefix.length) : account
  return isHexOf(address, 20) && address === lowerHex(address)
}

function isLeaf(value: unknown): value is Leaf {
  const leaf = value as Partial<Leaf> | undefined | null
  const isComplete =
    isLeafAccount(leaf?.account) &&
    isUint(leaf.availableMicrocredits, sumMax) &&
    isUint(leaf.heldMicrocredits, sumMax) &&
    isUint(leaf.receiptSequence, 2n ** 64n - 1n)
  const { nonces, delegateNonces = [] }: Partial<Leaf> = leaf ?? {}
  if (!isComplete || !Array.isArray(nonces) || !Array.isArray(delegateNonces)) return false
  return (
    Array.from(nonces, isLane).every(isGood => isGood) &&
    Array.from(delegateNonces, isDelegateLane).every(isGood => isGood) &&
    areHolds(leaf?.holds) &&
    (leaf?.holds === undefined || isDistinct(leaf as Leaf))
  )
}

/** A leaf of the protocol that the contract judges names each lane once, and only a wallet has any. */
function isDistinct({ account, nonces, delegateNonces = [] }: Leaf): boolean {
  const lanes = [
    ...nonces.map(({ lane }) => `${account}:${lane}`),
    ...delegateNonces.map(({ signer, lane }) => `${lowerHex(signer)}:${lane}`),
  ]
  return new Set(lanes).size === lanes.length && (lanes.length === 0 || account.startsWith('0x'))
}

function areHolds(holds: unknown): boolean {
  if (holds === undefined) return true
  if (!Array.isArray(holds) || !Array.from(holds, isTreeEntry).every(isGood => isGood)) return false
  return new Set(holds.map(({ key }) => key)).size === holds.length
}

function isLane(value: Partial<Leaf['nonces'][number]> | undefined | null): boolean {
  const lane: unknown = value?.lane
  const isLaneNumber = typeof lane === 'number' && Number.isInteger(lane) && lane >= 0 && lane < 2 ** 32
  return isLaneNumber && isUint(value?.nonce, 2n ** 64n - 1n)
}

function isDelegateLane(value: Partial<NonNullable<Leaf['delegateNonces']>[number]> | undefined | null): boolean {
  return isLane(value) && isHexOf(value?.signer, 20)
}
