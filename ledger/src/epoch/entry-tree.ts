import { bytesToHex, concatBytes, type Hex, hexToBytes, isHexOf, lowerHex, uintToBytes } from '../hex.ts'
import { haveSameWay, isUint, leadsTo, type ProofSibling, type ProvenRoot, sumMax } from './proof-path.ts'
import { absentNode, innerNode, placeBits, type SumNode, type TreeHashing } from './sum-node.ts'

/** A value of 16 bytes at the place that its key of 32 bytes is. */
export type TreeEntry = { readonly key: Hex; readonly value: bigint }

type EntryBranch = { readonly left: EntryTree; readonly right: EntryTree }

/**
 * The sparse Merkle-sum tree of lanes, open holds and statements. A subtree with one entry is that entry and `undefined` is the absent one. No
 * tree is changed: a changed one shares with the former all that is the same. Plain values, so that it can lie in a snapshot.
 */
export type EntryTree = TreeEntry | EntryBranch | undefined

/** What shows that an entry is under a root, or that its key has none. */
export type EntryProof = {
  /** From the root down. */
  readonly siblings: readonly ProofSibling[]
  /** Of a proof of absence: the entry that stands alone where the key's would be. Without it nothing stands there. */
  readonly other?: TreeEntry
}

/** Nodes by what they are the hash of, so that a changed tree costs what changed. */
const branchNodes = new WeakMap<EntryBranch, SumNode>()

/**
 * Hash and sum of the tree over entries of different keys. Entry: `keccak(0x00 ‖ key 32 ‖ value 16)`, whose sum is the value; inner node and
 * absent subtree as in `leavesRoot`. Throws `RangeError` when a value or a sum does not fit 16 bytes, or a key is there twice.
 */
export function entryRoot(crypto: TreeHashing, entries: Iterable<TreeEntry>): SumNode {
  return entryNode(crypto, entryTree(entries))
}

/** The tree over entries. Throws `RangeError` when a key is there twice. */
export function entryTree(entries: Iterable<TreeEntry>): EntryTree {
  let tree: EntryTree
  for (const entry of entries) {
    if (findEntry(tree, entry.key) !== undefined) throw new RangeError(`two entries have the key ${entry.key}`)
    tree = withEntry(tree, entry)
  }
  return tree
}

/** The tree with this entry, in place of one with the same key. */
export function withEntry(tree: EntryTree, entry: TreeEntry): EntryTree {
  return added(tree, 0, entry)
}

/** The tree without the key's entry. */
export function withoutEntry(tree: EntryTree, key: Hex): EntryTree {
  return removed(tree, 0, key)
}

export function findEntry(tree: EntryTree, key: Hex): TreeEntry | undefined {
  const found = walk(tree, key, placeBits).end
  return isEntry(found) && found.key === key ? found : undefined
}

/** All entries of a tree by ascending key. */
export function* entriesOf(tree: EntryTree): Generator<TreeEntry> {
  if (tree === undefined) return
  if (isEntry(tree)) return yield tree
  yield* entriesOf(tree.left)
  yield* entriesOf(tree.right)
}

/** Hash and sum of a tree. Throws `RangeError` when a sum does not fit 16 bytes. */
export function entryNode(crypto: TreeHashing, tree: EntryTree): SumNode {
  if (tree === undefined) return absentNode
  if (isEntry(tree)) return entryLeaf(crypto, tree)
  const known = branchNodes.get(tree)
  if (known !== undefined) return known
  const node = innerNode(crypto, entryNode(crypto, tree.left), entryNode(crypto, tree.right))
  branchNodes.set(tree, node)
  return node
}

/** Hash and sum of an entry that stands alone in its subtree. */
export function entryLeaf(crypto: TreeHashing, { key, value }: TreeEntry): SumNode {
  const message = concatBytes(Uint8Array.of(0x00), hexToBytes(key), uintToBytes(value, 16))
  return { hash: crypto.keccak256(message), sum: value }
}

