import { isAmount } from '../credits.ts'
import type { Address } from '../hex.ts'
import { walletAccount } from '../journal/account-name.ts'
import { checkDeadline, checkNonce, checkSignature, type DecisionContext } from '../journal/decision.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import { balanceOf } from '../journal/state.ts'
import type { Message, MessageType, Signed } from '../typed-data/types.ts'

/** A movement out of a wallet: what its owner signed, read out of the signed message. */
export type Spend = {
  readonly wallet: Address
  readonly amountMicrocredits: bigint
  readonly lane: number
  readonly nonce: bigint
  /** Unix seconds. */
  readonly deadline: bigint
  /** How far ahead the deadline may lie. */
  readonly spanSecondsMax: number
}

/**
 * What every movement out of a wallet must pass. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `DEADLINE_PASSED`,
 * `DEADLINE_TOO_FAR`, `AMOUNT_OUT_OF_RANGE`, `NONCE_USED`, `INSUFFICIENT_CREDITS`.
 */
export function checkSpend(
  context: DecisionContext,
  type: MessageType,
  signed: Signed<Message>,
  { wallet, amountMicrocredits, lane, nonce, deadline, spanSecondsMax }: Spend,
): LedgerRefusal | undefined {
  const refusal =
    checkSignature(context, type, signed, wallet) ?? checkDeadline(deadline, context.nowMs, spanSecondsMax)
  if (refusal !== undefined) return refusal
  if (!isAmount(amountMicrocredits)) return { code: 'AMOUNT_OUT_OF_RANGE', amountMicrocredits }
  const used = checkNonce(context.state, wallet, wallet, { lane, nonce })
  if (used !== undefined) return used
  const availableMicrocredits = balanceOf(context.state, walletAccount(wallet))
  if (availableMicrocredits >= amountMicrocredits) return undefined
  return { code: 'INSUFFICIENT_CREDITS', requiredMicrocredits: amountMicrocredits, availableMicrocredits }
}
