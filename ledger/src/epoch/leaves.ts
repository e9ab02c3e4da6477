import {
  type Address,
  bytesToHex,
  concatBytes,
  type Hex,
  hexToBytes,
  uintToBytes,
  writeHex,
  writeUint,
} from '../hex.ts'
import { entryRoot, type TreeEntry } from './entry-tree.ts'
import { absentNode, bitAt, innerNode, type SumNode, type TreeHashing } from './sum-node.ts'

/** What the epoch's tree says of one account. Amounts in µcr. */
export type Leaf = {
  readonly account: LeafAccount
  readonly availableMicrocredits: bigint
  /** In open holds and escrows; in a leaf without `holds` also what is on its way to the chain without a payee id to be paid under. */
  readonly heldMicrocredits: bigint
  /** Last nonce of each lane of this signer, by ascending lane. */
  readonly nonces: readonly { readonly lane: number; readonly nonce: bigint }[]
  /** Last nonce of each lane of each delegate, by ascending lane, then signer; absent when no delegate has signed. */
  readonly delegateNonces?: readonly { readonly signer: Address; readonly lane: number; readonly nonce: bigint }[]
  /**
   * Open holds and escrows by the digests of their orders, in a leaf of the protocol that the contract judges. Absent in the leaves of 0.1.0 and
   * 0.2.0.
   */
  readonly holds?: readonly TreeEntry[]
  /** Last receipt sequence, 0 for an account that is no node. */
  readonly receiptSequence: bigint
}

/** `clearing` stands for all that is in other shards or on its way to them; `payable:` for payouts to a wallet that has no payee id. */
export type LeafAccount = Address | 'treasury' | 'rewards' | 'clearing' | `payable:${Address}`

export type LeavesRoot = { readonly root: Hex; readonly totalMicrocredits: bigint }

type PlacedLeaf = { readonly place: Uint8Array; readonly node: SumNode }

const text = new TextEncoder()

/** Before the address in the name of a leaf of waiting payouts. */
export const payablePrefix = 'payable:'

/** Lane in 4 bytes, nonce in 8. */
const laneBytes = 12

/**
 * Root of the sparse Merkle-sum tree over all leaves. A leaf's place is the Keccak hash of its account, read from the most
 * significant bit; an absent subtree is 32 zero bytes with sum 0; a subtree with one leaf is that leaf, so that the depth is the
 * shortest that tells the accounts apart. Leaf: see {@link leafHash}; inner node: `keccak(0x01 ‖ left hash ‖ left sum ‖ right hash ‖ right sum)`;
 * sums in 16 bytes, big-endian.
 *
 * This is the definition, computed anew from all leaves; `SumTree` keeps the same root up to date.
 */
export function leavesRoot(crypto: TreeHashing, leaves: readonly Leaf[]): LeavesRoot {
  const placed = leaves.map(leaf => placeLeaf(crypto, leaf)).sort((a, b) => compareBytes(a.place, b.place))
  const top = subtree(crypto, placed, 0)
  return { root: bytesToHex(top.hash), totalMicrocredits: top.sum }
}

/** Where an account stands in the tree: 32 bytes, read from the most significant bit, 0 to the left. */
export function leafPlace(crypto: TreeHashing, account: LeafAccount): Uint8Array {
  if (account.startsWith('0x')) return crypto.keccak256(hexToBytes(account))
  if (!account.startsWith(payablePrefix)) return crypto.keccak256(text.encode(account))
  return crypto.keccak256(concatBytes(text.encode(payablePrefix), hexToBytes(account.slice(payablePrefix.length))))
}

/**
 * The hash of a leaf at its place: `keccak(0x00 ‖ place 32 ‖ available 16 ‖ held 16 ‖ lanes 32 ‖ holds 32 ‖ sequence 8)` with the roots of its lanes
 * and of its holds. A leaf without `holds` has instead of the two roots `keccak(nonces)`, 12 bytes a lane, followed, when delegates have signed, by the
 * hash of their `signer ‖ lane ‖ nonce`. `holdsRoot` can be given by who has it. Throws `RangeError` when a number does not fit its bytes, or
 * two holds or lanes are the same.
 */
