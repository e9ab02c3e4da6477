import type { Hex, JsonMessage } from '@deparrow/ledger'
import { type RefusalTypeName, selectRefusals } from './refusal.ts'
import { balanceFields } from './wallet.ts'

/** Every signed command by the name of its mutation, with the name of the argument that takes its message. */
export const commandArguments = {
  transfer: 'transfer',
  buyService: 'purchase',
  withdraw: 'withdrawal',
  instructPayouts: 'instruction',
  openEscrow: 'order',
  captureEscrow: 'capture',
  releaseEscrow: 'release',
  issueIou: 'iou',
  redeemIou: 'redemption',
  defaultIou: 'declaration',
  grantPermission: 'permission',
  revokePermission: 'revocation',
  grantCredits: 'grant',
  recordReferral: 'referral',
  changeConfig: 'change',
} as const

export type CommandName = keyof typeof commandArguments

/** A command with its signature, as plain data: it can be kept, sent again, or handed to somebody else to send. */
export type SignedCommand = { readonly command: CommandName; readonly message: JsonMessage; readonly signature: Hex }

const movementRefusals: readonly RefusalTypeName[] = [
  ...(['Malformed', 'WrongShard', 'InvalidSignature', 'DeadlinePassed', 'DeadlineTooFar'] as const),
  ...(['ChangeTimeOutOfRange', 'CommandConflict', 'EscrowExceeded', 'IouExceeded', 'PermissionExpired'] as const),
  ...(['EngineNotAllowed', 'CounterpartyNotAllowed', 'NonceUsed', 'CapExceeded', 'InsufficientCredits'] as const),
  ...(['GrantCapReached', 'RewardsExhausted'] as const),
]

/** The mutation of a command; its variables are `message` and `signature`. */
export function commandDocument(name: CommandName): string {
  return `mutation ($message: JSON!, $signature: Hex!) {
    ${name}(${commandArguments[name]}: $message, signature: $signature) {
      ... on Movement { commandId firstPosition position repeated wallet { ${balanceFields} } }
      ${selectRefusals(...movementRefusals)}
    }
  }`
}

/** The refusal of one of several commands has the same types as if it had been sent alone. */
export const linkedDocument = `mutation ($commands: [LinkedCommand!]!) {
  linked(commands: $commands) {
    ... on LinkedMovement { linkId commandIds firstPosition position repeated }
    ... on LinkFailed { index refusal { ${selectRefusals(...movementRefusals)} } }
    ${selectRefusals('Malformed', 'WrongShard', 'CommandConflict')}
  }
}`
