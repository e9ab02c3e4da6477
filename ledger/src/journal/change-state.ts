import { withEntry, withoutEntry } from '../epoch/entry-tree.ts'
import type { Address, Hex } from '../hex.ts'
import { type LedgerState, laneOwner, noPayouts, type PayoutAccount } from './state.ts'

/** Counts what an open hold or escrow sets aside of a payer's credits. */
export function hold(state: LedgerState, payer: Address, order: Hex, amountMicrocredits: bigint): void {
  const entry = { key: order, value: amountMicrocredits }
  state.heldOrders.set(payer, withEntry(state.heldOrders.get(payer), entry))
  addHeld(state, payer, amountMicrocredits)
}

/** Counts it no longer. */
export function unhold(state: LedgerState, payer: Address, order: Hex, amountMicrocredits: bigint): void {
  const left = withoutEntry(state.heldOrders.get(payer), order)
  if (left === undefined) state.heldOrders.delete(payer)
  else state.heldOrders.set(payer, left)
  addHeld(state, payer, -amountMicrocredits)
}

function addHeld(state: LedgerState, payer: Address, amountMicrocredits: bigint): void {
  const held = (state.held.get(payer) ?? 0n) + amountMicrocredits
  if (held === 0n) state.held.delete(payer)
  else state.held.set(payer, held)
}

/** Uses a nonce up in one lane of the wallet's signer: the wallet itself, or a delegate. */
export function useNonce(
  state: LedgerState,
  wallet: Address,
  { lane, nonce }: { readonly lane: number; readonly nonce: bigint },
  signer = wallet,
): void {
  const owner = laneOwner(wallet, signer)
  const others = (state.nonces.get(owner) ?? []).filter(used => used.lane !== lane)
  state.nonces.set(owner, [...others, { signer, lane, nonce }])
}

/** Changes what is known of a wallet's payouts. */
export function updatePayouts(state: LedgerState, wallet: Address, change: Partial<PayoutAccount>): void {
  state.payouts.set(wallet, { ...(state.payouts.get(wallet) ?? noPayouts), ...change })
}
