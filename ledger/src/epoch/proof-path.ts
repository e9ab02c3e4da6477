import { bytesToHex, type Hex, hexToBytes, isHexOf, zeroHash } from '../hex.ts'
import { absentNode, bitAt, innerNode, placeBits, type SumNode, type TreeHashing } from './sum-node.ts'

/** The other half below an inner node on the way to a leaf; zeros when nothing is there. */
export type ProofSibling = { readonly hash: Hex; readonly sumMicrocredits: bigint }

/** Root and total under which something is proven. */
export type ProvenRoot = { readonly root: Hex; readonly totalMicrocredits: bigint }

/** Sums take 16 bytes. */
export const sumMax = 2n ** 128n - 1n

/**
 * Whether the node at the end of the siblings, on the way to `place`, gives the root and its total. Sums may not be negative nor pass 16
 * bytes. Never throws, whatever the siblings are.
 */
export function leadsTo(
  crypto: TreeHashing,
  { root, totalMicrocredits }: ProvenRoot,
  place: Uint8Array,
  end: SumNode,
  siblings: unknown,
): boolean {
  const nodes = siblingNodes(siblings)
  if (nodes === undefined || end.sum > sumMax) return false
  // Below the deepest inner node are two leaves or more, so that beside the end, which is one at most, something stands.
  if (nodes.length > 0 && nodes.at(-1) === absentNode) return false
  let node = end
  for (let depth = nodes.length - 1; depth >= 0; depth--) {
    const sibling = nodes[depth] as SumNode
    node = bitAt(place, depth) === 0 ? innerNode(crypto, node, sibling) : innerNode(crypto, sibling, node)
    if (node.sum > sumMax) return false
  }
  return bytesToHex(node.hash) === root && node.sum === totalMicrocredits
}

/** Whether two places are reached by the same turns past all of the siblings. */
export function haveSameWay(place: Uint8Array, other: Uint8Array, siblings: unknown): boolean {
  if (!Array.isArray(siblings) || siblings.length > placeBits) return false
  return Array.from(siblings.keys()).every(depth => bitAt(place, depth) === bitAt(other, depth))
}

export function isUint(value: unknown, max: bigint): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value <= max
}

/** `undefined` unless there are at most as many as a place has bits, all well formed. */
function siblingNodes(siblings: unknown): readonly SumNode[] | undefined {
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
