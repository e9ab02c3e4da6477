import { findHold } from '../hold/decide.ts'
import { holdAccount, walletAccount } from '../journal/account-name.ts'
import {
  accept,
  checkSignature,
  type Decision,
  type DecisionContext,
  type DraftEvent,
  LedgerNotOpenError,
  refuse,
} from '../journal/decision.ts'
import type { Entry } from '../journal/entry.ts'
import type { HeldOrder, RegisteredNode } from '../journal/state.ts'
import { feeOf, priceOfJob } from '../pricing/price.ts'
import { jobOutcomes, type SignedUsageReceipt, usageReceiptType } from './usage-receipt.ts'

/**
 * Checks a node's receipt and settles its job in one atomic group: the hold's captured part is burnt, the node's earning is
 * minted to its payout wallet, the fee goes to burn and treasury, the rest returns to the payer. Refusals in order: `MALFORMED`,
 * `INVALID_SIGNATURE`, `UNKNOWN_JOB` or `JOB_ENDED`, `NOT_ASSIGNED`, `UNKNOWN_NODE`, `SEQUENCE_USED`.
 */
export function settleReceipt(context: DecisionContext, receipt: SignedUsageReceipt): Decision {
  const { orderDigest, node, attempt, sequence, outcome } = receipt.message
  if (jobOutcomes[outcome] === undefined) {
    return refuse({ code: 'MALFORMED', field: 'outcome', problem: `expected 0 to ${jobOutcomes.length - 1}` })
  }
  const refusal = checkSignature(context, usageReceiptType, receipt, node)
  if (refusal !== undefined) return refuse(refusal)
  const hold = findHold(context, orderDigest)
  if ('code' in hold) return refuse(hold)
  if (hold.assignment?.node !== node || hold.assignment.attempt !== attempt) {
    return refuse({ code: 'NOT_ASSIGNED', orderDigest, node, attempt })
  }
  const registered = context.state.nodes.get(node)
  if (registered === undefined) return refuse({ code: 'UNKNOWN_NODE', node })
  const { lastSequence } = registered
  if (sequence <= lastSequence) return refuse({ code: 'SEQUENCE_USED', sequence, lastSequence })
  return accept(
    { type: 'ReceiptReceived', data: { receipt }, entries: [] },
    jobSettled(context, hold, registered, receipt, hold.assignment.sinceMs),
  )
}

function jobSettled(
  context: DecisionContext,
  hold: HeldOrder,
  node: RegisteredNode,
  receipt: SignedUsageReceipt,
  assignedAtMs: number,
): DraftEvent {
  const { config } = context.state
  if (config === undefined) throw new LedgerNotOpenError()
  const price = priceOfJob(hold.order, receipt.message, context.nowMs - assignedAtMs, config.rates)
  const captured = price < hold.amountMicrocredits ? price : hold.amountMicrocredits
  const fee = feeOf(captured, config)
  const earned = captured - fee.feeMicrocredits
  const released = hold.amountMicrocredits - captured
  const entries: readonly Entry[] = [
    { account: holdAccount(hold.orderDigest), amountMicrocredits: -hold.amountMicrocredits },
    { account: walletAccount(node.payoutWallet), amountMicrocredits: earned },
    { account: 'burn', amountMicrocredits: fee.burnMicrocredits },
    { account: 'treasury', amountMicrocredits: fee.treasuryMicrocredits },
    { account: walletAccount(hold.payer), amountMicrocredits: released },
  ]
  return {
    type: 'JobSettled',
    data: {
      orderDigest: hold.orderDigest,
      node: receipt.message.node,
      payoutWallet: node.payoutWallet,
      capturedMicrocredits: captured,
      feeMicrocredits: fee.feeMicrocredits,
      earnedMicrocredits: earned,
      releasedMicrocredits: released,
    },
    entries: entries.filter(entry => entry.amountMicrocredits !== 0n),
  }
}
