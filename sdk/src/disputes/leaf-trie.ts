import {
  absentNode,
  bitAt,
  bytesToHex,
  concatBytes,
  type EntryTree,
  entryNode,
  entryRoot,
  frontierLevels,
  type Hex,
  hexToBytes,
  type InclusionProof,
  innerNode,
  type Leaf,
  type LeafAccount,
  lanesOf,
  leafHash,
  leafPlace,
  leafSum,
  type ProofSibling,
  type RevealedSubtree,
  type SumNode,
  type TreeHashing,
  type TreePath,
  uintToBytes,
} from '@deparrow/ledger'

/** A leaf as an epoch has it. */
export type PlacedLeaf = {
  readonly place: Uint8Array
  readonly leaf: Leaf
  /** The leaf's open holds as a tree, which shares its nodes with the trees of other epochs. */
  readonly holds: EntryTree
  readonly node: SumNode
}

type LeafBranch = {
  readonly left: LeafTrie
  readonly right: LeafTrie
  /** Computed when it is first asked for, so that many changes at once hash each node once. */
  node: SumNode | undefined
}

/**
 * All leaves of an epoch: the tree that the ledger's `leavesRoot` defines. It is never changed: a changed one shares with the former all that is the
 * same, so that an epoch takes the ways to the leaves that changed, about 25 nodes of 200 bytes a leaf among 10^7, and at most as many hashes.
 */
export type LeafTrie = PlacedLeaf | LeafBranch | undefined

const tags = { absent: 0, inner: 1, leaf: 2, branch: 3 } as const

/** The trie with what these accounts' leaves are now; without a leaf an account is taken out. */
export function withLeaves(
  crypto: TreeHashing,
  trie: LeafTrie,
  changes: Iterable<{ readonly account: LeafAccount; readonly leaf: Leaf | undefined; readonly holds: EntryTree }>,
): LeafTrie {
  let next = trie
  for (const { account, leaf, holds } of changes) {
    const place = leafPlace(crypto, account)
    if (leaf === undefined) next = removed(next, 0, place)
    else {
      const hash = leafHash(crypto, leaf, place, entryNode(crypto, holds).hash)
      next = added(next, 0, { place, leaf, holds, node: { hash, sum: leafSum(leaf) } })
    }
  }
  return next
}

/** Hash and sum of all leaves. */
export function trieNode(crypto: TreeHashing, trie: LeafTrie): SumNode {
  if (trie === undefined) return absentNode
  if (isLeaf(trie)) return trie.node
  trie.node ??= innerNode(crypto, trieNode(crypto, trie.left), trieNode(crypto, trie.right))
  return trie.node
}

export function leafAt(trie: LeafTrie, place: Uint8Array): PlacedLeaf | undefined {
  const { end } = walk(trie, place, place.length * 8)
  return isLeaf(end) && isSamePlace(end.place, place) ? end : undefined
}

/** What stands where a place leads, and what beside the way there: a proof that the place has its leaf, or none. */
export function proveLeafAt(
  crypto: TreeHashing,
  trie: LeafTrie,
  place: Uint8Array,
): { readonly end: PlacedLeaf | undefined; readonly siblings: readonly ProofSibling[] } {
  const { beside, end } = walk(trie, place, place.length * 8)
  return { end: isLeaf(end) ? end : undefined, siblings: beside.map(other => siblingOf(crypto, other)) }
}

/** The proof of an account's leaf, or of its absence, as the ledger's verifiers take it. */
export function proveAccount(crypto: TreeHashing, trie: LeafTrie, account: LeafAccount): InclusionProof {
  const { end, siblings } = proveLeafAt(crypto, trie, leafPlace(crypto, account))
  return end === undefined || end.leaf.account === account ? { siblings } : { siblings, other: end.leaf }
}

/** The leaves below a path, four levels deep, with what places them under the root. */
export function revealLeaves(crypto: TreeHashing, trie: LeafTrie, { key, depth }: TreePath): RevealedSubtree {
  const { beside, end } = walk(trie, hexToBytes(key), depth)
  return {
    siblings: beside.map(other => siblingOf(crypto, other)),
    frontier: bytesToHex(concatBytes(...frontierParts(crypto, end, 0))),
  }
}

