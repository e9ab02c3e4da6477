/** Looks over the poster's shoulder: finds the transaction that cancels an epoch with a wrong row. */
import { type PayoutRow, type RowProof, rowProof } from '../../rows/rows.ts'

/** Rows as posted, from the oldest epoch to the newest; all of them count. */
export type PostedRows = { epoch: bigint; parts: PayoutRow[][] }

export type Accusation =
  | { call: 'cancelWrongRow'; args: [RowProof, RowProof] }
  | { call: 'cancelRowWithoutPrevious'; args: [RowProof, number, RowProof[]] }

/** How to cancel the epoch of this row, or nothing when the row is right. */
export function accuse(earlier: PostedRows[], accused: RowProof, row: PayoutRow): Accusation | undefined {
  const previous = earlier.flatMap(posted => proofsOf(posted, row.payeeId)).at(-1)
  const named = BigInt(row.previousEpoch)
  if (previous !== undefined && previous.proof.epoch > named)
    return { call: 'cancelWrongRow', args: [accused, previous.proof] }
  if (previous !== undefined && previous.proof.epoch === named) {
    const isRight = previous.row.cumulativeMicrocredits + row.incrementMicrocredits === row.cumulativeMicrocredits
    return isRight ? undefined : { call: 'cancelWrongRow', args: [accused, previous.proof] }
  }
  if (named === 0n) return undefined
  const parts = earlier.find(({ epoch }) => epoch === named)?.parts ?? []
  return { call: 'cancelRowWithoutPrevious', args: [accused, ...showAbsence({ epoch: named, parts }, row.payeeId)] }
}

/** Proofs of a payee's rows in one epoch: at most one. */
export function proofsOf({ epoch, parts }: PostedRows, payeeId: number): { proof: RowProof; row: PayoutRow }[] {
  return parts.flatMap((rows, part) =>
    rows.flatMap((row, index) =>
      row.payeeId === payeeId ? [{ row, proof: rowProof({ epoch, part, rows, index }) }] : [],
    ),
  )
}

/** How to show that an epoch has no row of a payee: a part, and the rows on both sides. */
export function showAbsence({ epoch, parts }: PostedRows, payeeId: number): [number, RowProof[]] {
  for (const [part, rows] of parts.entries()) {
    const above = rows.findIndex(row => row.payeeId > payeeId)
    if (above === 0) return [part, []]
    if (above > 0) return [part, [above - 1, above].map(index => rowProof({ epoch, part, rows, index }))]
  }
  return [parts.length, []]
}
