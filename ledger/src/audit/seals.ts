import { purchaseType } from '../account/purchase.ts'
import { transferType } from '../account/transfer.ts'
import { configChangeType } from '../config/config-change.ts'
import { escrowCaptureType, escrowOrderType, escrowReleaseType } from '../escrow/escrow-order.ts'
import { type Address, type Hex, hexToBytes } from '../hex.ts'
import { assignmentReleaseType } from '../hold/hold-certificate.ts'
import { orderCancellationType, orderTypeOf } from '../hold/job-order.ts'
import { iouDefaultType, iouRedemptionType, iouType } from '../iou/iou.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { nodeRegistrationType } from '../node/node-registration.ts'
import { payoutInstructionType, withdrawalType } from '../payout/withdrawal.ts'
import { permissionRevocationType, spendPermissionType } from '../permission/spend-permission.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { receiptTypeOf } from '../receipt/usage-receipt.ts'
import { grantType } from '../rewards/grant.ts'
import { referralType } from '../rewards/referral.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { Domain, Message, MessageType, Signed } from '../typed-data/types.ts'

/** A message in an event, with the signature under which the event happened. */
export type SignedPart = { readonly type: MessageType; readonly signed: Signed<Message> }

/** What follows from a signed part alone, and so can be found before the event's turn, on any thread. */
export type Recovered = {
  readonly digest: Hex
  /** Whose key made the signature; `undefined` when nobody's did. */
  readonly signer: Address | undefined
}

export type Seal = SignedPart & Recovered

/** The signed messages of an event; the first is the one whose digest is the event's command id. */
export function signedPartsOf(event: LedgerEvent): readonly SignedPart[] {
  switch (event.type) {
    case 'CreditsTransferred':
      return [{ type: transferType, signed: event.data.transfer }]
    case 'ServiceBought':
      return [{ type: purchaseType, signed: event.data.purchase }]
    case 'HoldOpened':
      return [{ type: orderTypeOf(event.data.order.message), signed: event.data.order }]
    case 'HoldUnassigned':
      return [{ type: assignmentReleaseType, signed: event.data.release }]
    case 'HoldReleased':
      return partIf(orderCancellationType, event.data.cancellation)
    case 'ReceiptReceived':
      return [{ type: receiptTypeOf(event.data.receipt.message), signed: event.data.receipt }]
    case 'EscrowOpened':
      return [{ type: escrowOrderType, signed: event.data.order }]
    case 'EscrowCaptured':
      return [{ type: escrowCaptureType, signed: event.data.capture }]
    case 'EscrowReleased':
      return [{ type: escrowReleaseType, signed: event.data.release }]
    case 'IouIssued':
      return [{ type: iouType, signed: event.data.iou }]
    case 'IouRedeemed':
      return [{ type: iouRedemptionType, signed: event.data.redemption }]
    case 'IouDefaulted':
      return [{ type: iouDefaultType, signed: event.data.declaration }]
    case 'PermissionGranted':
      return [{ type: spendPermissionType, signed: event.data.permission }]
    case 'PermissionRevoked':
      return [{ type: permissionRevocationType, signed: event.data.revocation }]
    case 'NodeRegistered':
      return [{ type: nodeRegistrationType, signed: event.data.registration }]
    case 'ConfigChangeScheduled':
      return [{ type: configChangeType, signed: event.data.change }]
    case 'CreditsGranted':
      return [{ type: grantType, signed: event.data.grant }]
    case 'ReferralRecorded':
      return [{ type: referralType, signed: event.data.referral }]
    case 'PayoutInstructed':
      return [{ type: payoutInstructionType, signed: event.data.instruction }]
    case 'PayoutScheduled':
      return partIf(withdrawalType, event.data.withdrawal)
    default:
      return []
  }
}

/** Digest and signer of a signed message. Throws `TypedDataFieldError` on a message whose fields are not of their types. */
export function recoverPart(crypto: LedgerCrypto, domain: Domain, { type, signed }: SignedPart): Recovered {
  const digest = typedDataDigest(crypto, domain, type, signed.message)
  return { digest, signer: crypto.recoverSigner(hexToBytes(digest), signed.signature) }
}

/** The signed parts of an event with what was found of each, in the same order. */
export function sealsOf(event: LedgerEvent, recover: (part: SignedPart, index: number) => Recovered): readonly Seal[] {
  return signedPartsOf(event).map((part, index) => ({ ...part, ...recover(part, index) }))
}

function partIf(type: MessageType, signed: Signed<Message> | undefined): readonly SignedPart[] {
  return signed === undefined ? [] : [{ type, signed }]
}
