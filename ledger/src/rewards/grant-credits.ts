import { signatureSecondsMax } from '../account/transfer.ts'
import { checkTreasurer } from '../config/check-treasurer.ts'
import { isAmount } from '../credits.ts'
import { zeroAddress } from '../hex.ts'
import { walletAccount } from '../journal/account-name.ts'
import { isAmbiguousText } from '../journal/canonical-bytes.ts'
import {
  accept,
  checkDeadline,
  checkNonce,
  type Decision,
  type DecisionContext,
  LedgerNotOpenError,
  refuse,
} from '../journal/decision.ts'
import { move } from '../journal/entry.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import { balanceOf } from '../journal/state.ts'
import { textFieldLengthMax } from '../typed-data/json.ts'
import type { Signed } from '../typed-data/types.ts'
import { type Grant, grantType } from './grant.ts'
import { dayOf } from './node-rewards.ts'

/**
 * Gives credits out of the rewards budget under the treasurer's signature, all grants of a calendar day (UTC) together up to the
 * day's cap. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `DEADLINE_PASSED`, `DEADLINE_TOO_FAR`, `AMOUNT_OUT_OF_RANGE`,
 * `NONCE_USED`, `GRANT_CAP_REACHED`, `REWARDS_EXHAUSTED`; the last two are journalled.
 */
export function grantCredits(context: DecisionContext, grant: Signed<Grant>): Decision {
  const { state, nowMs } = context
  if (state.config === undefined) throw new LedgerNotOpenError()
  const { wallet, amountMicrocredits } = grant.message
  const refusal = malformedGrant(grant.message) ?? checkGrant(context, grant)
  if (refusal !== undefined) return refuse(refusal)
  const day = dayOf(nowMs)
  const grantedMicrocredits = state.grantDay?.day === day ? state.grantDay.grantedMicrocredits : 0n
  const limitMicrocredits = state.config.rewards.grantDayMicrocreditsMax
  if (grantedMicrocredits + amountMicrocredits > limitMicrocredits) {
    return refuse({ code: 'GRANT_CAP_REACHED', day, limitMicrocredits, grantedMicrocredits, amountMicrocredits })
  }
  const budgetMicrocredits = balanceOf(state, 'rewards')
  if (budgetMicrocredits < amountMicrocredits) {
    const amounts = { requiredMicrocredits: amountMicrocredits, availableMicrocredits: budgetMicrocredits }
    return refuse({ code: 'REWARDS_EXHAUSTED', ...amounts })
  }
  return accept({
    type: 'CreditsGranted',
    data: { grant, day, grantedMicrocredits, limitMicrocredits, budgetMicrocredits },
    entries: move('rewards', walletAccount(wallet), amountMicrocredits),
  })
}

function malformedGrant({ wallet, reason }: Grant): LedgerRefusal | undefined {
  if (wallet === zeroAddress) {
    return { code: 'MALFORMED', field: 'wallet', problem: 'the zero address is no wallet' }
  }
  if (reason.length > textFieldLengthMax) {
    return { code: 'MALFORMED', field: 'reason', problem: `expected at most ${textFieldLengthMax} characters` }
  }
  if (reason.isWellFormed() && !isAmbiguousText(reason)) return undefined
  return { code: 'MALFORMED', field: 'reason', problem: 'expected a text that is no number followed by n' }
}

function checkGrant(context: DecisionContext, grant: Signed<Grant>): LedgerRefusal | undefined {
  const { treasurer, amountMicrocredits, deadline } = grant.message
  const refusal =
    checkTreasurer(context, grantType, grant) ?? checkDeadline(deadline, context.nowMs, signatureSecondsMax)
  if (refusal !== undefined) return refusal
  if (!isAmount(amountMicrocredits)) return { code: 'AMOUNT_OUT_OF_RANGE', amountMicrocredits }
  return checkNonce(context.state, treasurer, treasurer, grant.message)
}
