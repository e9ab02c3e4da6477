import type { Hex } from '../hex.ts'
import { returnToPayer } from '../hold/decide.ts'
import { settlementOf } from '../receipt/decide.ts'
import type { DraftEvent } from './decision.ts'
import { LedgerInvariantError } from './invariant-error.ts'
import type { LedgerState } from './state.ts'

/** What ends a hold whose time is over: its settlement when a receipt waits for it, otherwise its return to the payer. */
export function endOfTime(state: Readonly<LedgerState>, id: Hex): DraftEvent {
  const hold = state.holds.get(id)
  if (hold === undefined) throw new LedgerInvariantError(`hold ${id} expires but is not open`)
  if (hold.received !== undefined) return settlementOf(state, hold)
  const { orderDigest, amountMicrocredits } = hold
  return { type: 'HoldExpired', data: { orderDigest, amountMicrocredits }, entries: returnToPayer(hold) }
}
