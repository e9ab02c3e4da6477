import { zeroAddress } from '../hex.ts'
import { walletAccount } from '../journal/account-name.ts'
import { accept, type Decision, type DecisionContext, refuse } from '../journal/decision.ts'
import type { Signed } from '../typed-data/types.ts'
import { checkDelegableSpend } from './check-spend.ts'
import { signatureSecondsMax, type Transfer, transferType } from './transfer.ts'
import { moveOut } from './wallet-debit.ts'

/**
 * Moves credits between two wallets under the sender's signature, or that of its delegate. Refusals: `MALFORMED`, then those of
 * {@link checkDelegableSpend} in their order.
 */
export function transferCredits(context: DecisionContext, transfer: Signed<Transfer>): Decision {
  const { from, to } = transfer.message
  if (from === to) return refuse({ code: 'MALFORMED', field: 'to', problem: 'must differ from the sender' })
  if (to === zeroAddress) return refuse({ code: 'MALFORMED', field: 'to', problem: 'the zero address is no wallet' })
  const about = { counterparty: to, engine: undefined, spanSecondsMax: signatureSecondsMax }
  const checked = checkDelegableSpend(context, transferType, transfer, { ...transfer.message, ...about, wallet: from })
  if (!checked.accepted) return checked
  return accept({
    type: 'CreditsTransferred',
    data: { transfer, ...checked.underPermission },
    entries: moveOut(checked.debit, walletAccount(to)),
  })
}
