import { bytesToHex, type Hex, hexToBytes, isHexOf, lowerHex, zeroHash } from '../hex.ts'
import {
  absentNode,
  bitAt,
  innerNode,
  type Leaf,
  type LeafAccount,
  type LeavesRoot,
  leafHash,
  leafPlace,
  leafSum,
  placeBits,
  type SumNode,
  type TreeHashing,
} from './leaves.ts'

/** The other half below an inner node on the way to a leaf; zeros when nothing is there. */
export type ProofSibling = { readonly hash: Hex; readonly sumMicrocredits: bigint }

/** What shows that an account's leaf is under a root, or that the account has none. */
export type InclusionProof = {
  /** From the root down; on which side each stands follows from the account's place. */
  readonly siblings: readonly ProofSibling[]
  /** Of a proof of absence: the leaf that stands alone where the account's would be. Without it nothing stands there. */
  readonly other?: Leaf
}

const sumMax = 2n ** 128n - 1n

/**
 * Whether this leaf, with every field of it, is under the root. Everything is computed from the leaf's fields: its hash, its sum and, from
 * its account, its place and the side of each sibling. Sums may not be negative nor pass 16 bytes, and have to add up to the root's total.
 * Never throws, whatever leaf and proof are.
 */
export function verifyInclusion(crypto: TreeHashing, root: LeavesRoot, leaf: Leaf, proof: InclusionProof): boolean {
  if (!isLeaf(leaf)) return false
  const place = leafPlace(crypto, leaf.account)
  return leadsTo(crypto, root, place, leafNode(crypto, leaf, place), proof)
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
  if (other === undefined) return leadsTo(crypto, root, place, absentNode, proof)
  if (!isLeaf(other) || other.account === account) return false
  const otherPlace = leafPlace(crypto, other.account)
  if (!haveSameWay(place, otherPlace, proof)) return false
  return leadsTo(crypto, root, otherPlace, leafNode(crypto, other, otherPlace), proof)
}

function leafNode(crypto: TreeHashing, leaf: Leaf, place: Uint8Array): SumNode {
  return { hash: leafHash(crypto, leaf, place), sum: leafSum(leaf) }
}

/** Whether the node at the end of the siblings, on the way to `place`, gives the root and its total. */
function leadsTo(
  crypto: TreeHashing,
  root: LeavesRoot,
  place: Uint8Array,
  end: SumNode,
  proof: InclusionProof,
): boolean {
  const siblings = siblingNodes(proof)
  if (siblings === undefined || end.sum > sumMax) return false
  // Below the deepest inner node are two leaves or more, so that beside the end, which is one at most, something stands.
  if (siblings.length > 0 && siblings.at(-1) === absentNode) return false
  let node = end
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = siblings[depth] as SumNode
    node = bitAt(place, depth) === 0 ? innerNode(crypto, node, sibling) : innerNode(crypto, sibling, node)
    if (node.sum > sumMax) return false
  }
  return bytesToHex(node.hash) === root.root && node.sum === root.totalMicrocredits
}

/** `undefined` unless there are at most as many as a place has bits, all well formed. */
function siblingNodes(proof: InclusionProof): readonly SumNode[] | undefined {
  const siblings: unknown = proof?.siblings
  if (!Array.isArray(siblings) || siblings.length > placeBits) return undefined
  const nodes = Array.from(siblings, siblingNode)
  return nodes.every(node => node !== undefined) ? nodes : undefined
}

/** A subtree of zeros is the absent one, which holds no credits. */
function siblingNode(sibling: Partial<ProofSibling> | undefined | null): SumNode | undefined {
  const hash: unknown = sibling?.hash
  const sum: unknown = sibling?.sumMicrocredits
  if (!isHexOf(hash, 32) || !isUint(sum, sumMax)) return undefined
  if (hash === zeroHash) return sum === 0n ? absentNode : undefined
  return { hash: hexToBytes(hash), sum }
}

function haveSameWay(place: Uint8Array, other: Uint8Array, proof: InclusionProof): boolean {
  const siblings: unknown = proof?.siblings
  if (!Array.isArray(siblings) || siblings.length > placeBits) return false
  return Array.from(siblings.keys()).every(depth => bitAt(place, depth) === bitAt(other, depth))
}

function isLeafAccount(account: unknown): account is LeafAccount {
  if (account === 'treasury' || account === 'rewards' || account === 'clearing') return true
  return isHexOf(account, 20) && account === lowerHex(account)
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
    Array.from(delegateNonces, isDelegateLane).every(isGood => isGood)
  )
}

function isLane(value: Partial<Leaf['nonces'][number]> | undefined | null): boolean {
  const lane: unknown = value?.lane
  const isLaneNumber = typeof lane === 'number' && Number.isInteger(lane) && lane >= 0 && lane < 2 ** 32
  return isLaneNumber && isUint(value?.nonce, 2n ** 64n - 1n)
}

function isDelegateLane(value: Partial<NonNullable<Leaf['delegateNonces']>[number]> | undefined | null): boolean {
  return isLane(value) && isHexOf(value?.signer, 20)
}

function isUint(value: unknown, max: bigint): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value <= max
}
