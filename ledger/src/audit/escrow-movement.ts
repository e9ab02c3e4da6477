import { escrowCaptureType, escrowOrderType, escrowReleaseType } from '../escrow/escrow-order.ts'
import { type Hex, zeroAddress } from '../hex.ts'
import type { EventOf } from '../journal/event.ts'
import type { AuditedEscrow } from './audit-books.ts'
import {
  type Audit,
  amountProblem,
  deadlineProblem,
  digestOf,
  expectEntries,
  isSignedBy,
  noteHeld,
  signerOf,
  sum,
} from './checks.ts'
import { judgeSpend, returnProblem } from './permission-movement.ts'

/** Longest time for which an escrow may stand, in milliseconds: 30 days. */
const escrowMsMax = 2_592_000_000

export function escrowOpeningProblem(audit: Audit, event: EventOf<'EscrowOpened'>): string | undefined {
  const { escrow, order } = event.data
  const { wallet, seller, amountMicrocredits, deadline, expires } = order.message
  if (digestOf(audit, escrowOrderType, order.message) !== escrow) return 'the escrow is not named by its order'
  if (audit.books.escrows.has(escrow)) return 'opens an escrow that is open'
  if (seller === wallet || seller === zeroAddress) return 'is an escrow for nobody else'
  const standsMs = Number(expires) * 1000 - event.atMs
  if (standsMs <= 0 || standsMs > escrowMsMax) return `opens an escrow for ${standsMs} ms`
  const about = { type: escrowOrderType, signed: order, counterparty: seller, engine: undefined }
  const unsigned = 'the wallet did not sign the escrow'
  const verdict = judgeSpend(audit, event, { ...order.message, ...about, unsigned })
  if (verdict.problem !== undefined) return verdict.problem
  audit.books.escrows.set(escrow, { order: order.message, under: verdict.under })
  audit.books.due.add(escrow, Number(expires) * 1000)
  noteHeld(audit.books, wallet, escrow, amountMicrocredits)
  const moved = { [`wallet:${wallet}`]: -amountMicrocredits, [`hold:${escrow}`]: amountMicrocredits }
  return (
    amountProblem(amountMicrocredits) ??
    deadlineProblem(event, deadline, escrowMsMax / 1000 - Number(expires - deadline)) ??
    expectEntries(event, moved)
  )
}

export function captureProblem(audit: Audit, event: EventOf<'EscrowCaptured'>): string | undefined {
  const { capture, releasedMicrocredits } = event.data
  const { escrow, wallet, amountMicrocredits } = capture.message
  const taken = takeEscrow(audit, escrow)
  if (taken?.order.wallet !== wallet) return 'captures what is no open escrow of this wallet'
  const { order, under } = taken
  const signer = signerOf(audit, escrowCaptureType, capture, wallet)
  const isByDelegate = signer !== undefined && signer === under?.delegation.delegate
  if (signer !== wallet && !isByDelegate) return 'nobody who may has signed the capture'
  if (isByDelegate && under.delegation.endsAtMs <= event.atMs) return 'is captured under a permission that has ended'
  if (event.atMs >= Number(order.expires) * 1000) return 'captures an escrow whose time is over'
  if (amountMicrocredits <= 0n || amountMicrocredits + releasedMicrocredits !== order.amountMicrocredits) {
    return 'does not split the escrow rightly'
  }
  const moved = sum([
    [`hold:${escrow}`, -order.amountMicrocredits],
    [`wallet:${order.seller}`, amountMicrocredits],
    [`wallet:${wallet}`, releasedMicrocredits],
  ])
  return returnProblem(event, under, releasedMicrocredits) ?? expectEntries(event, moved)
}

export function escrowReleaseProblem(audit: Audit, event: EventOf<'EscrowReleased'>): string | undefined {
  const { release, amountMicrocredits } = event.data
  const { escrow, seller } = release.message
  const taken = takeEscrow(audit, escrow)
  if (taken?.order.seller !== seller) return 'releases what is no open escrow of this seller'
  if (!isSignedBy(audit, escrowReleaseType, release, seller)) return 'the seller did not sign the release'
  return returnedProblem(event, escrow, taken, amountMicrocredits)
}

export function escrowExpiryProblem(audit: Audit, event: EventOf<'EscrowExpired'>): string | undefined {
  const { escrow, amountMicrocredits } = event.data
  const taken = takeEscrow(audit, escrow)
  if (taken === undefined) return 'expires what is no open escrow'
  if (Number(taken.order.expires) * 1000 !== event.atMs) return 'is not dated at the time the escrow expires'
  return returnedProblem(event, escrow, taken, amountMicrocredits)
}

function returnedProblem(
  event: EventOf<'EscrowReleased'> | EventOf<'EscrowExpired'>,
  escrow: Hex,
  { order, under }: AuditedEscrow,
  amountMicrocredits: bigint,
): string | undefined {
  if (amountMicrocredits !== order.amountMicrocredits) return 'does not return the whole escrow'
  const moved = { [`hold:${escrow}`]: -amountMicrocredits, [`wallet:${order.wallet}`]: amountMicrocredits }
  return returnProblem(event, under, amountMicrocredits) ?? expectEntries(event, moved)
}

/** Whatever ends an escrow ends it once: what is taken here is not there any more. */
function takeEscrow({ books }: Audit, escrow: Hex): AuditedEscrow | undefined {
  const taken = books.escrows.get(escrow)
  if (taken !== undefined) noteHeld(books, taken.order.wallet, escrow, undefined)
  books.escrows.delete(escrow)
  books.due.remove(escrow)
  return taken
}
