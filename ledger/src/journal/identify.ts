import { purchaseType } from '../account/purchase.ts'
import { transferType } from '../account/transfer.ts'
import { configChangeType } from '../config/config-change.ts'
import { escrowCaptureType, escrowOrderType, escrowReleaseType } from '../escrow/escrow-order.ts'
import { type Address, bytesToHex, concatBytes, type Hex, hexToBytes } from '../hex.ts'
import { assignmentReleaseType } from '../hold/hold-certificate.ts'
import { orderCancellationType, orderTypeOf } from '../hold/job-order.ts'
import { iouDefaultType, iouRedemptionType, iouType } from '../iou/iou.ts'
import { nodeRegistrationType } from '../node/node-registration.ts'
import { payoutInstructionType, withdrawalType } from '../payout/withdrawal.ts'
import { permissionRevocationType, spendPermissionType } from '../permission/spend-permission.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { receiptTypeOf } from '../receipt/usage-receipt.ts'
import { grantType } from '../rewards/grant.ts'
import { referralType } from '../rewards/referral.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { Domain, Message, MessageType, Signed } from '../typed-data/types.ts'
import type { LedgerCommand } from './command.ts'

/**
 * A command with what its signature says: the digest of its message, which is its id, and the key that signed it. Both follow from
 * the command alone, so that they can be found ahead of the writer, on another thread.
 */
export type Identified<C extends LedgerCommand = LedgerCommand> = {
  readonly command: C
  /** `undefined` for a command that nobody signs. */
  readonly digest: Hex | undefined
  /** `undefined` also when the signature is none. */
  readonly signer: Address | undefined
  /** Of the commands of a link, in their order. */
  readonly members: readonly Identified[]
}

/** What a command carries that somebody signed; `undefined` for a command that records a fact. */
export function signedPart(
  command: LedgerCommand,
): { readonly type: MessageType; readonly signed: Signed<Message> } | undefined {
  switch (command.type) {
    case 'TransferCredits':
      return { type: transferType, signed: command.transfer }
    case 'BuyService':
      return { type: purchaseType, signed: command.purchase }
    case 'OpenHold':
      return { type: orderTypeOf(command.order.message), signed: command.order }
    case 'ReleaseAssignment':
      return { type: assignmentReleaseType, signed: command.release }
    case 'CancelOrder':
      return { type: orderCancellationType, signed: command.cancellation }
    case 'ReceiveReceipt':
      return { type: receiptTypeOf(command.receipt.message), signed: command.receipt }
    case 'OpenEscrow':
      return { type: escrowOrderType, signed: command.order }
    case 'CaptureEscrow':
      return { type: escrowCaptureType, signed: command.capture }
    case 'ReleaseEscrow':
      return { type: escrowReleaseType, signed: command.release }
    case 'IssueIou':
      return { type: iouType, signed: command.iou }
    case 'RedeemIou':
      return { type: iouRedemptionType, signed: command.redemption }
    case 'DefaultIou':
      return { type: iouDefaultType, signed: command.declaration }
    case 'RegisterNode':
      return { type: nodeRegistrationType, signed: command.registration }
    case 'GrantPermission':
      return { type: spendPermissionType, signed: command.permission }
    case 'RevokePermission':
      return { type: permissionRevocationType, signed: command.revocation }
    case 'ChangeConfig':
      return { type: configChangeType, signed: command.change }
    case 'GrantCredits':
      return { type: grantType, signed: command.grant }
    case 'RecordReferral':
      return { type: referralType, signed: command.referral }
    case 'InstructPayouts':
      return { type: payoutInstructionType, signed: command.instruction }
    case 'WithdrawCredits':
      return { type: withdrawalType, signed: command.withdrawal }
    default:
      return undefined
  }
}

/** Finds digest and signer of a command. Throws `TypedDataFieldError` on a message whose fields are not of their types. */
export function identify(crypto: LedgerCrypto, domain: Domain, command: LedgerCommand): Identified {
  const digest = digestOfCommand(crypto, domain, command)
  const signature = signedPart(command)?.signed.signature
  const isSigned = digest !== undefined && signature !== undefined
  return {
    command,
    digest,
    signer: isSigned ? crypto.recoverSigner(hexToBytes(digest), signature) : undefined,
    members: command.type === 'Link' ? command.commands.map(member => identify(crypto, domain, member)) : [],
  }
}

/** The digest that the command's signer signed; for a link the hash over its members' digests; otherwise `undefined`. */
export function digestOfCommand(
  crypto: Pick<LedgerCrypto, 'keccak256'>,
  domain: Domain,
  command: LedgerCommand,
): Hex | undefined {
  if (command.type === 'Link') {
    const digests = command.commands.map(member => digestOfCommand(crypto, domain, member) ?? '0x')
    return bytesToHex(crypto.keccak256(concatBytes(...digests.map(hexToBytes))))
  }
  const part = signedPart(command)
  return part === undefined ? undefined : typedDataDigest(crypto, domain, part.type, part.signed.message)
}
