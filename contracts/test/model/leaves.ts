/** The trees that the model's leaves stand for. */
import type { Hex } from 'viem'
import type { Header, Leaf as ModelLeaf } from '../../model/state.ts'
import {
  type Entry,
  encodeSiblings,
  entriesRoot,
  type Leaf,
  laneKey,
  noLeaf,
  type PlacedLeaf,
  placedLeaves,
  placeOfName,
  type SumNode,
  treeOver,
  wayTo,
} from '../support/trees.ts'
import { addressOf, placeOfAccount } from './names.ts'

/** What the contracts mint at genesis beyond what the model has for the rewards: it lies with the treasury. */
export const GENESIS_MICROCREDITS = 150_000_000n * 1_000_000n
export const MODEL_GENESIS = 1_000

export const laneEntries = ({ lanes }: ModelLeaf): Entry[] =>
  [...lanes].map(([lane, nonce]) => {
    const [signer = '', number = '0'] = lane.split('/')
    return { key: laneKey(addressOf(signer), Number(number)), value: BigInt(nonce) }
  })

/** The keys that the model's keys stand for. */
export type Keys = { keyOf(key: string): Hex }

export const holdEntries = ({ holds }: ModelLeaf, keys: Keys): Entry[] =>
  [...holds].map(([order, amount]) => ({ key: keys.keyOf(order), value: BigInt(amount) }))

export function leafOfModel(leaf: ModelLeaf, keys: Keys): Leaf {
  return {
    available: BigInt(leaf.available),
    held: BigInt(leaf.held),
    lanesRoot: entriesRoot(laneEntries(leaf)).hash,
    holdsRoot: entriesRoot(holdEntries(leaf, keys)).hash,
    receiptSequence: BigInt(leaf.sequence),
  }
}

const isEmpty = ({ available, held, lanes, holds, sequence }: ModelLeaf): boolean =>
  available === 0 && held === 0 && lanes.size === 0 && holds.size === 0 && sequence === 0

/** All leaves of an epoch as they are committed; what the model leaves out of the genesis lies with the treasury. */
export function leavesOfEpoch({ leaves, cut }: Pick<Header, 'leaves' | 'cut'>, keys: Keys): PlacedLeaf[] {
  const placed = [...leaves]
    .filter(([, leaf]) => !isEmpty(leaf))
    .map(([account, leaf]) => ({ place: placeOfAccount(account), leaf: leafOfModel(leaf, keys) }))
  if (cut === 0) return placed
  const rest = GENESIS_MICROCREDITS - BigInt(MODEL_GENESIS)
  return [...placed, { place: placeOfName('treasury'), leaf: { ...noLeaf, available: rest } }]
}

export const rootOf = (leaves: readonly PlacedLeaf[]): SumNode => treeOver(placedLeaves(leaves))

/** A leaf and what stands beside its way, as the exit and the proof of an unpaid leaf take them; all zero for one that is not there. */
export function shownLeaf(leaves: readonly PlacedLeaf[], place: Hex): { leaf: Leaf; siblings: Hex } {
  const leaf = leaves.find(placed => placed.place === place)?.leaf ?? noLeaf
  return { leaf, siblings: encodeSiblings(wayTo(placedLeaves(leaves), place).beside) }
}
