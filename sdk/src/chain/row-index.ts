import { type Hex, hexToBytes } from '@deparrow/ledger'
import { concat, keccak256 } from 'viem'

/**
 * The place of a payout row in its part: the one index at which its proof leads to the part's root, `undefined` when there is
 * none. It is the contract's own check (`PayoutRows.isAt`), so that a wrong proof costs no transaction.
 */
export function findRowIndex(
  row: Hex,
  siblings: readonly Hex[],
  part: { readonly root: Hex; readonly rowCount: number },
): number | undefined {
  for (let index = 0; index < part.rowCount; index++) {
    if (siblingCountAt(index, part.rowCount) !== siblings.length) continue
    if (rootFrom(row, index, part.rowCount, siblings) === part.root) return index
  }
  return undefined
}

/** The root that a row at this index and its siblings lead to; a last node without sibling moves up unchanged. */
function rootFrom(row: Hex, rowIndex: number, rowCount: number, siblings: readonly Hex[]): Hex {
  let node = keccak256(row)
  let index = rowIndex
  let used = 0
  for (let count = rowCount; count > 1; count = (count + 1) >> 1) {
    if (index % 2 === 1 || index + 1 < count) {
      const sibling = siblings[used++] ?? '0x'
      const children = index % 2 === 0 ? [node, sibling] : [sibling, node]
      node = keccak256(concat(children.map(hexToBytes)))
    }
    index >>= 1
  }
  return node
}

function siblingCountAt(rowIndex: number, rowCount: number): number {
  let siblingCount = 0
  let index = rowIndex
  for (let count = rowCount; count > 1; count = (count + 1) >> 1) {
    if (index % 2 === 1 || index + 1 < count) siblingCount++
    index >>= 1
  }
  return siblingCount
}
