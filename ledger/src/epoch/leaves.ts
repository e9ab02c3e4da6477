import { type Address, bytesToHex, concatBytes, type Hex, hexToBytes, uintToBytes, writeUint } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'

/** What the epoch's tree says of one account. Amounts in µcr. */
export type Leaf = {
  readonly account: LeafAccount
  readonly availableMicrocredits: bigint
  /** In open holds, and on its way to the chain without a payee id to be paid under. */
  readonly heldMicrocredits: bigint
  /** Last nonce of each lane of this signer, by ascending lane. */
  readonly nonces: readonly { readonly lane: number; readonly nonce: bigint }[]
  /** Last nonce of each lane of each delegate, by ascending lane, then signer; absent when no delegate has signed. */
  readonly delegateNonces?: readonly { readonly signer: Address; readonly lane: number; readonly nonce: bigint }[]
  /** Last receipt sequence, 0 for an account that is no node. */
  readonly receiptSequence: bigint
}

/** `clearing` stands for all that is in other shards or on its way to them. */
export type LeafAccount = Address | 'treasury' | 'rewards' | 'clearing'

export type LeavesRoot = { readonly root: Hex; readonly totalMicrocredits: bigint }

/** All of the cryptography that the tree needs. */
export type TreeHashing = Pick<LedgerCrypto, 'keccak256'>

/** A subtree of the tree as its parent knows it: its hash, and the sum of its leaves in µcr. */
export type SumNode = { readonly hash: Uint8Array; readonly sum: bigint }

type PlacedLeaf = { readonly place: Uint8Array; readonly node: SumNode }

const text = new TextEncoder()

/** Lane in 4 bytes, nonce in 8. */
const laneBytes = 12

/** A subtree without leaves. */
export const absentNode: SumNode = { hash: new Uint8Array(32), sum: 0n }

/** Bits of a place, and so the greatest depth of a leaf. */
export const placeBits = 256

/**
 * Root of the sparse Merkle-sum tree over all leaves. A leaf's place is the Keccak hash of its account, read from the most
 * significant bit; an absent subtree is 32 zero bytes with sum 0; a subtree with one leaf is that leaf, so that the depth is the
 * shortest that tells the accounts apart. Leaf: `keccak(0x00 ‖ place ‖ available ‖ held ‖ keccak(nonces) ‖ sequence)`, where
 * nonces are 12 bytes a lane, followed, when delegates have signed, by the hash of their `signer ‖ lane ‖ nonce`; inner node:
 * `keccak(0x01 ‖ left hash ‖ left sum ‖ right hash ‖ right sum)`; sums in 16 bytes, big-endian.
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
  return crypto.keccak256(account.startsWith('0x') ? hexToBytes(account) : text.encode(account))
}

/** The hash of a leaf at its place. Throws `RangeError` when a number of it does not fit its bytes. */
export function leafHash(crypto: TreeHashing, leaf: Leaf, place: Uint8Array): Uint8Array {
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

/** The node over two subtrees. Throws `RangeError` when a sum does not fit 16 bytes. */
export function innerNode(crypto: TreeHashing, left: SumNode, right: SumNode): SumNode {
  const hash = crypto.keccak256(
    concatBytes(Uint8Array.of(0x01), left.hash, uintToBytes(left.sum, 16), right.hash, uintToBytes(right.sum, 16)),
  )
  return { hash, sum: left.sum + right.sum }
}

/** The turn that the way to a place takes at a depth: 0 left, 1 right. */
export function bitAt(place: Uint8Array, depth: number): 0 | 1 {
  return (((place[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1) as 0 | 1
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
