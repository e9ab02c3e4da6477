import { zeroAddress } from '../hex.ts'
import { walletAccount } from '../journal/account-name.ts'
import { accept, type Decision, type DecisionContext, refuse } from '../journal/decision.ts'
import { move } from '../journal/entry.ts'
import type { Signed } from '../typed-data/types.ts'
import { checkSpend } from './check-spend.ts'
import { signatureSecondsMax, type Transfer, transferType } from './transfer.ts'

/**
 * Moves credits between two wallets under the sender's signature. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`,
 * `DEADLINE_PASSED`, `DEADLINE_TOO_FAR`, `AMOUNT_OUT_OF_RANGE`, `NONCE_USED`, `INSUFFICIENT_CREDITS`.
 */
export function transferCredits(context: DecisionContext, transfer: Signed<Transfer>): Decision {
  const { from, to, amountMicrocredits } = transfer.message
  if (from === to) return refuse({ code: 'MALFORMED', field: 'to', problem: 'must differ from the sender' })
  if (to === zeroAddress) return refuse({ code: 'MALFORMED', field: 'to', problem: 'the zero address is no wallet' })
  const spend = { ...transfer.message, wallet: from, spanSecondsMax: signatureSecondsMax }
  const refusal = checkSpend(context, transferType, transfer, spend)
  if (refusal !== undefined) return refuse(refusal)
  return accept({
    type: 'CreditsTransferred',
    data: { transfer },
    entries: move(walletAccount(from), walletAccount(to), amountMicrocredits),
  })
}
