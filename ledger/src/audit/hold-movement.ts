import { type Hex, zeroAddress } from '../hex.ts'
import { assignmentReleaseType } from '../hold/hold-certificate.ts'
import { holdSecondsMax, jobOrderType, orderCancellationType, orderTypeOf } from '../hold/job-order.ts'
import type { EventOf } from '../journal/event.ts'
import type { AuditBooks, AuditedHold } from './audit-books.ts'
import {
  type Audit,
  amountProblem,
  deadlineProblem,
  digestOf,
  expectEntries,
  expectLines,
  isSignedBy,
  type Line,
  noteHeld,
  signerOf,
} from './checks.ts'
import { judgeSpend, nodeProblem, returnProblem } from './permission-movement.ts'

export function openingProblem(audit: Audit, event: EventOf<'HoldOpened'>): string | undefined {
  const { order, orderDigest, expiresAtMs } = event.data
  const { payer, maxPriceMicrocredits, engine, priority, deadline, graceSeconds } = order.message
  const type = orderTypeOf(order.message)
  if (type !== jobOrderType && audit.config.protocol === 2) return 'is ordered by a message of 0.1.0'
  if (digestOf(audit, type, order.message) !== orderDigest) return 'the hold is not named by its order'
  if (audit.books.holds.has(orderDigest)) return 'opens a hold that is open'
  if (engine !== 'wasm' && engine !== 'docker') return `orders an engine that there is not, ${engine}`
  if (priority !== 1 && priority !== 2) return `orders a priority that there is not, ${priority}`
  if (expiresAtMs !== (Number(deadline) + graceSeconds) * 1000) return 'expires otherwise than its order says'
  const about = {
    type,
    signed: order,
    wallet: payer,
    amountMicrocredits: maxPriceMicrocredits,
    counterparty: undefined,
  }
  const unsigned = 'the payer did not sign the order'
  const verdict = judgeSpend(audit, event, { ...order.message, ...about, unsigned })
  if (verdict.problem !== undefined) return verdict.problem
  audit.books.holds.set(orderDigest, {
    order: order.message,
    under: verdict.under,
    expiresAtMs,
    pricing: audit.config,
    received: undefined,
    assigned: undefined,
    attempts: 0,
  })
  audit.books.due.add(orderDigest, expiresAtMs)
  noteHeld(audit.books, payer, orderDigest, maxPriceMicrocredits)
  const moved: readonly Line[] = [
    [`wallet:${payer}`, -maxPriceMicrocredits],
    [`hold:${orderDigest}`, maxPriceMicrocredits],
  ]
  return (
    amountProblem(maxPriceMicrocredits) ??
    deadlineProblem(event, deadline, holdSecondsMax - graceSeconds) ??
    expectLines(event, moved)
  )
}

export function assignmentProblem({ books }: Audit, event: EventOf<'HoldAssigned'>): string | undefined {
  const { orderDigest, node, attempt } = event.data
  const hold = books.holds.get(orderDigest)
  if (hold === undefined || hold.assigned !== undefined) return 'assigns what is no free hold'
  if (attempt !== hold.attempts + 1) return `is attempt ${attempt} after ${hold.attempts}`
  const payoutWallet = books.payoutWallets.get(node)
  if (payoutWallet === undefined) return 'gives a job to a node that is not registered'
  books.holds.set(orderDigest, {
    ...hold,
    assigned: { node, payoutWallet, attempt, atMs: event.atMs },
    attempts: attempt,
  })
  return nodeProblem(hold.under, node) ?? expectEntries(event, {})
}

export function unassignmentProblem(audit: Audit, event: EventOf<'HoldUnassigned'>): string | undefined {
  const { release } = event.data
  const { orderDigest, node, attempt } = release.message
  const hold = audit.books.holds.get(orderDigest)
  if (!isSignedBy(audit, assignmentReleaseType, release, node)) return 'the node did not sign the release'
  if (hold?.assigned?.node !== node || hold.assigned.attempt !== attempt) return 'releases what the node does not have'
  if (hold.received !== undefined) return 'releases a job whose receipt is journalled'
  if (audit.books.late.has(orderDigest)) return 'releases a job whose time is over'
  audit.books.holds.set(orderDigest, { ...hold, assigned: undefined })
  return expectEntries(event, {})
}

export function releaseProblem(audit: Audit, event: EventOf<'HoldReleased'>): string | undefined {
  const { orderDigest, cancellation, reason } = event.data
  const hold = audit.books.holds.get(orderDigest)
  if (hold === undefined || hold.assigned !== undefined) return 'releases what is no free hold'
  if (reason === 'notAssigned') {
    return cancellation === undefined ? returned(audit.books, event) : 'carries a cancellation that it does not need'
  }
  const { payer } = hold.order
  const mayCancel = [payer, hold.under?.delegation.delegate]
  const isCancelled =
    reason === 'cancelled' &&
    cancellation?.message.orderDigest === orderDigest &&
    cancellation.message.payer === payer &&
    mayCancel.includes(signerOf(audit, orderCancellationType, cancellation, payer) ?? zeroAddress)
  if (!isCancelled) return 'the payer did not sign the cancellation'
  return deadlineProblem(event, cancellation.message.deadline, holdSecondsMax) ?? returned(audit.books, event)
}

/** Whether the inbox may still bring the receipt of a hold whose time is over. */
export function mayBeLate({ holds, config }: AuditBooks, orderDigest: Hex): boolean {
  const hold = holds.get(orderDigest)
  const isJudged = config?.protocol === 2 && config.shardCount === 1
  return isJudged && hold?.assigned !== undefined && hold.received === undefined
}

export function expiryProblem({ books }: Audit, event: EventOf<'HoldExpired'>): string | undefined {
  const hold = books.holds.get(event.data.orderDigest)
  if (hold?.received !== undefined) return 'expires although a receipt was received'
  const isInTime = hold?.expiresAtMs === event.atMs || books.late.has(event.data.orderDigest)
  return isInTime ? returned(books, event) : 'is not dated at the time the hold expires'
}

function returned(books: AuditBooks, event: EventOf<'HoldReleased'> | EventOf<'HoldExpired'>): string | undefined {
  const { orderDigest, amountMicrocredits } = event.data
  const hold = books.holds.get(orderDigest)
  if (hold === undefined) return 'returns what is no hold'
  const { payer, maxPriceMicrocredits } = hold.order
  if (amountMicrocredits !== maxPriceMicrocredits) return 'does not return the whole hold'
  endHold(books, orderDigest, hold)
  const moved: readonly Line[] = [
    [`hold:${orderDigest}`, -maxPriceMicrocredits],
    [`wallet:${payer}`, maxPriceMicrocredits],
  ]
  return returnProblem(event, hold.under, maxPriceMicrocredits) ?? expectLines(event, moved)
}

/** However a hold ends, it is no longer open, due or held. */
export function endHold(books: AuditBooks, orderDigest: Hex, { order }: AuditedHold): void {
  books.holds.delete(orderDigest)
  books.due.remove(orderDigest)
  books.late.delete(orderDigest)
  noteHeld(books, order.payer, orderDigest, undefined)
}
