import type { EpochInclusion, Leaf } from '@deparrow/ledger'

/** An account's part in the last closed epoch as the type `EpochInclusion` of the schema. */
export function inclusionView({ epoch, root, leaf, proof }: EpochInclusion) {
  return {
    epoch,
    root: root.root,
    total: root.totalMicrocredits,
    leaf: leaf && leafView(leaf),
    siblings: proof.siblings.map(({ hash, sumMicrocredits }) => ({ hash, sum: sumMicrocredits })),
    other: proof.other && leafView(proof.other),
  }
}

function leafView({ availableMicrocredits, heldMicrocredits, holds, ...leaf }: Leaf) {
  const open = holds?.map(({ key, value }) => ({ order: key, amount: value }))
  return { ...leaf, holds: open, available: availableMicrocredits, held: heldMicrocredits }
}
