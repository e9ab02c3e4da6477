import type { Hex } from '../hex.ts'
import { findHold, findRunning } from '../hold/decide.ts'
import { holdAccount, walletAccount } from '../journal/account-name.ts'
import { isJudgedOnChain } from '../journal/config.ts'
import {
  accept,
  checkSignature,
  type Decision,
  type DecisionContext,
  type DraftEvent,
  refuse,
  unjudgeable,
} from '../journal/decision.ts'
import type { Entry } from '../journal/entry.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import type { HeldOrder, LedgerState } from '../journal/state.ts'
import { totalsAfterReturn } from '../permission/decide.ts'
import { feeOf, priceOfJob } from '../pricing/price.ts'
import {
  type AnyUsageReceipt,
  jobOutcomes,
  receiptTypeOf,
  type SignedUsageReceipt,
  usageReceiptType,
} from './usage-receipt.ts'

/**
 * Journals a node's receipt. Its job is settled by a later command, when an epoch closes, or at the hold's expiry, whichever comes first; from
 * now on nothing else ends the hold. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `RECEIPT_FROM_FUTURE`, `UNKNOWN_JOB` or `JOB_ENDED`,
 * `NOT_ASSIGNED`, `RECEIPT_PENDING`. Where the contract judges, pay hangs on no sequence: there they are for the registry, which slashes
 * a stake for one that was used twice. Before protocol 2 nothing was said of the future, and the last refusal was `SEQUENCE_USED`.
 */
export function receiveReceipt(context: DecisionContext, receipt: SignedUsageReceipt): Decision {
  const { orderDigest, node, attempt, sequence, outcome } = receipt.message
  if (jobOutcomes[outcome] === undefined) {
    return refuse({ code: 'MALFORMED', field: 'outcome', problem: `expected 0 to ${jobOutcomes.length - 1}` })
  }
  const type = receiptTypeOf(receipt.message)
  const isJudged = isJudgedOnChain(context.state.config)
  const refusal =
    unjudgeable(context, type, usageReceiptType) ??
    checkSignature(context, type, receipt, node) ??
    (isJudged ? checkEnd(receipt.message, context.nowMs) : undefined)
  if (refusal !== undefined) return refuse(refusal)
  const hold = findRunning(context, orderDigest)
  if ('code' in hold) return refuse(hold)
  if (hold.assignment?.node !== node || hold.assignment.attempt !== attempt) {
    return refuse({ code: 'NOT_ASSIGNED', orderDigest, node, attempt })
  }
  if (hold.received !== undefined) return refuse({ code: 'RECEIPT_PENDING', orderDigest })
  const lastSequence = context.state.nodes.get(node)?.lastSequence ?? 0n
  if (!isJudged && sequence <= lastSequence) return refuse({ code: 'SEQUENCE_USED', sequence, lastSequence })
  return accept({ type: 'ReceiptReceived', data: { receipt }, entries: [] })
}

/**
 * What a receipt does that its node pushed past the ledger: it is taken whatever its number and its times, under its own id, while its hold
 * stands for this node and this attempt and no other receipt waits. Otherwise nothing is left for it to do.
 */
export function takePushed(
  state: Readonly<LedgerState>,
  digest: Hex,
  receipt: SignedUsageReceipt,
): readonly DraftEvent[] {
  const { orderDigest, node, attempt } = receipt.message
  const hold = state.holds.get(orderDigest)
  const isHeld = hold?.assignment?.node === node && hold.assignment.attempt === attempt
  if (!isHeld || hold.received !== undefined) return []
  return [{ type: 'ReceiptReceived', data: { receipt }, entries: [], commandId: digest }]
}

/** A job cannot have ended later than now; the contract would count less of its time than the ledger. */
function checkEnd({ endedAtMs }: AnyUsageReceipt, nowMs: number): LedgerRefusal | undefined {
  return Number(endedAtMs) <= nowMs ? undefined : { code: 'RECEIPT_FROM_FUTURE', endedAtMs: Number(endedAtMs), nowMs }
}

/** Settles a job by its journalled receipt. Refusals in order: `UNKNOWN_JOB` or `JOB_ENDED`, `NO_RECEIPT`. */
export function settleJob({ state, nowMs }: DecisionContext, orderDigest: Hex): Decision {
  const hold = findHold(state, orderDigest)
  if ('code' in hold) return refuse(hold)
  return hold.received === undefined
    ? refuse({ code: 'NO_RECEIPT', orderDigest })
    : accept(settlementOf(state, hold, nowMs))
}

/** The settlement of the receipt that has waited longest, as if somebody had asked for it; `undefined` when none waits. */
export function nextSettlement({ state, nowMs }: DecisionContext): DraftEvent | undefined {
  const [orderDigest] = state.unsettled
  const hold = orderDigest && state.holds.get(orderDigest)
  return hold && { ...settlementOf(state, hold, nowMs), commandId: settlementId(orderDigest) }
}

/** The id under which a job is settled before its hold's end. */
export function settlementId(orderDigest: Hex): string {
  return `settle:${orderDigest}`
}

/**
 * One atomic group: the hold's captured part is burnt, the node's earning is minted to the wallet that its certificate names, the fee goes to burn
 * and treasury, the rest returns to the payer. The price counts what was agreed when the hold was opened, and the time to the
 * receipt, not to the settlement. Throws `TypeError` for a hold without a receipt.
 */
export function settlementOf(state: Readonly<LedgerState>, hold: HeldOrder, atMs: number): DraftEvent {
  const { received, assignment, pricing } = hold
  if (received === undefined || assignment === undefined) {
    throw new TypeError(`hold ${hold.orderDigest} has no receipt to be settled by`)
  }
  const price = priceOfJob(hold.order, received.receipt, received.atMs - assignment.sinceMs, pricing.rates)
  // Before certificates named the wallet, it was the one that was registered at the settlement.
  const registered = isJudgedOnChain(state.config) ? undefined : state.nodes.get(assignment.node)
  const { payoutWallet } = registered ?? assignment
  const captured = price < hold.amountMicrocredits ? price : hold.amountMicrocredits
  const fee = feeOf(captured, pricing)
  const earned = captured - fee.feeMicrocredits
  const released = hold.amountMicrocredits - captured
  const entries: readonly Entry[] = [
    { account: holdAccount(hold.orderDigest), amountMicrocredits: -hold.amountMicrocredits },
    { account: walletAccount(payoutWallet), amountMicrocredits: earned },
    { account: 'burn', amountMicrocredits: fee.burnMicrocredits },
    { account: 'treasury', amountMicrocredits: fee.treasuryMicrocredits },
    { account: walletAccount(hold.payer), amountMicrocredits: released },
  ]
  return {
    type: 'JobSettled',
    data: {
      orderDigest: hold.orderDigest,
      node: assignment.node,
      payoutWallet,
      capturedMicrocredits: captured,
      feeMicrocredits: fee.feeMicrocredits,
      earnedMicrocredits: earned,
      releasedMicrocredits: released,
      ...totalsAfterReturn(state, hold.payer, hold.under, released, atMs),
    },
    entries: entries.filter(entry => entry.amountMicrocredits !== 0n),
  }
}
