import type { Address } from '../hex.ts'
import type { LedgerState } from '../journal/state.ts'
import { entryNode } from './entry-tree.ts'
import { type InclusionProof } from './inclusion-proof.ts'
import type { Leaf, LeafAccount, LeavesRoot } from './leaves.ts'
import { leafInLastEpoch, leafInParent, leafOf, leavesInLastEpoch, leavesInParent } from './state-leaves.ts'
import type { TreeHashing } from './sum-node.ts'
import { SumTree } from './sum-tree.ts'

/** What shows an account's part in the last closed epoch: its leaf, or that it has none, under the epoch's root. */
export type EpochInclusion = {
  readonly epoch: number
  readonly root: LeavesRoot
  /** `undefined` for an account that is not in the epoch. */
  readonly leaf: Leaf | undefined
  readonly proof: InclusionProof
}

/**
 * The tree of leaves from one epoch to the next, so that an epoch costs what changed since the one before and not what there is. It
 * follows from the state and is built from it when it is first needed, or when the state is not the one that it was left at.
 */
export class EpochTree {
  private tree: SumTree | undefined
  /** The tree of the epoch on which the pending one builds. */
  private parent: { readonly epoch: number; readonly tree: SumTree } | undefined
  /** The epoch that the tree stands at, and its root then. */
  private standsAt: { readonly epoch: number; readonly root: string } | undefined

  constructor(private readonly crypto: TreeHashing) {}

  /** Root over the leaves as they are now, with which the epoch of this number closes. */
  close(state: Readonly<LedgerState>, epoch: number): LeavesRoot {
    const tree = this.atLastEpoch(state)
    const isFirst = state.lastEpoch === undefined
    for (const account of isFirst ? [] : state.leavesBefore.keys()) {
      const leaf = leafOf(state, account)
      if (leaf === undefined) tree.delete(account)
      else tree.set(leaf, this.holdsRoot(state, account))
    }
    const root = tree.root()
    this.standsAt = { epoch, root: root.root }
    this.parent = undefined
    return root
  }

  /** An account's part in the last closed epoch; `undefined` before the first. */
  prove(state: Readonly<LedgerState>, account: LeafAccount): EpochInclusion | undefined {
    if (state.lastEpoch === undefined) return undefined
    const { epoch, leavesRoot: root, leavesTotalMicrocredits: totalMicrocredits } = state.lastEpoch
    const proof = this.atLastEpoch(state).prove(account, other => leafInLastEpoch(state, other) as Leaf)
    return { epoch, root: { root, totalMicrocredits }, leaf: leafInLastEpoch(state, account), proof }
  }

  /**
   * An account's part in the epoch on which the pending one builds; `undefined` while none is pending, and when it is the first, which builds on
   * nothing. Builds that epoch's tree when it is first asked for.
   */
  proveInParent(state: Readonly<LedgerState>, account: LeafAccount): EpochInclusion | undefined {
    const { lastEpoch, finalEpoch: parent } = state
    if (parent === undefined || lastEpoch === undefined || lastEpoch.epoch === parent.epoch) return undefined
    if (this.parent?.epoch !== parent.epoch) {
      this.parent = { epoch: parent.epoch, tree: new SumTree(this.crypto) }
      for (const leaf of leavesInParent(state)) this.parent.tree.set(leaf)
    }
    const { epoch, leavesRoot: root, leavesTotalMicrocredits: totalMicrocredits } = parent
    const proof = this.parent.tree.prove(account, other => leafInParent(state, other) as Leaf)
    return { epoch, root: { root, totalMicrocredits }, leaf: leafInParent(state, account), proof }
  }

  /** Of the holds as they are now, hashed as far as they changed since the epoch before. */
  private holdsRoot(state: Readonly<LedgerState>, account: LeafAccount): Uint8Array {
    return entryNode(this.crypto, state.heldOrders.get(account as Address)).hash
  }

  private atLastEpoch(state: Readonly<LedgerState>): SumTree {
    const last = state.lastEpoch
    const isThere = last !== undefined && this.standsAt?.epoch === last.epoch && this.standsAt.root === last.leavesRoot
    if (this.tree !== undefined && isThere) return this.tree
    const tree = new SumTree(this.crypto)
    for (const leaf of leavesInLastEpoch(state)) tree.set(leaf)
    this.tree = tree
    this.standsAt = last === undefined ? undefined : { epoch: last.epoch, root: last.leavesRoot }
    return tree
  }
}
