import { zeroAddress } from '../hex.ts'
import { walletAccount } from '../journal/account-name.ts'
import { accept, type Decision, type DecisionContext, refuse } from '../journal/decision.ts'
import { move } from '../journal/entry.ts'
import type { Signed } from '../typed-data/types.ts'
import { checkSpend } from './check-spend.ts'
import { type Purchase, purchaseType } from './purchase.ts'
import { signatureSecondsMax } from './transfer.ts'

/**
 * Pays another agent for a service. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `DEADLINE_PASSED`, `DEADLINE_TOO_FAR`,
 * `AMOUNT_OUT_OF_RANGE`, `NONCE_USED`, `INSUFFICIENT_CREDITS`.
 */
export function buyService(context: DecisionContext, purchase: Signed<Purchase>): Decision {
  const { wallet, seller, amountMicrocredits } = purchase.message
  if (wallet === seller) return refuse({ code: 'MALFORMED', field: 'seller', problem: 'must differ from the buyer' })
  if (seller === zeroAddress) {
    return refuse({ code: 'MALFORMED', field: 'seller', problem: 'the zero address is no wallet' })
  }
  const spend = { ...purchase.message, spanSecondsMax: signatureSecondsMax }
  const refusal = checkSpend(context, purchaseType, purchase, spend)
  if (refusal !== undefined) return refuse(refusal)
  return accept({
    type: 'ServiceBought',
    data: { purchase },
    entries: move(walletAccount(wallet), walletAccount(seller), amountMicrocredits),
  })
}
