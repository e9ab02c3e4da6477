/** The sum trees of an epoch as their definition has them, computed anew from all entries: what the contracts are compared with. */
import { type Address, concatHex, encodePacked, type Hex, keccak256, numberToHex, stringToHex, zeroHash } from 'viem'

export type SumNode = { readonly hash: Hex; readonly sum: bigint }
export type Entry = { readonly key: Hex; readonly value: bigint }
export type Leaf = {
  readonly available: bigint
  readonly held: bigint
  readonly lanesRoot: Hex
  readonly holdsRoot: Hex
  readonly receiptSequence: bigint
}

export type PlacedLeaf = { readonly place: Hex; readonly leaf: Leaf }

/** Something that stands at a place, an entry or a leaf, and how a frontier shows it. */
export type Placed = { readonly place: Hex; readonly node: SumNode; readonly shown: Hex }

/** The arguments of a look-up: what stands where the key leads, and what beside the way. */
export type EntryProof = { isEmpty: boolean; key: Hex; value: bigint; siblings: Hex }
export type LeafProof = { isEmpty: boolean; place: Hex; leaf: Leaf; siblings: Hex }

export const absent: SumNode = { hash: zeroHash, sum: 0n }
export const noLeaf: Leaf = { available: 0n, held: 0n, lanesRoot: zeroHash, holdsRoot: zeroHash, receiptSequence: 0n }

const FRONTIER_LEVELS = 4

/** The key of a signer's lane in the tree of lanes. */
export const laneKey = (signer: Address, lane: number): Hex =>
  keccak256(concatHex([signer, numberToHex(lane, { size: 4 })]))

export const placeOf = (account: Address): Hex => keccak256(account)
export const placeOfPayable = (account: Address): Hex => keccak256(concatHex([stringToHex('payable:'), account]))
export const placeOfName = (name: string): Hex => keccak256(stringToHex(name))

export function entryNode({ key, value }: Entry): SumNode {
  return { hash: keccak256(encodePacked(['uint8', 'bytes32', 'uint128'], [0, key, value])), sum: value }
}

export function leafNode(place: Hex, leaf: Leaf): SumNode {
  const { available, held, lanesRoot, holdsRoot, receiptSequence } = leaf
  const hash = keccak256(
    encodePacked(
      ['uint8', 'bytes32', 'uint128', 'uint128', 'bytes32', 'bytes32', 'uint64'],
      [0, place, available, held, lanesRoot, holdsRoot, receiptSequence],
    ),
  )
  return { hash, sum: available + held }
}

export function innerNode(left: SumNode, right: SumNode): SumNode {
  const hash = keccak256(
    encodePacked(
      ['uint8', 'bytes32', 'uint128', 'bytes32', 'uint128'],
      [1, left.hash, left.sum, right.hash, right.sum],
    ),
  )
  return { hash, sum: left.sum + right.sum }
}

/** The turn that the way to a place takes at a depth. */
export const bitAt = (place: Hex, depth: number): number => Number((BigInt(place) >> BigInt(255 - depth)) & 1n)

export const placedEntries = (entries: readonly Entry[]): Placed[] =>
  entries.map(entry => ({
    place: entry.key,
    node: entryNode(entry),
    shown: encodePacked(['uint8', 'bytes32', 'uint128'], [2, entry.key, entry.value]),
  }))

export const placedLeaves = (leaves: readonly PlacedLeaf[]): Placed[] =>
  leaves.map(({ place, leaf }) => ({ place, node: leafNode(place, leaf), shown: encodeLeaf(place, leaf) }))

function encodeLeaf(place: Hex, { available, held, lanesRoot, holdsRoot, receiptSequence }: Leaf): Hex {
  return encodePacked(
    ['uint8', 'bytes32', 'uint128', 'uint128', 'bytes32', 'bytes32', 'uint64'],
    [2, place, available, held, lanesRoot, holdsRoot, receiptSequence],
  )
}

/** The subtree over what is given, which all lies on one way down to `depth`. */
export function treeOver(placed: readonly Placed[], depth = 0): SumNode {
  const [only] = placed
  if (only === undefined) return absent
  if (placed.length === 1) return only.node
  return innerNode(treeOver(half(placed, depth, 0), depth + 1), treeOver(half(placed, depth, 1), depth + 1))
}

export const entriesRoot = (entries: readonly Entry[]): SumNode => treeOver(placedEntries(entries))

/** What a tree's root is the hash of; nothing for an empty tree. */
export function topPreimage(entries: readonly Entry[]): Hex {
  const placed = placedEntries(entries)
  const [only] = entries
  if (only === undefined) return '0x'
  if (entries.length === 1) return encodePacked(['uint8', 'bytes32', 'uint128'], [0, only.key, only.value])
  const halves = [0, 1].map(side => treeOver(half(placed, 0, side), 1))
  return concatHex(['0x01', encodeSiblings(halves)])
}

/** What stands beside the way to a place, at most `depthMax` down, and what is left at its end. */
export function wayTo(placed: readonly Placed[], place: Hex, depthMax = 256): { beside: SumNode[]; end: Placed[] } {
  const beside: SumNode[] = []
  let end = [...placed]
  while (end.length > 1 && beside.length < depthMax) {
    const depth = beside.length
    beside.push(treeOver(half(end, depth, 1 - bitAt(place, depth)), depth + 1))
    end = half(end, depth, bitAt(place, depth))
  }
  return { beside, end }
}

export const encodeSiblings = (siblings: readonly SumNode[]): Hex =>
  concatHex(siblings.flatMap(({ hash, sum }) => [hash, numberToHex(sum, { size: 16 })]))

/** Shows what a tree of entries says of a key. */
export function entryProof(entries: readonly Entry[], key: Hex): EntryProof {
  const { beside, end } = wayTo(placedEntries(entries), key)
  const found = entries.find(entry => entry.key === end[0]?.place)
  const siblings = encodeSiblings(beside)
  return found === undefined
    ? { isEmpty: true, key: zeroHash, value: 0n, siblings }
    : { isEmpty: false, ...found, siblings }
}

/** Shows what the tree of leaves says of a place. */
export function leafProof(leaves: readonly PlacedLeaf[], place: Hex): LeafProof {
  const { beside, end } = wayTo(placedLeaves(leaves), place)
  const found = leaves.find(leaf => leaf.place === end[0]?.place)
  const siblings = encodeSiblings(beside)
  return found === undefined
    ? { isEmpty: true, place: zeroHash, leaf: noLeaf, siblings }
    : { isEmpty: false, ...found, siblings }
}

/** What stands below the first `pathBits` bits of a path, four levels deep, and what beside the way there. */
export function revealed(placed: readonly Placed[], path: Hex, pathBits: number): { siblings: Hex; frontier: Hex } {
  const { beside, end } = wayTo(placed, path, pathBits)
  return { siblings: encodeSiblings(beside), frontier: encodeFrontier(end, beside.length, 0) }
}

function encodeFrontier(placed: readonly Placed[], depth: number, level: number): Hex {
  const [only] = placed
  if (only === undefined) return '0x00'
  if (placed.length === 1) return only.shown
  if (level === FRONTIER_LEVELS) {
    const { hash, sum } = treeOver(placed, depth)
    return encodePacked(['uint8', 'bytes32', 'uint128'], [1, hash, sum])
  }
  return concatHex(['0x03', ...[0, 1].map(side => encodeFrontier(half(placed, depth, side), depth + 1, level + 1))])
}

function half(placed: readonly Placed[], depth: number, side: number): Placed[] {
  return placed.filter(({ place }) => bitAt(place, depth) === side)
}
