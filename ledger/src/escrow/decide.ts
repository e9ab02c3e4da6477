import { checkDelegableSpend } from '../account/check-spend.ts'
import { moveOut } from '../account/wallet-debit.ts'
import { isAmount } from '../credits.ts'
import { type Address, type Hex, zeroAddress } from '../hex.ts'
import { holdSecondsMax } from '../hold/job-order.ts'
import { holdAccount, walletAccount } from '../journal/account-name.ts'
import {
  accept,
  checkSignature,
  type Decision,
  type DecisionContext,
  type DraftEvent,
  refuse,
  signedDigest,
} from '../journal/decision.ts'
import { type Entry, move } from '../journal/entry.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import type { LedgerState } from '../journal/state.ts'
import { totalsAfterReturn } from '../permission/decide.ts'
import { delegationOf } from '../permission/delegation.ts'
import type { UnderPermission } from '../permission/spend-permission.ts'
import type { Signed } from '../typed-data/types.ts'
import type { EndedEscrow, OpenEscrow } from './escrow.ts'
import {
  type EscrowCapture,
  type EscrowOrder,
  type EscrowRelease,
  escrowCaptureType,
  escrowOrderType,
  escrowReleaseType,
} from './escrow-order.ts'

/**
 * Sets credits aside for a seller. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `DEADLINE_PASSED`, `DEADLINE_TOO_FAR` (also
 * when the escrow would stand for longer than 30 days), then those of {@link checkDelegableSpend}.
 */
export function openEscrow(context: DecisionContext, order: Signed<EscrowOrder>): Decision {
  const { seller, deadline, expires } = order.message
  const malformed = malformedOrder(order.message)
  if (malformed !== undefined) return refuse(malformed)
  const spanSecondsMax = holdSecondsMax - Number(expires - deadline)
  const spend = { ...order.message, spanSecondsMax, counterparty: seller, engine: undefined }
  const check = checkDelegableSpend(context, escrowOrderType, order, spend)
  if (!check.accepted) return refuse(check.refusal)
  const escrow = signedDigest(context)
  return accept({
    type: 'EscrowOpened',
    data: { escrow, order, ...check.underPermission },
    entries: moveOut(check.debit, holdAccount(escrow)),
  })
}

/**
 * Pays the seller out of an escrow, under the signature of the wallet whose credits they are, or of the delegate that opened it as long as
 * its permission stands; the rest returns. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`, `AMOUNT_OUT_OF_RANGE`, `UNKNOWN_ESCROW` or
 * `ESCROW_ENDED`, `ESCROW_EXCEEDED`, `PERMISSION_EXPIRED`.
 */
export function captureEscrow(context: DecisionContext, capture: Signed<EscrowCapture>): Decision {
  const { escrow: id, wallet, amountMicrocredits } = capture.message
  const known = knownEscrow(context.state, id)
  const isByOpener = known?.wallet === wallet && known.openedBy === context.signer
  const refusal =
    checkSignature(context, escrowCaptureType, capture, isByOpener ? known.openedBy : wallet) ??
    checkParty(wallet, known?.wallet)
  if (refusal !== undefined) return refuse(refusal)
  if (!isAmount(amountMicrocredits)) return refuse({ code: 'AMOUNT_OUT_OF_RANGE', amountMicrocredits })
  const escrow = findEscrow(context.state, id)
  if ('code' in escrow) return refuse(escrow)
  const releasedMicrocredits = escrow.amountMicrocredits - amountMicrocredits
  if (releasedMicrocredits < 0n) {
    return refuse({ code: 'ESCROW_EXCEEDED', escrow: id, heldMicrocredits: escrow.amountMicrocredits })
  }
  const ended = checkStanding(context, wallet)
  if (ended !== undefined) return refuse(ended)
  const entries: readonly Entry[] = [
    { account: holdAccount(id), amountMicrocredits: -escrow.amountMicrocredits },
    { account: walletAccount(escrow.seller), amountMicrocredits },
    { account: walletAccount(wallet), amountMicrocredits: releasedMicrocredits },
  ]
  const spend = spendAfterReturn(context.state, escrow, releasedMicrocredits, context.nowMs)
  return accept({
    type: 'EscrowCaptured',
    data: { capture, releasedMicrocredits, ...spend },
    entries: entries.filter(entry => entry.amountMicrocredits !== 0n),
  })
}

