import { closeTurnover, reopenTurnover } from '../account/turnover.ts'
import type { Address } from '../hex.ts'
import { updatePayouts } from '../journal/change-state.ts'
import type { EpochBooks, EventOf, PayoutRow } from '../journal/event.ts'
import type { LedgerState } from '../journal/state.ts'

export function epochClosed(state: LedgerState, { data }: EventOf<'EpochClosed'>): void {
  state.lastEpoch = data
  state.lastEpochNumber = data.epoch
  state.leavesBeforePending.clear()
  for (const [account, leaf] of state.leavesBefore) state.leavesBeforePending.set(account, leaf)
  state.leavesBefore.clear()
  if (state.burns.size > 0) state.epochBurns.set(data.epoch, new Map(state.burns))
  state.burns.clear()
  closeTurnover(state)
  for (const row of data.rows) {
    updatePayouts(state, row.wallet, { postedMicrocredits: row.cumulativeMicrocredits, lastEpoch: data.epoch })
  }
}

export function epochFinalised(state: LedgerState, { data }: EventOf<'EpochFinalised'>): void {
  state.lastEpochFinal = data.epoch
  state.finalEpoch = state.lastEpoch
  state.leavesBeforePending.clear()
  state.turnoverPending.clear()
  const cut = state.lastEpoch?.inboxCut ?? 0
  for (const index of [...state.forced.keys()]) if (index < cut) state.forced.delete(index)
}

export function epochCancelled(state: LedgerState, { data }: EventOf<'EpochCancelled'>): void {
  state.lastEpochNumber = data.lastEpoch
  // Its number is given out again, so that the command that closed it is no repetition.
  if (data.journalPosition !== undefined) state.decided.delete(`epoch:${data.epoch}`)
  const pending = state.lastEpoch
  if (pending !== undefined && pending.epoch > state.lastEpochFinal && data.headEpoch < pending.epoch)
    undo(state, pending)
}

/** Brings back what was so before the pending epoch was closed, and keeps all that happened since. */
function undo(state: LedgerState, { epoch, rows }: EpochBooks): void {
  state.lastEpoch = state.finalEpoch
  reopenTurnover(state)
  for (const row of rows) unpost(state, row)
  for (const [wallet, burnt] of state.epochBurns.get(epoch) ?? []) addBurn(state, wallet, burnt)
  state.epochBurns.delete(epoch)
  if (state.finalEpoch === undefined) state.leavesBefore.clear()
  for (const [account, leaf] of state.leavesBeforePending) state.leavesBefore.set(account, leaf)
  state.leavesBeforePending.clear()
}

function unpost(state: LedgerState, row: PayoutRow): void {
  const postedMicrocredits = row.cumulativeMicrocredits - row.incrementMicrocredits
  updatePayouts(state, row.wallet, { postedMicrocredits, lastEpoch: row.previousEpoch })
}

/** Counts a fee that was burnt on a receipt for the payout wallet of its node. */
export function addBurn({ burns }: LedgerState, wallet: Address, burnMicrocredits: bigint): void {
  if (burnMicrocredits > 0n) burns.set(wallet, (burns.get(wallet) ?? 0n) + burnMicrocredits)
}
