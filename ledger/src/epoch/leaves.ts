import { type Address, bytesToHex, concatBytes, type Hex, hexToBytes, uintToBytes } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'

/** What the epoch's tree says of one account. Amounts in µcr. */
export type Leaf = {
  readonly account: LeafAccount
  readonly availableMicrocredits: bigint
  /** In open holds, and on its way to the chain without a payee id to be paid under. */
  readonly heldMicrocredits: bigint
  /** Last nonce of each lane of this signer, by ascending lane. */
  readonly nonces: readonly { readonly lane: number; readonly nonce: bigint }[]
  /** Last receipt sequence, 0 for an account that is no node. */
  readonly receiptSequence: bigint
}

export type LeafAccount = Address | 'treasury' | 'rewards'

export type LeavesRoot = { readonly root: Hex; readonly totalMicrocredits: bigint }

type Hashing = Pick<LedgerCrypto, 'keccak256'>

type Node = { readonly hash: Uint8Array; readonly sum: bigint }

type PlacedLeaf = { readonly place: Uint8Array; readonly node: Node }

const text = new TextEncoder()

const absent: Node = { hash: new Uint8Array(32), sum: 0n }

/**
 * Root of the sparse Merkle-sum tree over all leaves. A leaf's place is the Keccak hash of its account, read from the most
 * significant bit; an absent subtree is 32 zero bytes with sum 0; a subtree with one leaf is that leaf, so that the depth is the
 * shortest that tells the accounts apart. Leaf: `keccak(0x00 ‖ place ‖ available ‖ held ‖ keccak(nonces) ‖ sequence)`; inner node:
 * `keccak(0x01 ‖ left hash ‖ left sum ‖ right hash ‖ right sum)`; sums in 16 bytes, big-endian.
 */
export function leavesRoot(crypto: Hashing, leaves: readonly Leaf[]): LeavesRoot {
  const placed = leaves.map(leaf => placeLeaf(crypto, leaf)).sort((a, b) => compareBytes(a.place, b.place))
  const top = subtree(crypto, placed, 0)
  return { root: bytesToHex(top.hash), totalMicrocredits: top.sum }
}

function placeLeaf(crypto: Hashing, leaf: Leaf): PlacedLeaf {
  const name = leaf.account.startsWith('0x') ? hexToBytes(leaf.account) : text.encode(leaf.account)
  const place = crypto.keccak256(name)
  const nonces = leaf.nonces.map(({ lane, nonce }) => concatBytes(uintToBytes(BigInt(lane), 4), uintToBytes(nonce, 8)))
  const hash = crypto.keccak256(
    concatBytes(
      Uint8Array.of(0x00),
      place,
      uintToBytes(leaf.availableMicrocredits, 16),
      uintToBytes(leaf.heldMicrocredits, 16),
      crypto.keccak256(concatBytes(...nonces)),
      uintToBytes(leaf.receiptSequence, 8),
    ),
  )
  return { place, node: { hash, sum: leaf.availableMicrocredits + leaf.heldMicrocredits } }
}

function subtree(crypto: Hashing, leaves: readonly PlacedLeaf[], depth: number): Node {
  const [first] = leaves
  if (first === undefined) return absent
  if (leaves.length === 1) return first.node
  const split = leaves.findIndex(leaf => bitAt(leaf.place, depth) === 1)
  const middle = split === -1 ? leaves.length : split
  const left = subtree(crypto, leaves.slice(0, middle), depth + 1)
  const right = subtree(crypto, leaves.slice(middle), depth + 1)
  const hash = crypto.keccak256(
    concatBytes(Uint8Array.of(0x01), left.hash, uintToBytes(left.sum, 16), right.hash, uintToBytes(right.sum, 16)),
  )
  return { hash, sum: left.sum + right.sum }
}

function bitAt(place: Uint8Array, depth: number): number {
  return ((place[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const index = a.findIndex((byte, at) => byte !== b[at])
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0)
}