/** Shows that the key's entry is in the tree, or that the key has none. */
export function proveEntry(crypto: TreeHashing, tree: EntryTree, key: Hex): EntryProof {
  const { beside, end } = walk(tree, key, placeBits)
  const siblings = beside.map(other => siblingOf(crypto, other))
  return isEntry(end) && end.key !== key ? { siblings, other: end } : { siblings }
}

/** Whether this entry is under the root. Never throws, whatever entry and proof are. */
export function verifyEntry(crypto: TreeHashing, root: ProvenRoot, entry: TreeEntry, proof: EntryProof): boolean {
  if (!isTreeEntry(entry)) return false
  return leadsTo(crypto, root, hexToBytes(entry.key), entryLeaf(crypto, entry), proof?.siblings)
}

/** Whether no entry of this key is under the root. Never throws, whatever key and proof are. */
export function verifyNoEntry(crypto: TreeHashing, root: ProvenRoot, key: Hex, proof: EntryProof): boolean {
  if (!isHexOf(key, 32)) return false
  const place = hexToBytes(key)
  const other: unknown = proof?.other
  if (other === undefined) return leadsTo(crypto, root, place, absentNode, proof?.siblings)
  if (!isTreeEntry(other) || other.key === lowerHex(key)) return false
  const otherPlace = hexToBytes(other.key)
  if (!haveSameWay(place, otherPlace, proof.siblings)) return false
  return leadsTo(crypto, root, otherPlace, entryLeaf(crypto, other), proof.siblings)
}

/** Where the walk towards a key leads, at most `depthMax` down, and what it leaves aside from the root on. */
export function walk(
  tree: EntryTree,
  key: Hex,
  depthMax: number,
): { readonly beside: readonly EntryTree[]; readonly end: EntryTree } {
  const beside: EntryTree[] = []
  let end = tree
  while (end !== undefined && !isEntry(end) && beside.length < depthMax) {
    const isRight = turnAt(key, beside.length) === 1
    beside.push(isRight ? end.left : end.right)
    end = isRight ? end.right : end.left
  }
  return { beside, end }
}

export function siblingOf(crypto: TreeHashing, tree: EntryTree): ProofSibling {
  const { hash, sum } = entryNode(crypto, tree)
  return { hash: bytesToHex(hash), sumMicrocredits: sum }
}

export function isEntry(tree: EntryTree): tree is TreeEntry {
  return tree !== undefined && 'key' in tree
}

function added(tree: EntryTree, depth: number, entry: TreeEntry): EntryTree {
  if (tree === undefined) return entry
  if (isEntry(tree)) return tree.key === entry.key ? entry : added(parted(tree, depth), depth, entry)
  return turnAt(entry.key, depth) === 0
    ? { left: added(tree.left, depth + 1, entry), right: tree.right }
    : { left: tree.left, right: added(tree.right, depth + 1, entry) }
}

function removed(tree: EntryTree, depth: number, key: Hex): EntryTree {
  if (tree === undefined) return undefined
  if (isEntry(tree)) return tree.key === key ? undefined : tree
  const isLeft = turnAt(key, depth) === 0
  const left = isLeft ? removed(tree.left, depth + 1, key) : tree.left
  const right = isLeft ? tree.right : removed(tree.right, depth + 1, key)
  if (left !== undefined && right !== undefined) return { left, right }
  const only = left ?? right
  return only === undefined || isEntry(only) ? only : { left, right }
}

/** An entry one level further down. */
function parted(entry: TreeEntry, depth: number): EntryBranch {
  return turnAt(entry.key, depth) === 0 ? { left: entry, right: undefined } : { left: undefined, right: entry }
}

/** The turn that the way to a key takes at a depth: 0 left, 1 right. */
function turnAt(key: Hex, depth: number): 0 | 1 {
  const code = key.charCodeAt(2 + (depth >> 2))
  const digit = code >= 97 ? code - 87 : code - 48
  return ((digit >> (3 - (depth & 3))) & 1) as 0 | 1
}

/** Whether a value is an entry, whatever it is. */
export function isTreeEntry(entry: unknown): entry is TreeEntry {
  const { key, value } = (entry ?? {}) as Partial<TreeEntry>
  return isHexOf(key, 32) && key === lowerHex(key) && isUint(value, sumMax)
}
