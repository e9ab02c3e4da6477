import { type Leaf, type LeavesRoot, leafHash, leafPlace, leafSum } from '../epoch/leaves.ts'
import { absentNode, bitAt, innerNode, type SumNode } from '../epoch/sum-node.ts'
import { bytesToHex } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'

type Hashing = Pick<LedgerCrypto, 'keccak256'>

type PlacedLeaf = { readonly place: Uint8Array; readonly node: SumNode }

type Branch = { readonly children: [Tree, Tree]; node: SumNode | undefined }

type Tree = PlacedLeaf | Branch | undefined

/**
 * The tree of all leaves as the auditor keeps it from one epoch to the next: a trie over the places, so that an epoch costs what
 * changed since the one before. It has the root that `leavesRoot` defines, and is not the writer's tree.
 */
export class LeafTree {
  private top: Tree

  constructor(private readonly crypto: Hashing) {}

  /** Puts a leaf in the place of its account's former one; an absent leaf, by its account, takes that away. */
  set(account: Leaf['account'], leaf: Leaf | undefined): void {
    const place = leafPlace(this.crypto, account)
    this.top =
      leaf === undefined
        ? removed(this.top, 0, place)
        : added(this.top, 0, { place, node: { hash: leafHash(this.crypto, leaf, place), sum: leafSum(leaf) } })
  }

  root(): LeavesRoot {
    const { hash, sum } = this.nodeOf(this.top)
    return { root: bytesToHex(hash), totalMicrocredits: sum }
  }

  private nodeOf(tree: Tree): SumNode {
    if (tree === undefined) return absentNode
    if ('place' in tree) return tree.node
    tree.node ??= innerNode(this.crypto, this.nodeOf(tree.children[0]), this.nodeOf(tree.children[1]))
    return tree.node
  }
}

function added(tree: Tree, depth: number, leaf: PlacedLeaf): Tree {
  if (tree === undefined) return leaf
  if ('place' in tree) return isSamePlace(tree.place, leaf.place) ? leaf : added(parted(tree, depth), depth, leaf)
  const side = bitAt(leaf.place, depth)
  tree.children[side] = added(tree.children[side], depth + 1, leaf)
  tree.node = undefined
  return tree
}

function removed(tree: Tree, depth: number, place: Uint8Array): Tree {
  if (tree === undefined) return undefined
  if ('place' in tree) return isSamePlace(tree.place, place) ? undefined : tree
  const side = bitAt(place, depth)
  tree.children[side] = removed(tree.children[side], depth + 1, place)
  tree.node = undefined
  const [left, right] = tree.children
  if (left !== undefined && right !== undefined) return tree
  const only = left ?? right
  return only === undefined || 'place' in only ? only : tree
}

/** A leaf one level further down. */
function parted(leaf: PlacedLeaf, depth: number): Branch {
  const children: Branch['children'] = [undefined, undefined]
  children[bitAt(leaf.place, depth)] = leaf
  return { children, node: undefined }
}

function isSamePlace(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index])
}