/** Root of the tree of a leaf's lanes. */
export function lanesRootOf(crypto: TreeHashing, { leaf }: PlacedLeaf): Hex {
  return bytesToHex(entryRoot(crypto, lanesOf(crypto, leaf)).hash)
}

/** Root of the tree of a leaf's open holds. */
export function holdsRootOf(crypto: TreeHashing, { holds }: PlacedLeaf): Hex {
  return bytesToHex(entryNode(crypto, holds).hash)
}

function walk(
  trie: LeafTrie,
  place: Uint8Array,
  depthMax: number,
): { readonly beside: readonly LeafTrie[]; readonly end: LeafTrie } {
  const beside: LeafTrie[] = []
  let end = trie
  while (end !== undefined && !isLeaf(end) && beside.length < depthMax) {
    const isRight = bitAt(place, beside.length) === 1
    beside.push(isRight ? end.left : end.right)
    end = isRight ? end.right : end.left
  }
  return { beside, end }
}

function siblingOf(crypto: TreeHashing, trie: LeafTrie): ProofSibling {
  const { hash, sum } = trieNode(crypto, trie)
  return { hash: bytesToHex(hash), sumMicrocredits: sum }
}

/** As the contract's `Frontier` reads it: a leaf is shown whole. */
function frontierParts(crypto: TreeHashing, trie: LeafTrie, level: number): readonly Uint8Array[] {
  if (trie === undefined) return [Uint8Array.of(tags.absent)]
  if (isLeaf(trie)) return [Uint8Array.of(tags.leaf), ...shownLeaf(crypto, trie)]
  if (level === frontierLevels) {
    const { hash, sum } = trieNode(crypto, trie)
    return [Uint8Array.of(tags.inner), hash, uintToBytes(sum, 16)]
  }
  const halves = [trie.left, trie.right].flatMap(half => frontierParts(crypto, half, level + 1))
  return [Uint8Array.of(tags.branch), ...halves]
}

function shownLeaf(crypto: TreeHashing, placed: PlacedLeaf): readonly Uint8Array[] {
  const { availableMicrocredits, heldMicrocredits, receiptSequence } = placed.leaf
  return [
    placed.place,
    uintToBytes(availableMicrocredits, 16),
    uintToBytes(heldMicrocredits, 16),
    hexToBytes(lanesRootOf(crypto, placed)),
    hexToBytes(holdsRootOf(crypto, placed)),
    uintToBytes(receiptSequence, 8),
  ]
}

function isLeaf(trie: LeafTrie): trie is PlacedLeaf {
  return trie !== undefined && 'leaf' in trie
}

function added(trie: LeafTrie, depth: number, placed: PlacedLeaf): LeafTrie {
  if (trie === undefined) return placed
  if (isLeaf(trie)) {
    return isSamePlace(trie.place, placed.place) ? placed : together(trie, placed, depth)
  }
  return bitAt(placed.place, depth) === 0
    ? branch(added(trie.left, depth + 1, placed), trie.right)
    : branch(trie.left, added(trie.right, depth + 1, placed))
}

/** The branches that tell two leaves apart. */
function together(a: PlacedLeaf, b: PlacedLeaf, depth: number): LeafTrie {
  const [sideA, sideB] = [bitAt(a.place, depth), bitAt(b.place, depth)]
  if (sideA !== sideB) return sideA === 0 ? branch(a, b) : branch(b, a)
  const below = together(a, b, depth + 1)
  return sideA === 0 ? branch(below, undefined) : branch(undefined, below)
}

function removed(trie: LeafTrie, depth: number, place: Uint8Array): LeafTrie {
  if (trie === undefined) return undefined
  if (isLeaf(trie)) return isSamePlace(trie.place, place) ? undefined : trie
  const isLeft = bitAt(place, depth) === 0
  const left = isLeft ? removed(trie.left, depth + 1, place) : trie.left
  const right = isLeft ? trie.right : removed(trie.right, depth + 1, place)
  if (left === trie.left && right === trie.right) return trie
  const only = left === undefined ? right : right === undefined ? left : trie
  return only === undefined || isLeaf(only) ? only : branch(left, right)
}

function branch(left: LeafTrie, right: LeafTrie): LeafTrie {
  return { left, right, node: undefined }
}

function isSamePlace(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index])
}
