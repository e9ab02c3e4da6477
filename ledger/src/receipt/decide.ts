import type { Hex } from '../hex.ts'
import { findHold } from '../hold/decide.ts'
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
import type { HeldOrder, LedgerState } from '../journal/state.ts'
import { totalsAfterReturn } from '../permission/decide.ts'
import { feeOf, priceOfJob } from '../pricing/price.ts'
import { jobOutcomes, receiptTypeOf, type SignedUsageReceipt, usageReceiptType } from './usage-receipt.ts'

/**
 * Journals a node's receipt. Its job is settled by a later command, or at the hold's expiry, whichever comes first; from now on
 * nothing else ends the hold. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `UNKNOWN_JOB` or `JOB_ENDED`, `NOT_ASSIGNED`,
 * `RECEIPT_PENDING`, `UNKNOWN_NODE`, `SEQUENCE_USED`.
 */
export function receiveReceipt(context: DecisionContext, receipt: SignedUsageReceipt): Decision {
  const { orderDigest, node, attempt, sequence, outcome } = receipt.message
  if (jobOutcomes[outcome] === undefined) {
    return refuse({ code: 'MALFORMED', field: 'outcome', problem: `expected 0 to ${jobOutcomes.length - 1}` })
  }
  const type = receiptTypeOf(receipt.message)
  const refusal = unjudgeable(context, type, usageReceiptType) ?? checkSignature(context, type, receipt, node)
  if (refusal !== undefined) return refuse(refusal)
  const hold = findHold(context.state, orderDigest)
  if ('code' in hold) return refuse(hold)
  if (hold.assignment?.node !== node || hold.assignment.attempt !== attempt) {
    return refuse({ code: 'NOT_ASSIGNED', orderDigest, node, attempt })
  }
  if (hold.received !== undefined) return refuse({ code: 'RECEIPT_PENDING', orderDigest })
  const registered = context.state.nodes.get(node)
  if (registered === undefined) return refuse({ code: 'UNKNOWN_NODE', node })
  const { lastSequence } = registered
  if (sequence <= lastSequence) return refuse({ code: 'SEQUENCE_USED', sequence, lastSequence })
  return accept({ type: 'ReceiptReceived', data: { receipt }, entries: [] })
}

/** Settles a job by its journalled receipt. Refusals in order: `UNKNOWN_JOB` or `JOB_ENDED`, `NO_RECEIPT`. */
export function settleJob({ state, nowMs }: DecisionContext, orderDigest: Hex): Decision {
  const hold = findHold(state, orderDigest)
  if ('code' in hold) return refuse(hold)
  return hold.received === undefined
    ? refuse({ code: 'NO_RECEIPT', orderDigest })
    : accept(settlementOf(state, hold, nowMs))
}

/**
 * One atomic group: the hold's captured part is burnt, the node's earning is minted to the wallet that its certificate names, the fee goes to burn
 * and treasury, the rest returns to the payer. The price counts what was agreed when the hold was opened, and the time to the
 * receipt, not to the settlement. Throws `TypeError` for a hold without a receipt.
 */
export function settlementOf(state: Readonly<LedgerState>, hold: HeldOrder, atMs: number): DraftEvent {
  const { received, assignment, pricing } = hold
  const node = assignment && state.nodes.get(assignment.node)
  if (received === undefined || assignment === undefined || node === undefined) {
    throw new TypeError(`hold ${hold.orderDigest} has no receipt to be settled by`)
  }
  const price = priceOfJob(hold.order, received.receipt, received.atMs - assignment.sinceMs, pricing.rates)
  // Before certificates named the wallet, it was the one that was registered at the settlement.
  const { payoutWallet } = isJudgedOnChain(state.config) ? assignment : node
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
