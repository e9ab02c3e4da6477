import { checkSpend } from '../account/check-spend.ts'
import type { Address, Hex } from '../hex.ts'
import { holdAccount, walletAccount } from '../journal/account-name.ts'
import {
  accept,
  checkDeadline,
  checkSignature,
  type Decision,
  type DecisionContext,
  refuse,
  signedDigest,
} from '../journal/decision.ts'
import { move } from '../journal/entry.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import type { HeldOrder, LedgerState } from '../journal/state.ts'
import type { Signed } from '../typed-data/types.ts'
import { type AssignmentRelease, assignmentReleaseType } from './hold-certificate.ts'
import {
  holdSecondsMax,
  type JobOrder,
  jobOrderType,
  type OrderCancellation,
  orderCancellationType,
  type SignedJobOrder,
} from './job-order.ts'

/**
 * Sets the order's highest price aside. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `DEADLINE_PASSED`,
 * `DEADLINE_TOO_FAR`, `AMOUNT_OUT_OF_RANGE`, `NONCE_USED`, `INSUFFICIENT_CREDITS`.
 */
export function openHold(context: DecisionContext, order: SignedJobOrder): Decision {
  const { payer, maxPriceMicrocredits, deadline, graceSeconds } = order.message
  const spanSecondsMax = holdSecondsMax - graceSeconds
  const spend = { ...order.message, wallet: payer, amountMicrocredits: maxPriceMicrocredits, spanSecondsMax }
  const refusal = malformedOrder(order.message) ?? checkSpend(context, jobOrderType, order, spend)
  if (refusal !== undefined) return refuse(refusal)
  const orderDigest = signedDigest(context)
  return accept({
    type: 'HoldOpened',
    data: { orderDigest, order, expiresAtMs: (Number(deadline) + graceSeconds) * 1000 },
    entries: move(walletAccount(payer), holdAccount(orderDigest), maxPriceMicrocredits),
  })
}

/** Gives a hold to a node. Refusals in order: `UNKNOWN_JOB` or `JOB_ENDED`, `UNKNOWN_NODE`, `HOLD_ASSIGNED`, `COMMAND_CONFLICT`. */
export function assignHold(context: DecisionContext, orderDigest: Hex, node: Address, attempt: number): Decision {
  const hold = findHold(context.state, orderDigest)
  if ('code' in hold) return refuse(hold)
  if (!context.state.nodes.has(node)) return refuse({ code: 'UNKNOWN_NODE', node })
  if (hold.assignment !== undefined) return refuse({ code: 'HOLD_ASSIGNED', orderDigest, node: hold.assignment.node })
  if (attempt !== hold.attempts + 1) {
    return refuse({ code: 'COMMAND_CONFLICT', commandId: `assign:${orderDigest}:${attempt}`, field: 'attempt' })
  }
  return accept({ type: 'HoldAssigned', data: { orderDigest, node, attempt }, entries: [] })
}

/**
 * A node gives an assignment back. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `UNKNOWN_JOB` or `JOB_ENDED`,
 * `NOT_ASSIGNED`, `RECEIPT_PENDING`.
 */
export function releaseAssignment(context: DecisionContext, release: Signed<AssignmentRelease>): Decision {
  const { orderDigest, node, attempt } = release.message
  const refusal = checkSignature(context, assignmentReleaseType, release, node)
  if (refusal !== undefined) return refuse(refusal)
  const hold = findHold(context.state, orderDigest)
  if ('code' in hold) return refuse(hold)
  if (hold.assignment?.node !== node || hold.assignment.attempt !== attempt) {
    return refuse({ code: 'NOT_ASSIGNED', orderDigest, node, attempt })
  }
  if (hold.received !== undefined) return refuse({ code: 'RECEIPT_PENDING', orderDigest })
  return accept({ type: 'HoldUnassigned', data: { release }, entries: [] })
}

/**
 * The payer takes an order back that no node has. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `DEADLINE_PASSED`,
 * `DEADLINE_TOO_FAR`, `UNKNOWN_JOB` or `JOB_ENDED`, `INVALID_SIGNATURE` (somebody else's order), `HOLD_ASSIGNED`.
 */
export function cancelOrder(context: DecisionContext, cancellation: Signed<OrderCancellation>): Decision {
  const { orderDigest, payer, deadline } = cancellation.message
  const refusal =
    checkSignature(context, orderCancellationType, cancellation, payer) ??
    checkDeadline(deadline, context.nowMs, holdSecondsMax)
  if (refusal !== undefined) return refuse(refusal)
  const hold = findHold(context.state, orderDigest)
  if ('code' in hold) return refuse(hold)
  if (hold.payer !== payer) return refuse({ code: 'INVALID_SIGNATURE', expectedSigner: hold.payer })
  if (hold.assignment !== undefined) return refuse({ code: 'HOLD_ASSIGNED', orderDigest, node: hold.assignment.node })
  return accept({
    type: 'HoldReleased',
    data: { orderDigest, amountMicrocredits: hold.amountMicrocredits, reason: 'cancelled', cancellation },
    entries: returnToPayer(hold),
  })
}

/** Gives a hold that no node has back to its payer. Refusals in order: `UNKNOWN_JOB` or `JOB_ENDED`, `HOLD_ASSIGNED`. */
export function releaseHold(context: DecisionContext, orderDigest: Hex): Decision {
  const hold = findHold(context.state, orderDigest)
  if ('code' in hold) return refuse(hold)
  if (hold.assignment !== undefined) return refuse({ code: 'HOLD_ASSIGNED', orderDigest, node: hold.assignment.node })
  return accept({
    type: 'HoldReleased',
    data: { orderDigest, amountMicrocredits: hold.amountMicrocredits, reason: 'notAssigned' },
    entries: returnToPayer(hold),
  })
}

export function returnToPayer(hold: HeldOrder) {
  return move(holdAccount(hold.orderDigest), walletAccount(hold.payer), hold.amountMicrocredits)
}

export function findHold(state: Readonly<LedgerState>, orderDigest: Hex): HeldOrder | LedgerRefusal {
  const hold = state.holds.get(orderDigest)
  if (hold !== undefined) return hold
  return { code: state.endedJobs.has(orderDigest) ? 'JOB_ENDED' : 'UNKNOWN_JOB', orderDigest }
}

function malformedOrder(order: JobOrder): LedgerRefusal | undefined {
  const malformed = (field: string, problem: string): LedgerRefusal => ({ code: 'MALFORMED', field, problem })
  if (order.engine !== 'wasm' && order.engine !== 'docker') return malformed('engine', 'expected wasm or docker')
  if (order.priority !== 1 && order.priority !== 2) return malformed('priority', 'expected 1 (normal) or 2 (high)')
  if (order.graceSeconds >= holdSecondsMax) return malformed('graceSeconds', `expected less than ${holdSecondsMax}`)
  if (order.wallMsMax === 0n) return malformed('wallMsMax', 'expected at least 1')
  return undefined
}
