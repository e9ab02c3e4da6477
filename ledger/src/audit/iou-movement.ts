import { zeroAddress } from '../hex.ts'
import { iouDefaultType, iouRedemptionType, iouType } from '../iou/iou.ts'
import type { EventOf } from '../journal/event.ts'
import {
  type Audit,
  amountProblem,
  deadlineProblem,
  digestOf,
  expectEntries,
  isSignedBy,
  nonceProblem,
} from './checks.ts'

/** How far ahead a deadline may lie, in seconds: 30 days. */
const spanSecondsMax = 2_592_000

export function issueProblem(audit: Audit, event: EventOf<'IouIssued'>): string | undefined {
  const { digest, iou } = event.data
  const { debtor, creditor, amountMicrocredits, deadline } = iou.message
  if (digestOf(audit, iouType, iou.message) !== digest) return 'the IOU is not named by its message'
  if (!isSignedBy(audit, iouType, iou, debtor)) return 'the debtor did not sign the IOU'
  if (creditor === debtor || creditor === zeroAddress) return 'is no promise to anybody'
  if (audit.books.ious.has(digest)) return 'issues an IOU that is open'
  audit.books.ious.set(digest, { iou: iou.message, paidMicrocredits: 0n, isDefaulted: false })
  return (
    amountProblem(amountMicrocredits) ??
    deadlineProblem(event, deadline, spanSecondsMax) ??
    nonceProblem(audit.books, debtor, iou.message) ??
    expectEntries(event, {})
  )
}

export function redemptionProblem(audit: Audit, event: EventOf<'IouRedeemed'>): string | undefined {
  const { redemption, outstandingMicrocredits } = event.data
  const { iou: digest, debtor, amountMicrocredits } = redemption.message
  const owed = audit.books.ious.get(digest)
  if (owed?.iou.debtor !== debtor) return 'redeems what this debtor does not owe'
  if (!isSignedBy(audit, iouRedemptionType, redemption, debtor)) return 'the debtor did not sign the redemption'
  const paidMicrocredits = owed.paidMicrocredits + amountMicrocredits
  const left = owed.iou.amountMicrocredits - paidMicrocredits
  if (amountMicrocredits <= 0n || left < 0n) return `redeems ${amountMicrocredits} µcr, which is not owed`
  if (left !== outstandingMicrocredits) return `leaves ${outstandingMicrocredits} µcr, ${left} µcr are outstanding`
  if (left === 0n) audit.books.ious.delete(digest)
  else audit.books.ious.set(digest, { ...owed, paidMicrocredits })
  const moved = { [`wallet:${debtor}`]: -amountMicrocredits, [`wallet:${owed.iou.creditor}`]: amountMicrocredits }
  return (
    deadlineProblem(event, redemption.message.deadline, spanSecondsMax) ??
    nonceProblem(audit.books, debtor, redemption.message) ??
    expectEntries(event, moved)
  )
}

export function defaultProblem(audit: Audit, event: EventOf<'IouDefaulted'>): string | undefined {
  const { declaration, outstandingMicrocredits } = event.data
  const { iou: digest, creditor } = declaration.message
  const owed = audit.books.ious.get(digest)
  if (owed?.iou.creditor !== creditor) return 'declares what is not owed to this creditor'
  if (!isSignedBy(audit, iouDefaultType, declaration, creditor)) return 'the creditor did not sign the declaration'
  if (owed.isDefaulted) return 'declares a default a second time'
  if (event.atMs < Number(owed.iou.dueAt) * 1000) return 'declares a default before the IOU is due'
  if (owed.iou.amountMicrocredits - owed.paidMicrocredits !== outstandingMicrocredits) return 'misstates what is owed'
  audit.books.ious.set(digest, { ...owed, isDefaulted: true })
  return expectEntries(event, {})
}
