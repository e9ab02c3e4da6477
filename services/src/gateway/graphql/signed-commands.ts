import {
  type Address,
  type ConfigChange,
  configChangeType,
  type EscrowCapture,
  type EscrowOrder,
  type EscrowRelease,
  escrowCaptureType,
  escrowOrderType,
  escrowReleaseType,
  type Grant,
  grantType,
  type Iou,
  type IouDefault,
  type IouRedemption,
  iouDefaultType,
  iouRedemptionType,
  iouType,
  isHexOf,
  type LedgerCommand,
  lowerHex,
  type Message,
  type MessageType,
  type PayoutInstruction,
  type PermissionRevocation,
  type Purchase,
  parseMessage,
  payoutInstructionType,
  permissionRevocationType,
  purchaseType,
  type Referral,
  referralType,
  type Signed,
  type SpendPermission,
  spendPermissionType,
  type Transfer,
  transferType,
  type Withdrawal,
  withdrawalType,
} from '@deparrow/ledger'

/** A command as it is handed to the ledger, and the wallet that its answer shows. */
export type ReadCommand = { readonly ok: true; readonly wallet: Address; readonly command: LedgerCommand }

export type MalformedCommand = { readonly ok: false; readonly field: string; readonly problem: string }

type SignedCommand = (input: unknown, signature: unknown) => ReadCommand | MalformedCommand

/** What anybody may hand in under the right signature, by the name of its mutation: a line for each makes the whole of it. */
export const signedCommands = {
  transfer: signed<Transfer>(
    transferType,
    message => message.from,
    transfer => ({ type: 'TransferCredits', transfer }),
  ),
  buyService: signed<Purchase>(purchaseType, walletOf, purchase => ({ type: 'BuyService', purchase })),
  withdraw: signed<Withdrawal>(withdrawalType, walletOf, withdrawal => ({ type: 'WithdrawCredits', withdrawal })),
  instructPayouts: signed<PayoutInstruction>(payoutInstructionType, walletOf, instruction => ({
    type: 'InstructPayouts',
    instruction,
  })),
  openEscrow: signed<EscrowOrder>(escrowOrderType, walletOf, order => ({ type: 'OpenEscrow', order })),
  captureEscrow: signed<EscrowCapture>(escrowCaptureType, walletOf, capture => ({ type: 'CaptureEscrow', capture })),
  releaseEscrow: signed<EscrowRelease>(
    escrowReleaseType,
    message => message.seller,
    release => ({ type: 'ReleaseEscrow', release }),
  ),
  issueIou: signed<Iou>(
    iouType,
    message => message.debtor,
    iou => ({ type: 'IssueIou', iou }),
  ),
  redeemIou: signed<IouRedemption>(
    iouRedemptionType,
    message => message.debtor,
    redemption => ({ type: 'RedeemIou', redemption }),
  ),
  defaultIou: signed<IouDefault>(
    iouDefaultType,
    message => message.creditor,
    declaration => ({ type: 'DefaultIou', declaration }),
  ),
  grantPermission: signed<SpendPermission>(spendPermissionType, walletOf, permission => ({
    type: 'GrantPermission',
    permission,
  })),
  revokePermission: signed<PermissionRevocation>(permissionRevocationType, walletOf, revocation => ({
    type: 'RevokePermission',
    revocation,
  })),
  grantCredits: signed<Grant>(grantType, walletOf, grant => ({ type: 'GrantCredits', grant })),
  recordReferral: signed<Referral>(referralType, walletOf, referral => ({ type: 'RecordReferral', referral })),
  changeConfig: signed<ConfigChange>(
    configChangeType,
    message => message.treasurer,
    change => ({ type: 'ChangeConfig', change }),
  ),
} as const satisfies Readonly<Record<string, SignedCommand>>

export type SignedCommandName = keyof typeof signedCommands

/** Reads message and signature strictly; the first field that is not of its type is named. */
function signed<M extends Message>(
  type: MessageType,
  wallet: (message: M) => Address,
  command: (signed: Signed<M>) => LedgerCommand,
): SignedCommand {
  return (input, signature) => {
    const parsed = parseMessage<M>(type, input)
    if (!parsed.ok) return parsed
    if (!isHexOf(signature, 65)) {
      return { ok: false, field: 'signature', problem: 'expected 0x and 130 hexadecimal digits' }
    }
    const { message } = parsed
    return { ok: true, wallet: wallet(message), command: command({ message, signature: lowerHex(signature) }) }
  }
}

function walletOf(message: { readonly wallet: Address }): Address {
  return message.wallet
}
