import { isPayeeBefore } from './inbox.ts'
import type { Acceptance } from './messages.ts'
import { payableOf } from './messages.ts'
import { cutOff, needPending, rowOf } from './settlement.ts'
import type { Signed } from './signatures.ts'
import { type Epoch, epochOf, leafAt, leafTotal, need, pay, type State } from './state.ts'

/** What anybody may show in one transaction, without a demand, while the epoch is pending. */
export type Wrong =
  | { readonly kind: 'row'; readonly payee: string; readonly earlier: number }
  | { readonly kind: 'payable'; readonly payee: string }
  | { readonly kind: 'stale'; readonly acceptance: Signed<Acceptance> }

export function cancelWrong(state: State, caller: string, id: number, wrong: Wrong, now: number): void {
  const epoch = epochOf(state, id)
  needPending(state, epoch, now)
  need(state, 'always', isWrong(state, epoch, wrong), 'NothingWrong', { id, kind: wrong.kind })
  forfeit(state, epoch, caller)
}

function isWrong(state: State, epoch: Epoch, wrong: Wrong): boolean {
  if (wrong.kind === 'row') return !state.without.has('row-cumulative') && isWrongRow(state, epoch, wrong)
  if (wrong.kind === 'payable') return !state.without.has('payable-paid-out') && isUnpaid(state, epoch, wrong.payee)
  return !state.without.has('position-not-stale') && isStale(state, epoch, wrong.acceptance)
}

function isWrongRow(state: State, epoch: Epoch, { payee, earlier }: { payee: string; earlier: number }): boolean {
  const row = rowOf(state, payee, epoch.id)
  if (earlier === 0) return row.previousEpoch !== 0 && !countsWithRow(state, row.previousEpoch, payee)
  const before = rowOf(state, payee, earlier)
  if (earlier >= epoch.id || epochOf(state, earlier).status === 'Cancelled') return false
  if (earlier > row.previousEpoch) return true
  return earlier === row.previousEpoch && row.cumulative !== before.cumulative + row.increment
}

function countsWithRow(state: State, id: number, payee: string): boolean {
  const epoch = epochOf(state, id)
  return epoch.status !== 'Cancelled' && epoch.header.rows.some(row => row.payee === payee)
}

function isUnpaid(state: State, epoch: Epoch, payee: string): boolean {
  return isPayeeBefore(state, payee, epoch.header.cut) && leafTotal(leafAt(epoch, payableOf(payee))) > 0
}

/** The ledger's own signature says that the journal had reached a position at a time when this epoch has it behind. */
function isStale(state: State, epoch: Epoch, acceptance: Signed<Acceptance>): boolean {
  const { position, at } = acceptance.message
  const isSigned = state.keys.isGenuine(acceptance) && acceptance.signer === state.ledger
  return isSigned && at < epoch.header.closedAt && position > epoch.header.position
}

/**
 * Cancels an epoch at the poster's cost: a reward for who showed it, the rest of what the epoch had locked is burnt. Where the bond has
 * less left than that, what there is is shared in the same proportion, in fractions of a microcredit.
 */
export function forfeit(state: State, epoch: Epoch, winner: string): void {
  const { epochBond, reward: whole } = state.params
  const seized = Math.min(state.bond, epochBond)
  const reward = (seized * whole) / epochBond
  pay(state, winner, reward)
  state.bond -= seized
  state.bondsBurnt += seized - reward
  cutOff(state, epoch.id)
}
