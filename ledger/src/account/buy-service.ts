import { zeroAddress } from '../hex.ts'
import { walletAccount } from '../journal/account-name.ts'
import { accept, type Decision, type DecisionContext, refuse } from '../journal/decision.ts'
import type { Signed } from '../typed-data/types.ts'
import { checkDelegableSpend } from './check-spend.ts'
import { type Purchase, purchaseType } from './purchase.ts'
import { signatureSecondsMax } from './transfer.ts'
import { moveOut } from './wallet-debit.ts'

/**
 * Pays another agent for a service, under the signature of the buyer or its delegate. Refusals: `MALFORMED`, then those of
 * {@link checkDelegableSpend} in their order.
 */
export function buyService(context: DecisionContext, purchase: Signed<Purchase>): Decision {
  const { wallet, seller } = purchase.message
  if (wallet === seller) return refuse({ code: 'MALFORMED', field: 'seller', problem: 'must differ from the buyer' })
  if (seller === zeroAddress) {
    return refuse({ code: 'MALFORMED', field: 'seller', problem: 'the zero address is no wallet' })
  }
  const about = { counterparty: seller, engine: undefined, spanSecondsMax: signatureSecondsMax }
  const checked = checkDelegableSpend(context, purchaseType, purchase, { ...purchase.message, ...about })
  if (!checked.accepted) return checked
  return accept({
    type: 'ServiceBought',
    data: { purchase, ...checked.underPermission },
    entries: moveOut(checked.debit, walletAccount(seller)),
  })
}
