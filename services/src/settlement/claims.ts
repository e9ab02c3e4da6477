import { encodeRow } from '@deparrow/contracts/rows'
import type { Address, EpochBooks, Hex, PayoutRow } from '@deparrow/ledger'
import { proveRow } from './epoch-parts.ts'
import type { JournalIndex } from './journal-index.ts'

/** The arguments of `Settlement.claim` and what the claim will pay. Amounts in µcr. */
export type ClaimView = {
  readonly epoch: number
  readonly part: number
  /** Of the row in its part, from 0. */
  readonly index: number
  /** The 24 bytes of the row. */
  readonly row: Hex
  readonly payeeId: number
  readonly incrementMicrocredits: bigint
  readonly cumulativeMicrocredits: bigint
  readonly previousEpoch: number
  /** Sibling hashes from the leaf up. */
  readonly proof: readonly Hex[]
  readonly unclaimedMicrocredits: bigint
}

/** What a wallet can claim now: its newest row in a final epoch, which collects all earlier ones; `undefined` for nothing. */
export function claimFor(journal: JournalIndex, wallet: Address): ClaimView | undefined {
  const newest = journal.finalRows.get(wallet)
  const closed = newest && journal.epochs.get(newest.epoch)
  if (newest === undefined || closed === undefined) return undefined
  const { row, epoch } = newest
  const unclaimedMicrocredits = row.cumulativeMicrocredits - (journal.claimed.get(wallet) ?? 0n)
  if (unclaimedMicrocredits <= 0n) return undefined
  return {
    epoch,
    ...proofOf(closed.books, newest.index, row),
    row: rowBytes(row),
    payeeId: row.id,
    incrementMicrocredits: row.incrementMicrocredits,
    cumulativeMicrocredits: row.cumulativeMicrocredits,
    previousEpoch: row.previousEpoch,
    unclaimedMicrocredits,
  }
}

/** A row as `Settlement.claim` takes it. */
export function rowBytes({ id, incrementMicrocredits, cumulativeMicrocredits, previousEpoch }: PayoutRow): Hex {
  return encodeRow({ payeeId: id, incrementMicrocredits, cumulativeMicrocredits, previousEpoch })
}

/** Rows never change, so neither do their proofs; a proof takes the hashes of its whole part. */
const proofs = new WeakMap<PayoutRow, ReturnType<typeof proveRow>>()

/** Where a row stands, and what shows it there. */
export function proofOf(books: EpochBooks, index: number, row: PayoutRow): ReturnType<typeof proveRow> {
  const known = proofs.get(row)
  if (known !== undefined) return known
  const proof = proveRow(books, index)
  proofs.set(row, proof)
  return proof
}
