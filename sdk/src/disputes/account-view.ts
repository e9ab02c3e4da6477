import {
  type EntryTree,
  encodeSiblings,
  entryTree,
  findEntry,
  type Hex,
  lanesOf,
  proveEntry,
  type Statement,
  type StatementEntry,
  type TreeHashing,
  zeroHash,
} from '@deparrow/ledger'
import type { EpochArchive } from './epoch-archive.ts'
import { holdsRootOf, lanesRootOf, type PlacedLeaf } from './leaf-trie.ts'
import type { EntryProofStruct } from './structs.ts'

/** A leaf as the contracts have it; all zero for an absent one. */
export type LeafStruct = {
  readonly available: bigint
  readonly held: bigint
  readonly lanesRoot: Hex
  readonly holdsRoot: Hex
  readonly receiptSequence: bigint
}

export type LeafProofStruct = {
  readonly isEmpty: boolean
  readonly place: Hex
  readonly leaf: LeafStruct
  readonly siblings: Hex
}

export type StatementStruct = {
  readonly opening: LeafStruct
  readonly closing: LeafStruct
  readonly root: Hex
  readonly sum: bigint
}

export type StatementProofStruct = {
  readonly opening: LeafProofStruct
  readonly closing: LeafProofStruct
  readonly root: Hex
  readonly sum: bigint
  readonly holds: EntryProofStruct
}

/** The trees below one leaf. */
export type LeafTrees = { readonly lanes: EntryTree; readonly holds: EntryTree }

/** An account in the pending epoch: what is stated of it, and the trees below. */
export type AccountView = {
  readonly place: Hex
  readonly opening: LeafTrees
  readonly closing: LeafTrees
  readonly entries: EntryTree
  readonly statement: StatementStruct
  entry(key: Hex): StatementEntry | undefined
}

const noLeaf: LeafStruct = {
  available: 0n,
  held: 0n,
  lanesRoot: zeroHash,
  holdsRoot: zeroHash,
  receiptSequence: 0n,
}

/** An account by its place; one that no epoch knows has nothing, and nothing moved it. The archive has a pending epoch. */
export function viewAccount(archive: EpochArchive, place: Hex): AccountView {
  const opening = archive.leafAt('opening', place)
  const closing = archive.leafAt('closing', place)
  const moved = statementAt(archive, place)
  const { crypto } = archive
  return {
    place,
    opening: treesOf(crypto, opening),
    closing: treesOf(crypto, closing),
    entries: moved?.tree,
    statement: {
      opening: leafStruct(crypto, opening),
      closing: leafStruct(crypto, closing),
      root: moved?.root.root ?? zeroHash,
      sum: moved?.root.totalMicrocredits ?? 0n,
    },
    entry: key => moved?.entries.find(entry => entry.key === key),
  }
}

/** A statement with the proofs of its leaves, as the poster states it. */
export function proveStatement(archive: EpochArchive, view: AccountView): StatementProofStruct {
  return {
    opening: leafProof(archive, 'opening', view.place),
    closing: leafProof(archive, 'closing', view.place),
    root: view.statement.root,
    sum: view.statement.sum,
    holds: anyWay(archive.crypto, view.closing.holds, view.place),
  }
}

/** Some way down a tree: the contract goes the way of the key that is shown, also where nothing stands at its end. */
function anyWay(crypto: TreeHashing, tree: EntryTree, key: Hex): EntryProofStruct {
  const proof = entryProof(crypto, tree, key)
  return proof.isEmpty ? { ...proof, key } : proof
}

/** The leaf at a place, or what shows that there is none. */
export function leafProof(archive: EpochArchive, when: 'opening' | 'closing', place: Hex): LeafProofStruct {
  const { end, siblings } = archive.proveLeafAt(when, place)
  const shown = { leaf: leafStruct(archive.crypto, end), siblings: encodeSiblings(siblings) }
  if (end === undefined) return { isEmpty: true, place: zeroHash, ...shown }
  return { isEmpty: false, place: archive.placeOf(end.leaf.account), ...shown }
}

/** What a tree says of a key. */
export function entryProof(crypto: TreeHashing, tree: EntryTree, key: Hex): EntryProofStruct {
  const { siblings: beside, other } = proveEntry(crypto, tree, key)
  const siblings = encodeSiblings(beside)
  const end = findEntry(tree, key) ?? other
  return end === undefined
    ? { isEmpty: true, key: zeroHash, value: 0n, siblings }
    : { isEmpty: false, key: end.key, value: end.value, siblings }
}

function statementAt(archive: EpochArchive, place: Hex): Statement | undefined {
  const account = archive.accountAt(place)
  const isOwn = account === undefined || account === 'treasury' || account === 'rewards' || account === 'clearing'
  return isOwn ? undefined : archive.statement(account)
}

function treesOf(crypto: TreeHashing, placed: PlacedLeaf | undefined): LeafTrees {
  if (placed === undefined) return { lanes: undefined, holds: undefined }
  return { lanes: entryTree(lanesOf(crypto, placed.leaf)), holds: placed.holds }
}

function leafStruct(crypto: TreeHashing, placed: PlacedLeaf | undefined): LeafStruct {
  if (placed === undefined) return noLeaf
  return {
    available: placed.leaf.availableMicrocredits,
    held: placed.leaf.heldMicrocredits,
    lanesRoot: lanesRootOf(crypto, placed),
    holdsRoot: holdsRootOf(crypto, placed),
    receiptSequence: placed.leaf.receiptSequence,
  }
}
