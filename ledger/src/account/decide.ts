import { isAmount } from '../credits.ts'
import { zeroAddress } from '../hex.ts'
import { walletAccount } from '../journal/account-name.ts'
import {
  accept,
  checkDeadline,
  checkNonce,
  checkSignature,
  type Decision,
  type DecisionContext,
  refuse,
} from '../journal/decision.ts'
import { move } from '../journal/entry.ts'
import { balanceOf } from '../journal/state.ts'
import type { Signed } from '../typed-data/types.ts'
import { signatureSecondsMax, type Transfer, transferType } from './transfer.ts'

/**
 * Moves credits between two wallets under the sender's signature. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`,
 * `DEADLINE_PASSED`, `DEADLINE_TOO_FAR`, `AMOUNT_OUT_OF_RANGE`, `NONCE_USED`, `INSUFFICIENT_CREDITS`.
 */
export function transferCredits(context: DecisionContext, transfer: Signed<Transfer>): Decision {
  const { from, to, amountMicrocredits, lane, nonce, deadline } = transfer.message
  if (from === to) return refuse({ code: 'MALFORMED', field: 'to', problem: 'must differ from the sender' })
  if (to === zeroAddress) return refuse({ code: 'MALFORMED', field: 'to', problem: 'the zero address is no wallet' })
  const refusal =
    checkSignature(context, transferType, transfer, from) ??
    checkDeadline(deadline, context.nowMs, signatureSecondsMax) ??
    (isAmount(amountMicrocredits) ? undefined : { code: 'AMOUNT_OUT_OF_RANGE' as const, amountMicrocredits }) ??
    checkNonce(context.state, from, lane, nonce)
  if (refusal !== undefined) return refuse(refusal)
  const availableMicrocredits = balanceOf(context.state, walletAccount(from))
  if (availableMicrocredits < amountMicrocredits) {
    return refuse({ code: 'INSUFFICIENT_CREDITS', requiredMicrocredits: amountMicrocredits, availableMicrocredits })
  }
  return accept({
    type: 'CreditsTransferred',
    data: { transfer },
    entries: move(walletAccount(from), walletAccount(to), amountMicrocredits),
  })
}
