import type { LedgerEventData } from '../journal/event.ts'
import type { LedgerState } from '../journal/state.ts'
import { jobOutcomes } from '../receipt/usage-receipt.ts'
import type { CausedFee } from './node-rewards.ts'

type JobSettled = Extract<LedgerEventData, { type: 'JobSettled' }>

/** What a settlement means for the node's bonuses. The state is that before the settlement, in which the hold still stands. */
export function causedFeeOf(state: Readonly<LedgerState>, { data }: JobSettled): CausedFee {
  const { node, orderDigest, feeMicrocredits } = data
  const outcome = state.holds.get(orderDigest)?.received?.receipt.outcome
  return { node, feeMicrocredits, isCompleted: outcome === jobOutcomes.indexOf('completed') }
}
