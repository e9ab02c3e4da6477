import { addBurn } from '../epoch/evolve.ts'
import type { Address } from '../hex.ts'
import type { EventOf } from '../journal/event.ts'
import { LedgerInvariantError } from '../journal/invariant-error.ts'
import { type LedgerState, noPayouts } from '../journal/state.ts'
import { feeCaused } from '../rewards/evolve.ts'
import type { ClearingSent } from './clearing.ts'

/** Counts what an event sends. */
export function clearingSent(state: LedgerState, sent: readonly ClearingSent[]): void {
  for (const { toShard, sequence } of sent) {
    const last = state.clearingSent.get(toShard) ?? 0
    if (sequence !== last + 1) {
      throw new LedgerInvariantError(`sending ${sequence} to shard ${toShard} comes after ${last}`)
    }
    state.clearingSent.set(toShard, sequence)
  }
}

/** A fee that a job of another shard burnt counts for its node's payout wallet, if the node is known here. */
function burnReceived(state: LedgerState, { caused, credits }: EventOf<'ClearingReceived'>['data']): void {
  const wallet = caused && state.nodes.get(caused.node)?.payoutWallet
  const burnt = credits.find(({ account }) => account === 'burn')
  if (wallet !== undefined && burnt !== undefined) addBurn(state, wallet, burnt.amountMicrocredits)
}

/** Keeps the place of what was taken, counts the fee that came for a node, and puts the payouts among it on their way to the chain. */
export function clearingReceived(state: LedgerState, { data, atMs }: EventOf<'ClearingReceived'>): void {
  if (data.caused !== undefined) feeCaused(state, data.caused, atMs)
  burnReceived(state, data)
  state.clearingReceived.set(data.fromShard, { sequence: data.sequence, position: data.fromPosition })
  for (const { account, amountMicrocredits } of data.credits) {
    if (!account.startsWith('payable:')) continue
    const wallet = account.slice('payable:'.length) as Address
    const payouts = state.payouts.get(wallet) ?? noPayouts
    const scheduledMicrocredits = payouts.scheduledMicrocredits + amountMicrocredits
    state.payouts.set(wallet, { ...payouts, scheduledMicrocredits })
  }
}
