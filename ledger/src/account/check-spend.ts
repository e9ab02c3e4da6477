import { isAmount } from '../credits.ts'
import type { Address } from '../hex.ts'
import { walletAccount } from '../journal/account-name.ts'
import { checkDeadline, checkNonce, checkSignature, checkSpelling, type DecisionContext } from '../journal/decision.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import { balanceOf } from '../journal/state.ts'
import { checkCaps, checkPermission, type SpendDetails } from '../permission/check-permission.ts'
import { type Delegation, delegationOf } from '../permission/delegation.ts'
import type { SpendPermission, UnderPermission } from '../permission/spend-permission.ts'
import { countSpend, totalsAt } from '../permission/spend-usage.ts'
import type { Message, MessageType, Signed } from '../typed-data/types.ts'
import { checkTurnover } from './turnover.ts'
import { allowDebit, type WalletDebit } from './wallet-debit.ts'

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

/** A spend that the wallet's delegate may sign in its place. */
export type DelegableSpend = Spend & SpendDetails

/** A refused one is the decision; an accepted one allows the debit, and says what its event must carry. */
export type SpendCheck =
  | { readonly accepted: true; readonly debit: WalletDebit; readonly underPermission: UnderPermission }
  | { readonly accepted: false; readonly refusal: LedgerRefusal }

type StandingDelegation = Pick<Delegation, 'digest' | 'endsAtMs' | 'usage'> & { readonly permission: SpendPermission }

/**
 * What a movement out of a wallet must pass that the wallet alone may sign, such as a withdrawal. Refusals in order: `MALFORMED`,
 * `INVALID_SIGNATURE`, `DEADLINE_PASSED`, `DEADLINE_TOO_FAR`, `AMOUNT_OUT_OF_RANGE`, `NONCE_USED`, `TURNOVER_EXCEEDED`, `INSUFFICIENT_CREDITS`.
 */
export function checkSpend(
  context: DecisionContext,
  type: MessageType,
  signed: Signed<Message>,
  spend: Spend,
): SpendCheck {
  const refusal =
    checkSignature(context, type, signed, spend.wallet) ??
    checkTimeAndAmount(context, spend) ??
    checkNonce(context.state, spend.wallet, spend.wallet, spend) ??
    checkTurnover(context.state, spend.wallet, spend.amountMicrocredits) ??
    checkFunds(context, spend)
  return refusal === undefined ? allowed(spend, {}) : { accepted: false, refusal }
}

/**
 * What a movement out of a wallet must pass that a delegate may sign too. Who signed decides by which rules: the wallet itself by those of
 * {@link checkSpend}, anybody else by the permission that the wallet gave to that key, and without one it is `INVALID_SIGNATURE`. Nonces are
 * those of the signer.
 *
 * Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `DEADLINE_PASSED`, `DEADLINE_TOO_FAR`, `AMOUNT_OUT_OF_RANGE`, `PERMISSION_EXPIRED`,
 * `ENGINE_NOT_ALLOWED`, `COUNTERPARTY_NOT_ALLOWED`, `NONCE_USED`, `CAP_EXCEEDED`, `TURNOVER_EXCEEDED`, `INSUFFICIENT_CREDITS`: first what the message says by
 * itself, then what a permission forbids for good, then what time or other spends may change. The last two are journalled, so that a retry
 * gets the same answer although there may be room by then; the others cost the journal nothing.
 */
export function checkDelegableSpend(
  context: DecisionContext,
  type: MessageType,
  signed: Signed<Message>,
  spend: DelegableSpend,
): SpendCheck {
  const delegation = delegationOfSigner(context, spend.wallet)
  return delegation === undefined
    ? checkSpend(context, type, signed, spend)
    : checkDelegatedSpend(context, type, signed, spend, delegation)
}

function checkDelegatedSpend(
  context: DecisionContext,
  type: MessageType,
  signed: Signed<Message>,
  spend: DelegableSpend,
  { permission, digest, endsAtMs, usage }: StandingDelegation,
): SpendCheck {
  const { state, nowMs } = context
  const { wallet, amountMicrocredits } = spend
  const refusal =
    checkSpelling(type, signed) ??
    checkTimeAndAmount(context, spend) ??
    checkPermission({ endsAtMs }, permission, spend, nowMs) ??
    checkNonce(state, wallet, permission.delegate, spend) ??
    checkCaps(permission, totalsAt(usage, nowMs), amountMicrocredits) ??
    checkTurnover(state, wallet, amountMicrocredits) ??
    checkFunds(context, spend)
  if (refusal !== undefined) return { accepted: false, refusal }
  const totals = totalsAt(countSpend(usage, nowMs, amountMicrocredits), nowMs)
  return allowed(spend, { spend: { permission: digest, delegate: permission.delegate, ...totals } })
}

function allowed({ wallet, amountMicrocredits }: Spend, underPermission: UnderPermission): SpendCheck {
  return { accepted: true, debit: allowDebit(wallet, amountMicrocredits), underPermission }
}

/** What the wallet gave to the key that signed, also when it has ended; `undefined` for the wallet itself and for strangers. */
function delegationOfSigner({ state, signer }: DecisionContext, wallet: Address): StandingDelegation | undefined {
  if (signer === undefined || signer === wallet) return undefined
  const delegation = delegationOf(state, wallet, signer)
  if (delegation?.permission === undefined) return undefined
  const { digest, endsAtMs, usage } = delegation
  return { digest, endsAtMs, usage, permission: delegation.permission.message }
}

function checkTimeAndAmount(
  { nowMs }: DecisionContext,
  { amountMicrocredits, deadline, spanSecondsMax }: Spend,
): LedgerRefusal | undefined {
  const untimely = checkDeadline(deadline, nowMs, spanSecondsMax)
  if (untimely !== undefined) return untimely
  return isAmount(amountMicrocredits) ? undefined : { code: 'AMOUNT_OUT_OF_RANGE', amountMicrocredits }
}

function checkFunds({ state }: DecisionContext, { wallet, amountMicrocredits }: Spend): LedgerRefusal | undefined {
  const availableMicrocredits = balanceOf(state, walletAccount(wallet))
  if (availableMicrocredits >= amountMicrocredits) return undefined
  return { code: 'INSUFFICIENT_CREDITS', requiredMicrocredits: amountMicrocredits, availableMicrocredits }
}
