import type { InclusionProof } from './inclusion-proof.ts'
import { type Leaf, type LeafAccount, type LeavesRoot, leafHash, leafPlace, leafSum } from './leaves.ts'
import type { ProofSibling } from './proof-path.ts'
import { bitAt, placeBits, type TreeHashing } from './sum-node.ts'
import { type NodeRef, type Side, SumTreeNodes } from './sum-tree-nodes.ts'

/**
 * The sparse Merkle-sum tree that `leavesRoot` defines, kept from one change to the next. A change costs a walk to the leaf; `root`
 * hashes again only what lies above changed leaves, once. An account takes about 135 bytes. Sums are kept as numbers, so
 * that the total may not pass 2^53 − 1 µcr, which is nine times the supply.
 */
export class SumTree {
  readonly #crypto: TreeHashing
  readonly #nodes = new SumTreeNodes()
  /** The inner nodes that the last walk passed, from the root on. */
  readonly #way = new Int32Array(placeBits)
  #root: NodeRef = 0
  #total = 0

  constructor(crypto: TreeHashing) {
    this.#crypto = crypto
  }

  /**
   * Puts an account's leaf into the tree, in place of the one that it had. Throws `RangeError`, and changes nothing, when a number
   * does not fit its bytes or the total of the tree would pass 2^53 − 1 µcr. `holdsRoot` saves hashing the leaf's holds.
   */
  set(leaf: Leaf, holdsRoot?: Uint8Array): void {
    const place = leafPlace(this.#crypto, leaf.account)
    const hash = leafHash(this.#crypto, leaf, place, holdsRoot)
    const depth = this.#walk(place)
    const found = this.#end(place, depth)
    const isKnown = found !== 0 && this.#nodes.account(found) === leaf.account
    const sum = Number(leafSum(leaf))
    const total = this.#total - (isKnown ? this.#nodes.sum(found) : 0) + sum
    if (!Number.isSafeInteger(sum) || !Number.isSafeInteger(total))
      throw new RangeError('the total would pass 2^53 - 1')
    const own = isKnown ? found : this.#insert(place, depth, found, leaf.account)
    this.#nodes.setHashAndSum(own, hash, sum)
    this.#total = total
    this.#markStale(depth)
  }

  /** Takes an account's leaf out of the tree. Returns whether there was one. */
  delete(account: LeafAccount): boolean {
    const place = leafPlace(this.#crypto, account)
    const depth = this.#walk(place)
    const found = this.#end(place, depth)
    if (found === 0 || this.#nodes.account(found) !== account) return false
    this.#total -= this.#nodes.sum(found)
    this.#nodes.free(found)
    this.#markStale(this.#collapse(place, depth))
    return true
  }

  /** Whether the account has a leaf. */
  has(account: LeafAccount): boolean {
    const place = leafPlace(this.#crypto, account)
    const found = this.#end(place, this.#walk(place))
    return found !== 0 && this.#nodes.account(found) === account
  }

  /** Root and total of the leaves as they are now. */
  root(): LeavesRoot {
    this.#refresh(this.#root)
    return { root: this.#nodes.hash(this.#root), totalMicrocredits: BigInt(this.#total) }
  }

  /**
   * Proves under the present root that an account's leaf is in the tree, or that the account has none. `leafOf` gives the leaf of another
   * account as it was set; it is asked when that one stands alone where the absent account would be.
   */
  prove(account: LeafAccount, leafOf: (account: LeafAccount) => Leaf): InclusionProof {
    this.#refresh(this.#root)
    const place = leafPlace(this.#crypto, account)
    const depth = this.#walk(place)
    const siblings: ProofSibling[] = []
    for (let at = 0; at < depth; at++) {
      const sibling = this.#nodes.child(this.#way[at] as number, otherSide(place, at))
      siblings.push({ hash: this.#nodes.hash(sibling), sumMicrocredits: BigInt(this.#nodes.sum(sibling)) })
    }
    const found = this.#end(place, depth)
    const occupant = found === 0 ? account : this.#nodes.account(found)
    return occupant === account ? { siblings } : { siblings, other: leafOf(occupant) }
  }

  /** Goes from the root towards a place, keeps the way, and returns the depth at which it ends: at a leaf or at nothing. */
  #walk(place: Uint8Array): number {
    let node = this.#root
    let depth = 0
    while (node > 0) {
      this.#way[depth] = node
      node = this.#nodes.child(node, bitAt(place, depth))
      depth += 1
    }
    return depth
  }

  /** The leaf at the end of the last walk, 0 for none. */
  #end(place: Uint8Array, depth: number): NodeRef {
    return depth === 0 ? this.#root : this.#nodes.child(this.#way[depth - 1] as number, bitAt(place, depth - 1))
  }

  #attach(place: Uint8Array, depth: number, node: NodeRef): void {
    if (depth === 0) this.#root = node
    else this.#nodes.setChild(this.#way[depth - 1] as number, bitAt(place, depth - 1), node)
  }

  /** Makes a leaf where the last walk ended, with the inner nodes that tell it from the leaf that it found there. */
  #insert(place: Uint8Array, depth: number, found: NodeRef, account: LeafAccount): NodeRef {
    const otherPlace = found === 0 ? undefined : leafPlace(this.#crypto, this.#nodes.account(found))
    let at = depth
    while (otherPlace !== undefined && bitAt(place, at) === bitAt(otherPlace, at)) {
      at += 1
      if (at === placeBits) throw new RangeError('two accounts have the same place in the tree')
    }
    const own = this.#nodes.newLeaf(account)
    let node = otherPlace === undefined ? own : this.#nodes.newInner(bitAt(place, at), own, found)
    for (; at > depth; at--) node = this.#nodes.newInner(bitAt(place, at - 1), node, 0)
    this.#attach(place, depth, node)
    return own
  }

  /**
   * After the leaf at the end of the last walk is gone: a leaf that is left alone below an inner node takes its place, as far up
   * as it is alone. Returns how many inner nodes of the way remain.
   */
  #collapse(place: Uint8Array, depth: number): number {
    let lone: NodeRef = 0
    let at = depth
    while (at > 0) {
      const parent = this.#way[at - 1] as number
      const sibling = this.#nodes.child(parent, otherSide(place, at - 1))
      if (sibling > 0 || (sibling < 0 && lone < 0)) break
      if (lone === 0) lone = sibling
      this.#nodes.free(parent)
      at -= 1
    }
    this.#attach(place, at, lone)
    return at
  }

  #markStale(depth: number): void {
    for (let at = 0; at < depth; at++) this.#nodes.markStale(this.#way[at] as number)
  }

  /** Computes sum and hash of a stale node, after those of the stale nodes below it. */
  #refresh(node: NodeRef): void {
    if (!this.#nodes.isStale(node)) return
    const left = this.#nodes.child(node, 0)
    const right = this.#nodes.child(node, 1)
    this.#refresh(left)
    this.#refresh(right)
    const hash = this.#crypto.keccak256(this.#nodes.innerMessage(left, right))
    this.#nodes.setHashAndSum(node, hash, this.#nodes.sum(left) + this.#nodes.sum(right))
  }
}

function otherSide(place: Uint8Array, depth: number): Side {
  return bitAt(place, depth) === 0 ? 1 : 0
}
