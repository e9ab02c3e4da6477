import { configChanged } from '../config/decide.ts'
import { expireEscrow } from '../escrow/decide.ts'
import type { Hex } from '../hex.ts'
import { returnedData, returnToPayer } from '../hold/decide.ts'
import { settlementOf } from '../receipt/decide.ts'
import type { DraftEvent } from './decision.ts'
import { LedgerInvariantError } from './invariant-error.ts'
import type { LedgerState } from './state.ts'

/**
 * What ends a hold or an escrow whose time is over: the settlement when a receipt waits for it, otherwise the return of all credits to the
 * payer. At its time a pending change comes into force in the same way. `atMs`: when that happens, later than its time for a hold that was waited for.
 */
export function endOfTime(state: Readonly<LedgerState>, id: Hex, atMs: number): DraftEvent {
  if (id === state.pendingChange?.changeDigest) return configChanged(state.pendingChange)
  const escrow = state.escrows.get(id)
  if (escrow !== undefined) return expireEscrow(state, escrow)
  const hold = state.holds.get(id)
  if (hold === undefined) throw new LedgerInvariantError(`hold ${id} expires but is not open`)
  if (hold.received !== undefined) return settlementOf(state, hold, atMs)
  return { type: 'HoldExpired', data: returnedData(state, hold, atMs), entries: returnToPayer(hold) }
}
