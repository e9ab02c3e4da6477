import { bytesToHex, concatBytes, type Hex, hexToBytes, uintToBytes } from '../hex.ts'
import { type EntryTree, entryNode, isEntry, siblingOf, walk } from './entry-tree.ts'
import type { ProofSibling } from './proof-path.ts'
import type { TreeHashing } from './sum-node.ts'

/** Where in a tree: the first `depth` bits of a key. */
export type TreePath = { readonly key: Hex; readonly depth: number }

/** A part of a tree as a demand's answer shows it. */
export type RevealedSubtree = {
  /** From the root down; fewer than the path has bits when it ends at one entry or at nothing before. */
  readonly siblings: readonly ProofSibling[]
  /** What is below, as `encodeFrontier` writes it. */
  readonly frontier: Hex
}

/** Levels that one answer shows. */
export const frontierLevels = 4

const tags = { absent: 0, inner: 1, entry: 2, branch: 3 } as const

/** The subtree below a path, four levels deep, with what places it under the tree's root. */
export function revealSubtree(crypto: TreeHashing, tree: EntryTree, { key, depth }: TreePath): RevealedSubtree {
  const { beside, end } = walk(tree, key, depth)
  return { siblings: beside.map(other => siblingOf(crypto, other)), frontier: encodeFrontier(crypto, end) }
}

/**
 * A subtree from its top to {@link frontierLevels} below, the left half before the right: `0` for an absent one, `2 ‖ key 32 ‖ value 16` for an entry,
 * `3` and both halves for a branch, and for a branch at the last level `1 ‖ hash 32 ‖ sum 16`.
 */
export function encodeFrontier(crypto: TreeHashing, tree: EntryTree): Hex {
  return bytesToHex(concatBytes(...frontierParts(crypto, tree, 0)))
}

/** Siblings as an answer carries them: `hash 32 ‖ sum 16` each, from the root down. */
export function encodeSiblings(siblings: readonly ProofSibling[]): Hex {
  const parts = siblings.flatMap(({ hash, sumMicrocredits }) => [hexToBytes(hash), uintToBytes(sumMicrocredits, 16)])
  return bytesToHex(concatBytes(...parts))
}

function frontierParts(crypto: TreeHashing, tree: EntryTree, level: number): readonly Uint8Array[] {
  if (tree === undefined) return [Uint8Array.of(tags.absent)]
  if (isEntry(tree)) return [Uint8Array.of(tags.entry), hexToBytes(tree.key), uintToBytes(tree.value, 16)]
  if (level < frontierLevels) {
    const halves = [tree.left, tree.right].flatMap(half => frontierParts(crypto, half, level + 1))
    return [Uint8Array.of(tags.branch), ...halves]
  }
  const { hash, sum } = entryNode(crypto, tree)
  return [Uint8Array.of(tags.inner), hash, uintToBytes(sum, 16)]
}
