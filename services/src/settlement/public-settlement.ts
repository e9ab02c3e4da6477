import type { Address, Hex } from '@deparrow/ledger'
import { exitClaimOf } from '@deparrow/sdk/disputes'
import type { Page, PageRequest } from '../read-model/read-records.ts'
import type { DemandStatus } from './answer-plan.ts'
import { proofOf, rowBytes } from './claims.ts'
import type { JournalArchive } from './journal-archive.ts'
import type { JournalIndex } from './journal-index.ts'
import type { FinalReserve, Owed, PaidRow, PaidRows } from './paid-rows.ts'

/** What cursors look like: of payouts and final epochs an epoch, of demands deadline and id. */
export const epochCursor = /^[1-9]\d{0,14}$/
export const demandCursor = /^\d{12}-0x[0-9a-f]{64}$/

/** A payout row of a wallet. Amounts in µcr. */
export type PayoutView = {
  readonly epoch: number
  readonly payeeId: number
  readonly incrementMicrocredits: bigint
  readonly cumulativeMicrocredits: bigint
  readonly previousEpoch: number
  /** What of it nobody has claimed: all or nothing. */
  readonly unclaimedMicrocredits: bigint
  /** Whether its epoch is final, so that it can be claimed. */
  readonly isFinal: boolean
  /** The claim that collected it. */
  readonly claimTx: Hex | undefined
}

/** The arguments of `Settlement.claim` beside the epoch. */
export type RowProofView = {
  readonly part: number
  /** Of the row in its part, from 0. */
  readonly index: number
  /** The 24 bytes of the row. */
  readonly row: Hex
  /** Sibling hashes from the leaf up. */
  readonly siblings: readonly Hex[]
}

/** The arguments of `Settlement.exitClaim`, and what it would pay, in µcr. */
export type ExitLeafView = {
  readonly epoch: number
  readonly account: Address
  readonly isPayable: boolean
  readonly availableMicrocredits: bigint
  readonly heldMicrocredits: bigint
  readonly lanesRoot: Hex
  readonly holdsRoot: Hex
  readonly receiptSequence: bigint
  /** 48 bytes each, from the root down. */
  readonly siblings: Hex
}

/** How settlement stands, for everybody. */
export type SettlementStatus = {
  readonly isReady: boolean
  readonly isExitStarted: boolean
  /** Code of the alarm or pause that keeps epochs or answers back. */
  readonly problem: string | undefined
  readonly lastEpoch: number
  readonly lastFinalEpoch: number
  readonly owed: Owed
}

export type PublicSettlementParts = {
  readonly index: JournalIndex
  readonly rows: PaidRows
  readonly archive: JournalArchive
  readonly demands: () => readonly DemandStatus[]
  readonly status: () => Omit<SettlementStatus, 'owed'>
}

/** What everybody may know of settlement: payouts with their proofs, leaves for an exit, open demands, and the reserve. */
export class PublicSettlement {
  constructor(private readonly parts: PublicSettlementParts) {}

  status(): SettlementStatus {
    return { ...this.parts.status(), owed: this.parts.rows.owed() }
  }

  /** The newest first. */
  payouts(wallet: Address, { first, cursor }: PageRequest): Page<PayoutView> {
    const before = Number(cursor ?? Number.POSITIVE_INFINITY)
    const rows = this.parts.rows.rowsOf(wallet).filter(({ epoch }) => epoch < before)
    return page(rows, first, this.payout, ({ epoch }) => String(epoch))
  }

  /** The newest first. */
  finalEpochs({ first, cursor }: PageRequest): Page<FinalReserve> {
    const before = Number(cursor ?? Number.POSITIVE_INFINITY)
    const finals = this.parts.rows.finalEpochs().filter(({ epoch }) => epoch < before)
    return page(finals, first, same, ({ epoch }) => String(epoch))
  }

  /** The one that is due first before the others. */
  demands({ first, cursor }: PageRequest): Page<DemandStatus> {
    const key = ({ deadlineSeconds, id }: DemandStatus) => `${String(deadlineSeconds).padStart(12, '0')}-${id}`
    const sorted = this.parts.demands().toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
    const left = cursor === undefined ? sorted : sorted.filter(demand => key(demand) > cursor)
    return page(left, first, same, key)
  }

  /** An account's leaf in the last final epoch or in the pending one; `undefined` when it has nothing there, or there is no archive. */
  exitLeaf(account: Address, isPayable: boolean, which: 'final' | 'pending'): ExitLeafView | undefined {
    const { archive, index } = this.parts
    const epoch = which === 'pending' ? index.pending?.books.epoch : index.lastFinalEpoch
    if (archive.archive === undefined || epoch === undefined) return undefined
    const claim = exitClaimOf(archive.archive, epoch, account, isPayable)
    if (claim === undefined) return undefined
    const [, , leaf, siblings] = claim.args
    const { available: availableMicrocredits, held: heldMicrocredits, lanesRoot, holdsRoot, receiptSequence } = leaf
    const roots = { lanesRoot, holdsRoot, receiptSequence }
    return { epoch, account, isPayable, availableMicrocredits, heldMicrocredits, ...roots, siblings }
  }

  /** What shows a wallet's row in an epoch; `undefined` when there is none. It costs the hashes of the row's whole part, once. */
  rowProof(wallet: Address, epoch: number): RowProofView | undefined {
    const paid = this.parts.rows.rowsOf(wallet).find(one => one.epoch === epoch)
    const closed = this.parts.index.epochs.get(epoch)
    if (paid === undefined || closed === undefined) return undefined
    const { part, index, proof: siblings } = proofOf(closed.books, paid.index, paid.row)
    return { part, index, row: rowBytes(paid.row), siblings }
  }

  private readonly payout = (paid: PaidRow): PayoutView => {
    const { index, rows } = this.parts
    const claimTx = rows.claimOf(paid)
    const { id: payeeId, incrementMicrocredits, cumulativeMicrocredits, previousEpoch } = paid.row
    return {
      epoch: paid.epoch,
      payeeId,
      incrementMicrocredits,
      cumulativeMicrocredits,
      previousEpoch,
      unclaimedMicrocredits: claimTx === undefined ? incrementMicrocredits : 0n,
      isFinal: index.epochs.get(paid.epoch)?.final !== undefined,
      claimTx,
    }
  }
}

function page<T, Shown>(
  all: readonly T[],
  first: number,
  show: (one: T) => Shown,
  cursorOf: (one: T) => string,
): Page<Shown> {
  const items = all.slice(0, first)
  const last = items.at(-1)
  const nextCursor = items.length < all.length && last !== undefined ? cursorOf(last) : undefined
  return { items: items.map(show), nextCursor }
}

function same<T>(one: T): T {
  return one
}
