import type { Hex } from '../hex.ts'
import { useNonce } from '../journal/change-state.ts'
import type { EventOf } from '../journal/event.ts'
import { LedgerInvariantError } from '../journal/invariant-error.ts'
import { rememberMs } from '../journal/repetition.ts'
import type { LedgerState } from '../journal/state.ts'
import type { OpenIou } from './open-iou.ts'

export function iouIssued(state: LedgerState, { data }: EventOf<'IouIssued'>): void {
  const iou = data.iou.message
  state.ious.set(data.digest, {
    iou,
    outstandingMicrocredits: iou.amountMicrocredits,
    defaultedAtMs: undefined,
  })
  useNonce(state, iou.debtor, iou)
}

/**
 * A paid IOU leaves memory, and a month later so does that it was paid. By then its deadline is over and its nonce is used, so that
 * the same promise cannot be issued a second time.
 */
export function iouRedeemed(state: LedgerState, { data, atMs }: EventOf<'IouRedeemed'>): void {
  const { iou: digest, debtor } = data.redemption.message
  const { outstandingMicrocredits } = data
  const open = findOpen(state, digest)
  useNonce(state, debtor, data.redemption.message)
  if (outstandingMicrocredits > 0n) {
    state.ious.set(digest, { ...open, outstandingMicrocredits })
    return
  }
  state.ious.delete(digest)
  state.paidIous.set(digest, atMs + rememberMs)
  state.forgets.push(atMs + rememberMs, digest)
}

export function iouDefaulted(state: LedgerState, { data, atMs }: EventOf<'IouDefaulted'>): void {
  const digest = data.declaration.message.iou
  state.ious.set(digest, { ...findOpen(state, digest), defaultedAtMs: atMs })
}

function findOpen(state: LedgerState, digest: Hex): OpenIou {
  const open = state.ious.get(digest)
  if (open === undefined) throw new LedgerInvariantError(`no IOU ${digest}`)
  return open
}
