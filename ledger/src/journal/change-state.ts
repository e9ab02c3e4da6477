import type { Address } from '../hex.ts'
import { type LedgerState, laneOwner } from './state.ts'

/** Changes by how much of a payer's credits is set aside in open holds and escrows. */
export function addHeld(state: LedgerState, payer: Address, amountMicrocredits: bigint): void {
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
