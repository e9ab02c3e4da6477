import { concatBytes, uintToBytes } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'

/** All of the cryptography that the tree needs. */
export type TreeHashing = Pick<LedgerCrypto, 'keccak256'>

/** A subtree of the tree as its parent knows it: its hash, and the sum of its leaves in µcr. */
export type SumNode = { readonly hash: Uint8Array; readonly sum: bigint }

/** A subtree without leaves. */
export const absentNode: SumNode = { hash: new Uint8Array(32), sum: 0n }

/** Bits of a place, and so the greatest depth of a leaf. */
export const placeBits = 256

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
