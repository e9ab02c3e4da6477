import { assignmentReleaseType } from '../hold/hold-certificate.ts'
import { orderCancellationType, orderTypeOf } from '../hold/job-order.ts'
import type { EventOf } from '../journal/event.ts'
import type { AuditBooks } from './audit-books.ts'
import { type Audit, digestOf, expectEntries, isSignedBy, nonceProblem } from './checks.ts'

export function openingProblem(audit: Audit, event: EventOf<'HoldOpened'>): string | undefined {
  const { order, orderDigest, expiresAtMs } = event.data
  const { payer, maxPriceMicrocredits } = order.message
  const type = orderTypeOf(order.message)
  if (digestOf(audit, type, order.message) !== orderDigest) return 'the hold is not named by its order'
  if (!isSignedBy(audit, type, order, payer)) return 'the payer did not sign the order'
  audit.books.holds.set(orderDigest, {
    order: order.message,
    expiresAtMs,
    pricing: audit.config,
    received: undefined,
    assigned: undefined,
  })
  const moved = { [`wallet:${payer}`]: -maxPriceMicrocredits, [`hold:${orderDigest}`]: maxPriceMicrocredits }
  return nonceProblem(audit.books, payer, order.message) ?? expectEntries(event, moved)
}

export function assignmentProblem({ books }: Audit, event: EventOf<'HoldAssigned'>): string | undefined {
  const { orderDigest, node, attempt } = event.data
  const hold = books.holds.get(orderDigest)
  if (hold === undefined || hold.assigned !== undefined) return 'assigns what is no free hold'
  books.holds.set(orderDigest, { ...hold, assigned: { node, attempt, atMs: event.atMs } })
  return expectEntries(event, {})
}

export function unassignmentProblem(audit: Audit, event: EventOf<'HoldUnassigned'>): string | undefined {
  const { release } = event.data
  const { orderDigest, node, attempt } = release.message
  const hold = audit.books.holds.get(orderDigest)
  if (!isSignedBy(audit, assignmentReleaseType, release, node)) return 'the node did not sign the release'
  if (hold?.assigned?.node !== node || hold.assigned.attempt !== attempt) return 'releases what the node does not have'
  if (hold.received !== undefined) return 'releases a job whose receipt is journalled'
  audit.books.holds.set(orderDigest, { ...hold, assigned: undefined })
  return expectEntries(event, {})
}

export function releaseProblem(audit: Audit, event: EventOf<'HoldReleased'>): string | undefined {
  const { orderDigest, cancellation, reason } = event.data
  const hold = audit.books.holds.get(orderDigest)
  if (hold === undefined || hold.assigned !== undefined) return 'releases what is no free hold'
  const isCancelled =
    cancellation?.message.orderDigest === orderDigest &&
    isSignedBy(audit, orderCancellationType, cancellation, hold.order.payer)
  if (reason === 'cancelled' && !isCancelled) return 'the payer did not sign the cancellation'
  return returned(audit.books, event)
}

export function expiryProblem({ books }: Audit, event: EventOf<'HoldExpired'>): string | undefined {
  const hold = books.holds.get(event.data.orderDigest)
  if (hold?.received !== undefined) return 'expires although a receipt was received'
  return hold?.expiresAtMs === event.atMs ? returned(books, event) : 'is not dated at the time the hold expires'
}

function returned(books: AuditBooks, event: EventOf<'HoldReleased'> | EventOf<'HoldExpired'>): string | undefined {
  const { orderDigest } = event.data
  const hold = books.holds.get(orderDigest)
  if (hold === undefined) return 'returns what is no hold'
  books.holds.delete(orderDigest)
  const { payer, maxPriceMicrocredits } = hold.order
  return expectEntries(event, {
    [`hold:${orderDigest}`]: -maxPriceMicrocredits,
    [`wallet:${payer}`]: maxPriceMicrocredits,
  })
}
