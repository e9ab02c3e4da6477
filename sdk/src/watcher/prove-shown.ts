import { bitAt, bytesToHex, encodeSiblings, type Hex, hexToBytes, type ProofSibling, zeroHash } from '@deparrow/ledger'
import type { EntryProofStruct } from '../disputes/structs.ts'
import { type ShownPath, type ShownTree, shownNode, turned } from './shown-tree.ts'

/** What was shown of a key: a proof of its value, or of its absence; or what has to be revealed first. */
export type ShownProof =
  | { readonly hidden: ShownPath }
  | { readonly value: bigint | undefined; readonly proof: EntryProofStruct }

const top: ShownPath = { path: zeroHash, bits: 0 }

/** Makes a proof out of revealed parts of a tree of entries. */
export function proveShown(shown: { readonly tree: ShownTree } | undefined, key: Hex): ShownProof {
  if (shown === undefined) return { hidden: top }
  const way = wayTo(shown.tree, key)
  const { end } = way
  if (end?.kind === 'hidden') return { hidden: { path: end.path, bits: end.bits } }
  const siblings = encodeSiblings(way.siblings)
  if (end?.kind !== 'end') return { value: undefined, proof: { isEmpty: true, key: zeroHash, value: 0n, siblings } }
  const value = BigInt(end.rest)
  const proof = { isEmpty: false, key: end.key, value, siblings }
  return { value: end.key === key ? value : undefined, proof }
}

/** What stands where a key leads in what was shown, and what beside the way, from the root down. */
export function wayTo(
  tree: ShownTree,
  key: Hex,
): { readonly end: ShownTree; readonly siblings: readonly ProofSibling[] } {
  const bytes = hexToBytes(key)
  const siblings: ProofSibling[] = []
  let end = tree
  for (let at = top; end?.kind === 'branch'; at = turned(at, bitAt(bytes, at.bits))) {
    const isRight = bitAt(bytes, at.bits) === 1
    const { hash, sum } = shownNode(isRight ? end.left : end.right)
    siblings.push({ hash: bytesToHex(hash), sumMicrocredits: sum })
    end = isRight ? end.right : end.left
  }
  return { end, siblings }
}
