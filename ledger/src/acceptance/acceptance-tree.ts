import { bytesToHex, concatBytes, type Hex, hexToBytes } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { structHash } from '../typed-data/eip712.ts'
import { type Acceptance, acceptanceType } from './acceptance.ts'

type Hashing = Pick<LedgerCrypto, 'keccak256'>

/** The rows of a Merkle tree from the leaves to the root; the last row is the root alone. */
export type AcceptanceTree = readonly (readonly Uint8Array[])[]

/**
 * The Merkle tree over acceptances, at least one. Leaf: `keccak(0x00 ‖ hashStruct(acceptance))`; inner node:
 * `keccak(0x01 ‖ left ‖ right)`; the last node of an odd row goes up as it is.
 */
export function acceptanceTree(crypto: Hashing, acceptances: readonly Acceptance[]): AcceptanceTree {
  const rows = [acceptances.map(acceptance => leafHash(crypto, acceptance))]
  for (let row = rows[0] ?? []; row.length > 1; ) {
    row = rowAbove(crypto, row)
    rows.push(row)
  }
  return rows
}

export function rootOfTree(tree: AcceptanceTree): Hex {
  const root = tree.at(-1)?.[0]
  if (root === undefined) throw new TypeError('a tree without acceptances has no root')
  return bytesToHex(root)
}

/** The hashes beside the path from a leaf to the root. */
export function siblingsOf(tree: AcceptanceTree, index: number): readonly Hex[] {
  return tree.flatMap((row, height) => {
    const sibling = row[Math.floor(index / 2 ** height) ^ 1]
    return sibling === undefined ? [] : [bytesToHex(sibling)]
  })
}

/**
 * The root over an acceptance at a place among `count`, by the hashes beside its path. `undefined` when there is no such place, or
 * too few or too many siblings for it. The siblings must be 32 bytes of hexadecimal each.
 */
export function rootAbove(
  crypto: Hashing,
  acceptance: Acceptance,
  { index, count, siblings }: { readonly index: number; readonly count: number; readonly siblings: readonly Hex[] },
): Hex | undefined {
  if (!isPlace(index, count)) return undefined
  let hash = leafHash(crypto, acceptance)
  let used = 0
  for (let at = index, width = count; width > 1; at >>= 1, width = (width + 1) >> 1) {
    if ((at ^ 1) >= width) continue
    const sibling = siblings[used++]
    if (sibling === undefined) return undefined
    const other = hexToBytes(sibling)
    hash = at % 2 === 0 ? nodeHash(crypto, hash, other) : nodeHash(crypto, other, hash)
  }
  return used === siblings.length ? bytesToHex(hash) : undefined
}

/** More acceptances than any batch has. */
const acceptancesMax = 2 ** 24

function isPlace(index: number, count: number): boolean {
  const isRange = Number.isInteger(index) && Number.isInteger(count) && count <= acceptancesMax
  return isRange && index >= 0 && index < count
}

function leafHash(crypto: Hashing, acceptance: Acceptance): Uint8Array {
  return crypto.keccak256(concatBytes(Uint8Array.of(0x00), structHash(crypto, acceptanceType, acceptance)))
}

function nodeHash(crypto: Hashing, left: Uint8Array, right: Uint8Array): Uint8Array {
  return crypto.keccak256(concatBytes(Uint8Array.of(0x01), left, right))
}

function rowAbove(crypto: Hashing, row: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = []
  for (let index = 0; index < row.length; index += 2) {
    const left = row[index] as Uint8Array
    const right = row[index + 1]
    above.push(right === undefined ? left : nodeHash(crypto, left, right))
  }
  return above
}
