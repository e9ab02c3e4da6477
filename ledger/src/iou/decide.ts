import { checkSpend } from '../account/check-spend.ts'
import { signatureSecondsMax } from '../account/transfer.ts'
import { moveOut } from '../account/wallet-debit.ts'
import { isAmount } from '../credits.ts'
import { type Address, type Hex, zeroAddress } from '../hex.ts'
import { walletAccount } from '../journal/account-name.ts'
import {
  accept,
  checkDeadline,
  checkNonce,
  checkSignature,
  type Decision,
  type DecisionContext,
  refuse,
  signedDigest,
} from '../journal/decision.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import type { LedgerState } from '../journal/state.ts'
import type { Signed } from '../typed-data/types.ts'
import { type Iou, type IouDefault, type IouRedemption, iouDefaultType, iouRedemptionType, iouType } from './iou.ts'
import type { OpenIou } from './open-iou.ts'

/**
 * Writes a debtor's promise down. It moves nothing and nobody vouches for it. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`,
 * `DEADLINE_PASSED`, `DEADLINE_TOO_FAR`, `AMOUNT_OUT_OF_RANGE`, `NONCE_USED`.
 */
export function issueIou(context: DecisionContext, iou: Signed<Iou>): Decision {
  const { debtor, creditor, amountMicrocredits, deadline } = iou.message
  if (creditor === debtor)
    return refuse({ code: 'MALFORMED', field: 'creditor', problem: 'must differ from the debtor' })
  if (creditor === zeroAddress) {
    return refuse({ code: 'MALFORMED', field: 'creditor', problem: 'the zero address is no wallet' })
  }
  const refusal =
    checkSignature(context, iouType, iou, debtor) ?? checkDeadline(deadline, context.nowMs, signatureSecondsMax)
  if (refusal !== undefined) return refuse(refusal)
  if (!isAmount(amountMicrocredits)) return refuse({ code: 'AMOUNT_OUT_OF_RANGE', amountMicrocredits })
  const used = checkNonce(context.state, debtor, debtor, iou.message)
  if (used !== undefined) return refuse(used)
  return accept({ type: 'IouIssued', data: { digest: signedDigest(context), iou }, entries: [] })
}

/**
 * Pays an IOU, wholly or in part, also one in default. Only the debtor's own key may: no delegate. Refusals in order: `MALFORMED`,
 * `INVALID_SIGNATURE`, `DEADLINE_PASSED`, `DEADLINE_TOO_FAR`, `AMOUNT_OUT_OF_RANGE`, `UNKNOWN_IOU` or `IOU_PAID`, `IOU_EXCEEDED`,
 * `NONCE_USED`, `TURNOVER_EXCEEDED`, `INSUFFICIENT_CREDITS`.
 */
export function redeemIou(context: DecisionContext, redemption: Signed<IouRedemption>): Decision {
  const { iou: digest, debtor, amountMicrocredits, deadline } = redemption.message
  const refusal =
    checkSignature(context, iouRedemptionType, redemption, debtor) ??
    checkParty(debtor, context.state.ious.get(digest)?.iou.debtor) ??
    checkDeadline(deadline, context.nowMs, signatureSecondsMax)
  if (refusal !== undefined) return refuse(refusal)
  if (!isAmount(amountMicrocredits)) return refuse({ code: 'AMOUNT_OUT_OF_RANGE', amountMicrocredits })
  const open = findIou(context.state, digest)
  if ('code' in open) return refuse(open)
  const { outstandingMicrocredits } = open
  if (amountMicrocredits > outstandingMicrocredits) {
    return refuse({ code: 'IOU_EXCEEDED', iou: digest, outstandingMicrocredits })
  }
  const spend = { ...redemption.message, wallet: debtor, spanSecondsMax: signatureSecondsMax }
  const checked = checkSpend(context, iouRedemptionType, redemption, spend)
  if (!checked.accepted) return checked
  return accept({
    type: 'IouRedeemed',
    data: { redemption, outstandingMicrocredits: outstandingMicrocredits - amountMicrocredits },
    entries: moveOut(checked.debit, walletAccount(open.iou.creditor)),
  })
}

/**
 * Writes down that an IOU was not paid when it was due. It moves nothing. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`,
 * `UNKNOWN_IOU` or `IOU_PAID`, `IOU_DEFAULTED`, `IOU_NOT_DUE`.
 */
export function defaultIou(context: DecisionContext, declaration: Signed<IouDefault>): Decision {
  const { iou: digest, creditor } = declaration.message
  const refusal =
    checkSignature(context, iouDefaultType, declaration, creditor) ??
    checkParty(creditor, context.state.ious.get(digest)?.iou.creditor)
  if (refusal !== undefined) return refuse(refusal)
  const open = findIou(context.state, digest)
  if ('code' in open) return refuse(open)
  const { iou, outstandingMicrocredits, defaultedAtMs } = open
  if (defaultedAtMs !== undefined) return refuse({ code: 'IOU_DEFAULTED', iou: digest, defaultedAtMs })
  if (BigInt(context.nowMs) < iou.dueAt * 1_000n) return refuse({ code: 'IOU_NOT_DUE', iou: digest, dueAt: iou.dueAt })
  return accept({ type: 'IouDefaulted', data: { declaration, outstandingMicrocredits }, entries: [] })
}

/** `INVALID_SIGNATURE` when whoever signed is not the IOU's own party. */
function checkParty(signed: Address, own: Address | undefined): LedgerRefusal | undefined {
  return own === undefined || own === signed ? undefined : { code: 'INVALID_SIGNATURE', expectedSigner: own }
}

function findIou(state: Readonly<LedgerState>, iou: Hex): OpenIou | LedgerRefusal {
  const open = state.ious.get(iou)
  if (open !== undefined) return open
  return { code: state.paidIous.has(iou) ? 'IOU_PAID' : 'UNKNOWN_IOU', iou }
}
