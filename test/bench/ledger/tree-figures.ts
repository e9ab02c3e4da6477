import { growTree, measureProofs, measureRoots } from '../tree.ts'
import type { Figure } from './figure.ts'

/** Inclusion proofs and root updates of the Merkle-sum tree over a million accounts. */
export function treeFigures(): readonly Figure[] {
  const grown = growTree(1_000_000)
  const { update, root } = measureRoots(grown)
  const { prove, verify } = measureProofs(grown)
  const proofP99 = prove.p99 + verify.p99
  return [
    {
      name: 'proof_1m',
      value: proofP99,
      unit: 'ms',
      p50: prove.p50 + verify.p50,
      p99: proofP99,
      max: prove.max + verify.max,
      target: '≤ 5 (made and checked, p99)',
      isMet: proofP99 <= 5,
    },
    {
      name: 'root_1k',
      value: update.p50,
      unit: 'ms',
      baseline: root.p50,
      ...update,
      target: '≤ 20 (p50; baseline: the root alone)',
      isMet: update.p50 <= 20,
    },
  ]
}
