/** Epochs over leaves that a spec names. */
import { type Address, type Hex, zeroHash } from 'viem'
import { encodeRows, type PayoutRow } from '../../rows/rows.ts'
import { type Contracts, INBOX_AGE_SECONDS, networkHelpers } from './chain.ts'
import { headerFor } from './operator.ts'
import {
  encodeSiblings,
  type Leaf,
  noLeaf,
  type PlacedLeaf,
  placedLeaves,
  placeOf,
  placeOfName,
  placeOfPayable,
  treeOver,
  wayTo,
} from './trees.ts'

/** What a leaf has; `held` only when it is named. */
export type Holding = { readonly available: bigint; readonly held?: bigint }

const leafOf = ({ available, held = 0n }: Holding): Leaf => ({ ...noLeaf, available, held })

export const walletLeaf = (account: Address, holding: Holding): PlacedLeaf => ({
  place: placeOf(account),
  leaf: leafOf(holding),
})

export const payableLeaf = (account: Address, available: bigint): PlacedLeaf => ({
  place: placeOfPayable(account),
  leaf: leafOf({ available }),
})

export const ownLeaf = (name: string, available: bigint): PlacedLeaf => ({
  place: placeOfName(name),
  leaf: leafOf({ available }),
})

/** Posts an epoch with these leaves; the treasury has what they leave of the inbox. Answers the epoch and all its leaves. */
export async function postLeaves(
  contracts: Contracts,
  given: readonly PlacedLeaf[],
  { rows = [], burnMicrocredits = 0n }: { rows?: PayoutRow[]; burnMicrocredits?: bigint } = {},
): Promise<{ epoch: bigint; leaves: PlacedLeaf[] }> {
  await networkHelpers.time.increase(INBOX_AGE_SECONDS)
  const header = await headerFor(contracts, { rows, burnMicrocredits })
  const named = given.reduce((sum, { leaf }) => sum + leaf.available + leaf.held, 0n)
  const leaves = [...given, ownLeaf('treasury', header.leavesTotalMicrocredits - named)]
  const leavesRoot = treeOver(placedLeaves(leaves)).hash
  await contracts.settlement.write.postEpoch([{ ...header, leavesRoot }, encodeRows(rows)])
  return { epoch: await contracts.settlement.read.lastEpoch(), leaves }
}

/** The leaf and what stands beside its way, as the contract takes them. */
export function proofOf(leaves: readonly PlacedLeaf[], place: Hex): [Leaf, Hex] {
  const found = leaves.find(leaf => leaf.place === place)
  return [found?.leaf ?? { ...noLeaf, lanesRoot: zeroHash }, encodeSiblings(wayTo(placedLeaves(leaves), place).beside)]
}
