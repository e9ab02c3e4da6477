import type { Hex } from '../hex.ts'
import { hold, unhold } from '../journal/change-state.ts'
import type { EventOf } from '../journal/event.ts'
import { LedgerInvariantError } from '../journal/invariant-error.ts'
import type { LedgerState } from '../journal/state.ts'
import { heldUnder, spendReturned, spent } from '../permission/evolve.ts'

export function escrowOpened(state: LedgerState, { data, atMs }: EventOf<'EscrowOpened'>): void {
  const { escrow, order } = data
  const { wallet, seller, amountMicrocredits, expires } = order.message
  const openedBy = data.spend?.delegate ?? wallet
  const expiresAtMs = Number(expires) * 1000
  const under = heldUnder(data, atMs)
  state.escrows.set(escrow, { escrow, wallet, seller, openedBy, amountMicrocredits, expiresAtMs, under })
  state.expiries.push(expiresAtMs, escrow)
  hold(state, wallet, escrow, amountMicrocredits)
  spent(state, order.message, data, atMs)
}

export function escrowCaptured(state: LedgerState, { data }: EventOf<'EscrowCaptured'>): void {
  endEscrow(state, data.capture.message.escrow, data.releasedMicrocredits)
}

export function escrowReleased(state: LedgerState, { data }: EventOf<'EscrowReleased'>): void {
  endEscrow(state, data.release.message.escrow, data.amountMicrocredits)
}

export function escrowExpired(state: LedgerState, { data }: EventOf<'EscrowExpired'>): void {
  endEscrow(state, data.escrow, data.amountMicrocredits)
}

/** However an escrow ends, it is no longer there; who its parties were is remembered as long as its order. */
function endEscrow(state: LedgerState, id: Hex, releasedMicrocredits: bigint): void {
  const open = state.escrows.get(id)
  if (open === undefined) throw new LedgerInvariantError(`no escrow ${id}`)
  const { wallet, seller, openedBy, amountMicrocredits, under } = open
  state.escrows.delete(id)
  state.endedEscrows.set(id, { wallet, seller, openedBy })
  unhold(state, wallet, id, amountMicrocredits)
  spendReturned(state, wallet, under, releasedMicrocredits)
}