export function leafHash(crypto: TreeHashing, leaf: Leaf, place: Uint8Array, holdsRoot?: Uint8Array): Uint8Array {
  if (leaf.holds === undefined) return leafHash010(crypto, leaf, place)
  const bytes = new Uint8Array(1 + 32 + 16 + 16 + 32 + 32 + 8)
  bytes.set(place, 1)
  writeUint(leaf.availableMicrocredits, bytes, 33, 16)
  writeUint(leaf.heldMicrocredits, bytes, 49, 16)
  bytes.set(entryRoot(crypto, lanesOf(crypto, leaf)).hash, 65)
  bytes.set(holdsRoot ?? entryRoot(crypto, leaf.holds).hash, 97)
  writeUint(leaf.receiptSequence, bytes, 129, 8)
  return crypto.keccak256(bytes)
}

/** The entries of the tree of a leaf's lanes: under `keccak(signer 20 ‖ lane 4)` the last nonce. */
export function lanesOf(
  crypto: TreeHashing,
  { account, nonces, delegateNonces = [] }: Pick<Leaf, 'account' | 'nonces' | 'delegateNonces'>,
): readonly TreeEntry[] {
  const own = nonces.map(({ lane, nonce }) => ({ key: laneKey(crypto, account as Address, lane), value: nonce }))
  const delegated = delegateNonces.map(({ signer, lane, nonce }) => ({
    key: laneKey(crypto, signer, lane),
    value: nonce,
  }))
  return [...own, ...delegated]
}

/** Where the last nonce of a signer's lane stands in the tree of lanes. */
export function laneKey(crypto: TreeHashing, signer: Address, lane: number): Hex {
  const bytes = new Uint8Array(24)
  writeHex(signer, bytes, 0)
  writeUint(BigInt(lane), bytes, 20, 4)
  return bytesToHex(crypto.keccak256(bytes))
}

function leafHash010(crypto: TreeHashing, leaf: Leaf, place: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + 32 + 16 + 16 + 32 + 8)
  bytes.set(place, 1)
  writeUint(leaf.availableMicrocredits, bytes, 33, 16)
  writeUint(leaf.heldMicrocredits, bytes, 49, 16)
  bytes.set(crypto.keccak256(nonceBytes(crypto, leaf)), 65)
  writeUint(leaf.receiptSequence, bytes, 97, 8)
  return crypto.keccak256(bytes)
}

/** What a leaf adds to the sums above it, in µcr. */
export function leafSum(leaf: Leaf): bigint {
  return leaf.availableMicrocredits + leaf.heldMicrocredits
}

function nonceBytes(crypto: TreeHashing, { nonces, delegateNonces = [] }: Leaf): Uint8Array {
  const ownBytes = nonces.length * laneBytes
  const bytes = new Uint8Array(ownBytes + (delegateNonces.length === 0 ? 0 : 32))
  nonces.forEach(({ lane, nonce }, index) => {
    writeUint(BigInt(lane), bytes, index * laneBytes, 4)
    writeUint(nonce, bytes, index * laneBytes + 4, 8)
  })
  if (delegateNonces.length > 0) bytes.set(delegatesHash(crypto, delegateNonces), ownBytes)
  return bytes
}

/** 32 bytes are never a number of lanes, so that a leaf with delegates is no other leaf without. */
function delegatesHash(crypto: TreeHashing, delegateNonces: NonNullable<Leaf['delegateNonces']>): Uint8Array {
  const rows = delegateNonces.map(({ signer, lane, nonce }) =>
    concatBytes(hexToBytes(signer), uintToBytes(BigInt(lane), 4), uintToBytes(nonce, 8)),
  )
  return crypto.keccak256(concatBytes(...rows))
}

function placeLeaf(crypto: TreeHashing, leaf: Leaf): PlacedLeaf {
  const place = leafPlace(crypto, leaf.account)
  return { place, node: { hash: leafHash(crypto, leaf, place), sum: leafSum(leaf) } }
}

function subtree(crypto: TreeHashing, leaves: readonly PlacedLeaf[], depth: number): SumNode {
  const [first] = leaves
  if (first === undefined) return absentNode
  if (leaves.length === 1) return first.node
  const split = leaves.findIndex(leaf => bitAt(leaf.place, depth) === 1)
  const middle = split === -1 ? leaves.length : split
  return innerNode(
    crypto,
    subtree(crypto, leaves.slice(0, middle), depth + 1),
    subtree(crypto, leaves.slice(middle), depth + 1),
  )
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const index = a.findIndex((byte, at) => byte !== b[at])
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0)
}
