import { useNonce } from '../journal/change-state.ts'
import type { EventOf } from '../journal/event.ts'
import { LedgerInvariantError } from '../journal/invariant-error.ts'
import type { LedgerState } from '../journal/state.ts'
import { pricingOfChange, rewardsOfChange } from './decide.ts'

/** Keeps the change until its time; the one that was pending before is forgotten. */
export function configChangeScheduled(state: LedgerState, { data }: EventOf<'ConfigChangeScheduled'>): void {
  const { changeDigest, change, effectiveAtMs } = data
  const pricing = pricingOfChange(change.message)
  const rewards = rewardsOfChange(change.message)
  state.pendingChange = { changeDigest, effectiveAtMs, pricing, rewards }
  state.expiries.push(effectiveAtMs, changeDigest)
  useNonce(state, change.message.treasurer, change.message)
}

/** From here on decisions see the new parameters. Holds that are open keep theirs. */
export function configChanged(state: LedgerState, { data }: EventOf<'ConfigChanged'>): void {
  if (state.config === undefined) throw new LedgerInvariantError('the configuration changes before the ledger is open')
  state.config = { ...state.config, ...data.pricing, rewards: data.rewards }
  state.pendingChange = undefined
}
