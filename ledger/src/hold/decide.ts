import { checkDelegableSpend } from '../account/check-spend.ts'
import { moveOut } from '../account/wallet-debit.ts'
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
  unjudgeable,
} from '../journal/decision.ts'
import { move } from '../journal/entry.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import type { HeldOrder, LedgerState } from '../journal/state.ts'
import { isCounterpartyAllowed } from '../permission/check-permission.ts'
import { totalsAfterReturn } from '../permission/decide.ts'
import { delegationOf } from '../permission/delegation.ts'
import type { Signed } from '../typed-data/types.ts'
import { type AssignmentRelease, assignmentReleaseType } from './hold-certificate.ts'
import {
  type AnyJobOrder,
  holdSecondsMax,
  jobOrderType,
  type OrderCancellation,
  orderCancellationType,
  orderTypeOf,
  type SignedJobOrder,
} from './job-order.ts'

/**
 * Sets the order's highest price aside, under the signature of the payer or its delegate. Refusals: `MALFORMED`, then those of
 * {@link checkDelegableSpend} in their order; which nodes may run the job is asked when one gets it.
 */
export function openHold(context: DecisionContext, order: SignedJobOrder): Decision {
  const { payer, maxPriceMicrocredits, deadline, graceSeconds } = order.message
  const spanSecondsMax = holdSecondsMax - graceSeconds
  const malformed = malformedOrder(order.message) ?? unjudgeable(context, orderTypeOf(order.message), jobOrderType)
  if (malformed !== undefined) return refuse(malformed)
  const about = { wallet: payer, amountMicrocredits: maxPriceMicrocredits, counterparty: undefined, spanSecondsMax }
  const spend = { ...order.message, ...about }
  const checked = checkDelegableSpend(context, orderTypeOf(order.message), order, spend)
  if (!checked.accepted) return checked
  const orderDigest = signedDigest(context)
  return accept({
    type: 'HoldOpened',
    data: { orderDigest, order, expiresAtMs: (Number(deadline) + graceSeconds) * 1000, ...checked.underPermission },
    entries: moveOut(checked.debit, holdAccount(orderDigest)),
  })
}

/**
 * Gives a hold to a node. Refusals in order: `UNKNOWN_JOB` or `JOB_ENDED`, `HOLD_ASSIGNED`, `UNKNOWN_NODE`, `COUNTERPARTY_NOT_ALLOWED` (the
 * permission behind the hold names other nodes), `COMMAND_CONFLICT`.
 */
export function assignHold(context: DecisionContext, orderDigest: Hex, node: Address, attempt: number): Decision {
  const hold = findHold(context.state, orderDigest)
  if ('code' in hold) return refuse(hold)
  if (hold.assignment !== undefined) return refuse({ code: 'HOLD_ASSIGNED', orderDigest, node: hold.assignment.node })
  if (!context.state.nodes.has(node)) return refuse({ code: 'UNKNOWN_NODE', node })
  if (!isCounterpartyAllowed(hold.permission?.message, node))
    return refuse({ code: 'COUNTERPARTY_NOT_ALLOWED', counterparty: node })
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
  const hold = findRunning(context, orderDigest)
  if ('code' in hold) return refuse(hold)
  if (hold.assignment?.node !== node || hold.assignment.attempt !== attempt) {
    return refuse({ code: 'NOT_ASSIGNED', orderDigest, node, attempt })
  }
  if (hold.received !== undefined) return refuse({ code: 'RECEIPT_PENDING', orderDigest })
  return accept({ type: 'HoldUnassigned', data: { release }, entries: [] })
}

/**
 * The payer, or the delegate that opened it, takes an order back that no node has. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `DEADLINE_PASSED`,
 * `DEADLINE_TOO_FAR`, `UNKNOWN_JOB` or `JOB_ENDED`, `INVALID_SIGNATURE` (somebody else's order), `HOLD_ASSIGNED`.
 */
export function cancelOrder(context: DecisionContext, cancellation: Signed<OrderCancellation>): Decision {
  const { orderDigest, payer, deadline } = cancellation.message
  const delegate = delegateOf(context, payer)
  const refusal =
    checkSignature(context, orderCancellationType, cancellation, delegate ?? payer) ??
    checkDeadline(deadline, context.nowMs, holdSecondsMax)
  if (refusal !== undefined) return refuse(refusal)
  const hold = findHold(context.state, orderDigest)
  if ('code' in hold) return refuse(hold)
  if (hold.payer !== payer || (delegate !== undefined && delegate !== hold.under?.delegate)) {
    return refuse({ code: 'INVALID_SIGNATURE', expectedSigner: hold.payer })
  }
  if (hold.assignment !== undefined) return refuse({ code: 'HOLD_ASSIGNED', orderDigest, node: hold.assignment.node })
  return accept({
    type: 'HoldReleased',
    data: { ...returnedData(context.state, hold, context.nowMs), reason: 'cancelled', cancellation },
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
    data: { ...returnedData(context.state, hold, context.nowMs), reason: 'notAssigned' },
    entries: returnToPayer(hold),
  })
}

/** What an event says that gives a whole hold back. */
export function returnedData(state: Readonly<LedgerState>, hold: HeldOrder, atMs: number) {
  const { orderDigest, payer, under, amountMicrocredits } = hold
  return { orderDigest, amountMicrocredits, ...totalsAfterReturn(state, payer, under, amountMicrocredits, atMs) }
}

export function returnToPayer(hold: HeldOrder) {
  return move(holdAccount(hold.orderDigest), walletAccount(hold.payer), hold.amountMicrocredits)
}

export function findHold(state: Readonly<LedgerState>, orderDigest: Hex): HeldOrder | LedgerRefusal {
  const hold = state.holds.get(orderDigest)
  if (hold !== undefined) return hold
  return { code: state.endedJobs.has(orderDigest) ? 'JOB_ENDED' : 'UNKNOWN_JOB', orderDigest }
}

/** A hold whose time is not over: one that is still there afterwards waits for what was pushed into the inbox, and for nothing else. */
export function findRunning({ state, nowMs }: DecisionContext, orderDigest: Hex): HeldOrder | LedgerRefusal {
  const hold = findHold(state, orderDigest)
  const isOver = 'expiresAtMs' in hold && hold.received === undefined && hold.expiresAtMs <= nowMs
  return isOver ? { code: 'JOB_ENDED', orderDigest } : hold
}

/** The signer, if the payer has ever let that key spend. */
function delegateOf({ state, signer }: DecisionContext, payer: Address): Address | undefined {
  return signer !== undefined && delegationOf(state, payer, signer)?.permission !== undefined ? signer : undefined
}

function malformedOrder(order: AnyJobOrder): LedgerRefusal | undefined {
  const malformed = (field: string, problem: string): LedgerRefusal => ({ code: 'MALFORMED', field, problem })
  if (order.engine !== 'wasm' && order.engine !== 'docker') return malformed('engine', 'expected wasm or docker')
  if (order.priority !== 1 && order.priority !== 2) return malformed('priority', 'expected 1 (normal) or 2 (high)')
  if (order.graceSeconds >= holdSecondsMax) return malformed('graceSeconds', `expected less than ${holdSecondsMax}`)
  if (order.wallMsMax === 0n) return malformed('wallMsMax', 'expected at least 1')
  return undefined
}
