import { checkSpend } from '../account/check-spend.ts'
import { signatureSecondsMax } from '../account/transfer.ts'
import { checkTurnover } from '../account/turnover.ts'
import { allowDebit, moveOut } from '../account/wallet-debit.ts'
import type { Address } from '../hex.ts'
import { payableAccount, walletAccount } from '../journal/account-name.ts'
import {
  accept,
  checkDeadline,
  checkSignature,
  type Decision,
  type DecisionContext,
  refuse,
} from '../journal/decision.ts'
import { balanceOf } from '../journal/state.ts'
import type { Signed } from '../typed-data/types.ts'
import { type PayoutInstruction, payoutInstructionType, type Withdrawal, withdrawalType } from './withdrawal.ts'

/** An instruction may stand for at most two years before its wallet must sign it again. */
export const instructionSecondsMax = 2 * 365 * 24 * 3600

/**
 * Puts a wallet's credits on their way to the chain. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `DEADLINE_PASSED`,
 * `DEADLINE_TOO_FAR`, `AMOUNT_OUT_OF_RANGE`, `NONCE_USED`, `TURNOVER_EXCEEDED`, `INSUFFICIENT_CREDITS`.
 */
export function withdrawCredits(context: DecisionContext, withdrawal: Signed<Withdrawal>): Decision {
  const { wallet, amountMicrocredits } = withdrawal.message
  const spend = { ...withdrawal.message, spanSecondsMax: signatureSecondsMax }
  const checked = checkSpend(context, withdrawalType, withdrawal, spend)
  if (!checked.accepted) return checked
  return accept({
    type: 'PayoutScheduled',
    data: { wallet, amountMicrocredits, withdrawal },
    entries: moveOut(checked.debit, payableAccount(wallet)),
  })
}

/**
 * Keeps a wallet's standing instruction, in place of an earlier one. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`,
 * `DEADLINE_TOO_FAR`, `NONCE_USED`. One that has expired is taken: it ends the earlier one.
 */
export function instructPayouts(context: DecisionContext, instruction: Signed<PayoutInstruction>): Decision {
  const { wallet, expires, nonce } = instruction.message
  const refusal = checkSignature(context, payoutInstructionType, instruction, wallet)
  if (refusal !== undefined) return refuse(refusal)
  const tooFar = checkDeadline(expires, context.nowMs, instructionSecondsMax)
  if (tooFar?.code === 'DEADLINE_TOO_FAR') return refuse(tooFar)
  const lastNonce = context.state.instructions.get(wallet)?.instruction.nonce
  if (lastNonce !== undefined && nonce <= lastNonce) return refuse({ code: 'NONCE_USED', nonce, lastNonce })
  return accept({ type: 'PayoutInstructed', data: { instruction }, entries: [] })
}

/**
 * Pays a wallet's whole available balance out to itself when its instruction says so. Refusals: `TURNOVER_EXCEEDED`; otherwise `PAYOUT_NOT_DUE`.
 */
export function payByInstruction(context: DecisionContext, wallet: Address): Decision {
  const amountMicrocredits = dueByInstruction(context, wallet)
  const standing = context.state.instructions.get(wallet)
  const exceeded = checkTurnover(context.state, wallet, amountMicrocredits)
  if (exceeded !== undefined) return refuse(exceeded)
  if (amountMicrocredits === 0n || standing === undefined) return refuse({ code: 'PAYOUT_NOT_DUE', wallet })
  return accept({
    type: 'PayoutScheduled',
    data: { wallet, amountMicrocredits, instructionDigest: standing.digest },
    entries: moveOut(allowDebit(wallet, amountMicrocredits), payableAccount(wallet)),
  })
}

/** What a wallet's instruction pays out now, in µcr; 0 when nothing is due. */
export function dueByInstruction(context: Pick<DecisionContext, 'state' | 'nowMs'>, wallet: Address): bigint {
  const standing = context.state.instructions.get(wallet)
  if (standing === undefined) return 0n
  const { instruction, lastPaidAtMs } = standing
  if (Number(instruction.expires) * 1000 <= context.nowMs) return 0n
  if (lastPaidAtMs !== undefined && context.nowMs < lastPaidAtMs + instruction.intervalSeconds * 1000) return 0n
  const available = balanceOf(context.state, walletAccount(wallet))
  return available >= instruction.minimumMicrocredits ? available : 0n
}
