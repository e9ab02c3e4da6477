import type { Address } from '../hex.ts'
import type { EventOf } from '../journal/event.ts'
import { LedgerInvariantError } from '../journal/invariant-error.ts'
import type { LedgerState } from '../journal/state.ts'
import { delegationRevoked } from '../permission/evolve.ts'

export function inboxItemRecorded(state: LedgerState, event: EventOf<'InboxItemRecorded'>): void {
  const { index, kind, account, epoch, askedMicrocredits, delegate, nonce } = event.data
  state.inboxCount = index + 1
  if (kind === 'emission') emissionShared(state, epoch ?? 0)
  if (kind === 'revocation') revokedOnChain(state, account, { delegate, nonce }, event.atMs)
  if (kind === 'forcedWithdrawal' && askedMicrocredits !== undefined) {
    state.forced.set(index, { wallet: account, askedMicrocredits, paidMicrocredits: 0n })
  }
}

/** A part of what was asked for is on its way to the chain. */
export function forcedPaid(state: LedgerState, index: number, amountMicrocredits: bigint): void {
  const forced = state.forced.get(index)
  if (forced === undefined) throw new LedgerInvariantError(`no forced withdrawal stands at inbox item ${index}`)
  state.forced.set(index, { ...forced, paidMicrocredits: forced.paidMicrocredits + amountMicrocredits })
}

/** Emission comes by ascending epoch: what was burnt up to it is shared. */
function emissionShared({ epochBurns }: LedgerState, epoch: number): void {
  for (const past of [...epochBurns.keys()]) if (past <= epoch) epochBurns.delete(past)
}

/**
 * The contract knows no ledger's limits: a revocation that is older than the standing permission, or of a key that the wallet could not name any more,
 * ends nothing.
 */
function revokedOnChain(
  state: LedgerState,
  wallet: Address,
  { delegate, nonce }: { readonly delegate: Address | undefined; readonly nonce: bigint | undefined },
  atMs: number,
): void {
  if (delegate !== undefined && nonce !== undefined) delegationRevoked(state, { wallet, delegate, nonce }, atMs)
}
