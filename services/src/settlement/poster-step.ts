import type { Address } from '@deparrow/ledger'
import { encodePart, rowsPerPart } from './epoch-parts.ts'
import type { ClosedEpoch } from './journal-index.ts'
import type { ChainEpoch, EpochHeader, PosterView, SettlementCall } from './token-chain.port.ts'

/**
 * Why no epoch is posted until somebody has looked. `EPOCH_CANCELLED`, `EPOCH_LAPSED`: the chain will never take the epoch that the
 * journal closed. `EPOCH_DIFFERS`, `EPOCH_FOREIGN`: the chain has an epoch that this journal did not close like this, or not
 * at all. `PARENT_DIFFERS`: the chain's head is not the epoch on which the journal builds.
 */
export type PosterAlarm =
  | { readonly code: 'EPOCH_CANCELLED' | 'EPOCH_LAPSED' | 'EPOCH_FOREIGN'; readonly epoch: number }
  | { readonly code: 'EPOCH_DIFFERS'; readonly epoch: number; readonly field: keyof EpochHeader }
  | { readonly code: 'PARENT_DIFFERS'; readonly epoch: number; readonly parent: number; readonly headEpoch: number }

/** What is to be done next. `wait`: the chain or the follower has to move first. */
export type PosterStep =
  | { readonly type: 'wait' }
  | { readonly type: 'close'; readonly epoch: number }
  | { readonly type: 'call'; readonly call: SettlementCall }
  | { readonly type: 'alarm'; readonly alarm: PosterAlarm }

/** The part of a closed epoch that goes on chain. */
type ClosedToPost = Pick<ClosedEpoch, 'books' | 'closedAtMs'>

const wait: PosterStep = { type: 'wait' }

/** Next step for an epoch whose books are closed: it goes to the chain as they are, and no other books are closed before. */
export function stepOfPending(closed: ClosedToPost, view: PosterView): PosterStep {
  const { books } = closed
  const { epoch } = books
  const alarm = (code: 'EPOCH_CANCELLED' | 'EPOCH_LAPSED'): PosterStep => ({ type: 'alarm', alarm: { code, epoch } })
  if (view.epoch.status === 'unknown') return stepOfUnposted(closed, view)
  const field = differingField(closed, view.epoch)
  if (field !== undefined) return { type: 'alarm', alarm: { code: 'EPOCH_DIFFERS', epoch, field } }
  switch (view.epoch.status) {
    case 'open': {
      const part = view.epoch.rowsPosted / rowsPerPart
      return { type: 'call', call: { type: 'postRows', epoch, rows: encodePart(books, part) } }
    }
    case 'final':
      return { type: 'call', call: { type: 'finalise', epoch } }
    case 'cancelled':
      return alarm('EPOCH_CANCELLED')
    case 'lapsed':
      return alarm('EPOCH_LAPSED')
    case 'pending':
    case 'finalised':
      return wait
  }
}

/** Next step when an epoch is due and none is pending: the books close under the next number. */
export function stepOfDue(epoch: number, view: PosterView): PosterStep {
  if (view.epoch.status !== 'unknown') return { type: 'alarm', alarm: { code: 'EPOCH_FOREIGN', epoch } }
  return { type: 'close', epoch }
}

/** Registers those of the payees that the contract does not know. */
export function stepOfPayees(view: PosterView, payees: readonly Address[]): PosterStep {
  const accounts = payees.filter(wallet => view.unregistered.includes(wallet))
  return accounts.length > 0 ? { type: 'call', call: { type: 'registerPayees', accounts } } : wait
}

/** The header as the contract takes it. */
export function headerOf({ books, closedAtMs }: ClosedToPost): EpochHeader {
  const { parent, inboxCut, journalPosition, journalHash, burnMicrocredits, leavesRoot, leavesTotalMicrocredits } =
    books
  return {
    parent,
    inboxCut,
    journalPosition,
    closedAt: Math.floor(closedAtMs / 1_000),
    journalHash,
    burnMicrocredits,
    leavesRoot,
    leavesTotalMicrocredits,
    rowCount: books.rows.length,
  }
}

function stepOfUnposted(closed: ClosedToPost, { headEpoch, lastEpoch }: PosterView): PosterStep {
  const { books } = closed
  const { epoch, parent } = books
  // The contract numbers epochs by itself: only when the last number is the parent's will this one get its own.
  if (headEpoch !== parent || lastEpoch !== parent) {
    return { type: 'alarm', alarm: { code: 'PARENT_DIFFERS', epoch, parent, headEpoch } }
  }
  return { type: 'call', call: { type: 'postEpoch', header: headerOf(closed), rows: encodePart(books, 0) } }
}

function differingField(closed: ClosedToPost, posted: ChainEpoch): keyof EpochHeader | undefined {
  const header = headerOf(closed)
  const fields = Object.keys(header) as (keyof EpochHeader)[]
  return fields.find(field => header[field] !== posted[field])
}
