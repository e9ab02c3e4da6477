/**
 * Payout rows as `Settlement` reads them (`src/libraries/PayoutRows.sol` is the other half of this file): 24 bytes a row, one
 * Merkle tree a part. A leaf is the Keccak-256 of a row, an inner node that of its two children, left one first; the last node
 * of a level without sibling moves up unchanged.
 */
import { concatHex, type Hex, keccak256, numberToHex } from 'viem'

/** What one epoch pays one payee. */
export type PayoutRow = {
  /** Id from `registerPayees`, from 1. */
  payeeId: number
  /** What this epoch pays, in microcredits, above 0. */
  incrementMicrocredits: bigint
  /** What this epoch and all before it pay, in microcredits. */
  cumulativeMicrocredits: bigint
  /** The epoch of the payee's row before this one; 0 for its first row. */
  previousEpoch: number
}

/** A row with its place and the proof that it was posted there: the contract's struct of the same name. */
export type RowProof = {
  epoch: bigint
  part: number
  /** Index of the row in its part, from 0. */
  index: number
  /** The row's 24 bytes. */
  row: Hex
  /** Sibling hashes from the leaf up. */
  siblings: Hex[]
}

/** Bytes of a row in calldata. */
export const ROW_BYTES = 24

/** The 24 bytes of a row. Throws viem's `IntegerOutOfRangeError` when a field does not fit. */
export function encodeRow(row: PayoutRow): Hex {
  return concatHex([
    numberToHex(row.payeeId, { size: 4 }),
    numberToHex(row.incrementMicrocredits, { size: 8 }),
    numberToHex(row.cumulativeMicrocredits, { size: 8 }),
    numberToHex(row.previousEpoch, { size: 4 }),
  ])
}

/** The rows of a part as `postEpoch` and `postRows` take them: in the given order, which must be that of ascending payee ids. */
export function encodeRows(rows: readonly PayoutRow[]): Hex {
  return concatHex(rows.map(encodeRow))
}

/** Reads rows back, as a follower finds them in calldata. Throws `RowsLengthError` when there is no whole number of rows. */
export function decodeRows(data: Hex): PayoutRow[] {
  const digits = data.slice(2)
  if (digits.length % (2 * ROW_BYTES) !== 0) throw new RowsLengthError(digits.length / 2)
  const rows: PayoutRow[] = []
  for (let at = 0; at < digits.length; at += 2 * ROW_BYTES) {
    const field = (from: number, to: number) => BigInt(`0x${digits.slice(at + 2 * from, at + 2 * to)}`)
    rows.push({
      payeeId: Number(field(0, 4)),
      incrementMicrocredits: field(4, 12),
      cumulativeMicrocredits: field(12, 20),
      previousEpoch: Number(field(20, 24)),
    })
  }
  return rows
}

/** The Merkle root that the contract computes for a part. Throws `RowsLengthError` for a part without rows, which has none. */
export function rowsRoot(rows: readonly PayoutRow[]): Hex {
  const root = treeLevels(rows).at(-1)?.[0]
  if (root === undefined) throw new RowsLengthError(0)
  return root
}

/** Shows the row at `index` of a part. Throws `RangeError` when the part has no such row. */
export function rowProof(place: { epoch: bigint; part: number; rows: readonly PayoutRow[]; index: number }): RowProof {
  const { epoch, part, rows, index } = place
  const row = rows[index]
  if (row === undefined)
    throw new RangeError(`Part ${part} of epoch ${epoch} has ${rows.length} rows and none at ${index}.`)
  const siblings: Hex[] = []
  let at = index
  for (const level of treeLevels(rows)) {
    const sibling = level[at ^ 1]
    if (sibling !== undefined) siblings.push(sibling)
    at >>= 1
  }
  return { epoch, part, index, row: encodeRow(row), siblings }
}

/** All levels of the tree, from the leaves up to the root. */
function treeLevels(rows: readonly PayoutRow[]): Hex[][] {
  let level = rows.map(row => keccak256(encodeRow(row)))
  const levels = [level]
  while (level.length > 1) {
    level = parents(level)
    levels.push(level)
  }
  return levels
}

function parents(level: readonly Hex[]): Hex[] {
  const above: Hex[] = []
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = level.slice(i, i + 2)
    if (left !== undefined) above.push(right === undefined ? left : keccak256(concatHex([left, right])))
  }
  return above
}

/** Thrown when data is no whole number of rows, or no row at all where one is needed. */
export class RowsLengthError extends Error {
  override name = 'RowsLengthError'

  constructor(readonly lengthBytes: number) {
    super(`${lengthBytes} bytes are no payout rows: a row has ${ROW_BYTES} bytes and a part at least one row.`)
  }
}
