import { encodeRows, rowProof } from '@deparrow/contracts/rows'
import type { EpochBooks, Hex, PayoutRow } from '@deparrow/ledger'

/**
 * Rows of one transaction: under 10^6 gas today and 2·10^6 on the next hardfork, far below the 2^24 that EIP-7825 allows. A proof is within a part, so this number
 * says where the rows of all epochs ever posted stand, and never changes.
 */
export const rowsPerPart = 1_000

/** The rows of a part as the contract takes them; empty for a part that there is not. */
export function encodePart(books: EpochBooks, part: number): Hex {
  return encodeRows(partRows(books, part))
}

/** Where a row stands in its epoch, and the hashes that show it there. */
export function proveRow(books: EpochBooks, index: number): { part: number; index: number; proof: readonly Hex[] } {
  const part = Math.floor(index / rowsPerPart)
  const place = { epoch: BigInt(books.epoch), part, rows: partRows(books, part), index: index % rowsPerPart }
  return { part, index: place.index, proof: rowProof(place).siblings }
}

function partRows(books: EpochBooks, part: number) {
  return books.rows.slice(part * rowsPerPart, (part + 1) * rowsPerPart).map(chainRow)
}

function chainRow({ id, incrementMicrocredits, cumulativeMicrocredits, previousEpoch }: PayoutRow) {
  return { payeeId: id, incrementMicrocredits, cumulativeMicrocredits, previousEpoch }
}