/**
 * The seller lets go of an escrow, and all of it returns to its wallet. Refusals in order: `MALFORMED`, `INVALID_SIGNATURE`,
 * `UNKNOWN_ESCROW` or `ESCROW_ENDED`.
 */
export function releaseEscrow(context: DecisionContext, release: Signed<EscrowRelease>): Decision {
  const { escrow: id, seller } = release.message
  const refusal =
    checkSignature(context, escrowReleaseType, release, seller) ??
    checkParty(seller, knownEscrow(context.state, id)?.seller)
  if (refusal !== undefined) return refuse(refusal)
  const escrow = findEscrow(context.state, id)
  if ('code' in escrow) return refuse(escrow)
  const { amountMicrocredits } = escrow
  const spend = spendAfterReturn(context.state, escrow, amountMicrocredits, context.nowMs)
  return accept({ type: 'EscrowReleased', data: { release, amountMicrocredits, ...spend }, entries: returnAll(escrow) })
}

/** What ends an escrow whose time is over: all of it returns to its wallet. */
export function expireEscrow(state: Readonly<LedgerState>, escrow: OpenEscrow): DraftEvent {
  const { amountMicrocredits, expiresAtMs } = escrow
  const spend = spendAfterReturn(state, escrow, amountMicrocredits, expiresAtMs)
  return {
    type: 'EscrowExpired',
    data: { escrow: escrow.escrow, amountMicrocredits, ...spend },
    entries: returnAll(escrow),
  }
}

function returnAll({ escrow, wallet, amountMicrocredits }: OpenEscrow): readonly Entry[] {
  return move(holdAccount(escrow), walletAccount(wallet), amountMicrocredits)
}

function spendAfterReturn(
  state: Readonly<LedgerState>,
  { wallet, under }: OpenEscrow,
  releasedMicrocredits: bigint,
  atMs: number,
): UnderPermission {
  return totalsAfterReturn(state, wallet, under, releasedMicrocredits, atMs)
}

/** `PERMISSION_EXPIRED` when a delegate signed whose permission has ended: what it set aside it cannot pay out any more. */
function checkStanding({ state, signer, nowMs }: DecisionContext, wallet: Address): LedgerRefusal | undefined {
  if (signer === undefined || signer === wallet) return undefined
  const endedAtMs = delegationOf(state, wallet, signer)?.endsAtMs ?? nowMs
  return endedAtMs <= nowMs ? { code: 'PERMISSION_EXPIRED', delegate: signer, endedAtMs } : undefined
}

/** `INVALID_SIGNATURE` when whoever signed is not the escrow's own party. */
function checkParty(signed: Address, own: Address | undefined): LedgerRefusal | undefined {
  return own === undefined || own === signed ? undefined : { code: 'INVALID_SIGNATURE', expectedSigner: own }
}

function knownEscrow(state: Readonly<LedgerState>, escrow: Hex): EndedEscrow | undefined {
  return state.escrows.get(escrow) ?? state.endedEscrows.get(escrow)
}

function findEscrow(state: Readonly<LedgerState>, escrow: Hex): OpenEscrow | LedgerRefusal {
  const open = state.escrows.get(escrow)
  if (open !== undefined) return open
  return { code: state.endedEscrows.has(escrow) ? 'ESCROW_ENDED' : 'UNKNOWN_ESCROW', escrow }
}

function malformedOrder({ wallet, seller, deadline, expires }: EscrowOrder): LedgerRefusal | undefined {
  const malformed = (field: string, problem: string): LedgerRefusal => ({ code: 'MALFORMED', field, problem })
  if (seller === wallet) return malformed('seller', 'must differ from the wallet')
  if (seller === zeroAddress) return malformed('seller', 'the zero address is no wallet')
  if (expires < deadline) return malformed('expires', 'must not lie before the deadline')
  if (expires - deadline >= BigInt(holdSecondsMax)) {
    return malformed('expires', `must lie less than ${holdSecondsMax} s after the deadline`)
  }
  return undefined
}
