import { captureCommand, escrowCommand, releaseCommand } from './escrow-commands.ts'
import { defaultCommand, iouCommand, redemptionCommand } from './iou-commands.ts'
import { permissionCommand, revocationCommand } from './permission-commands.ts'
import { payoutCommand, purchaseCommand, transferCommand, withdrawalCommand } from './spend-commands.ts'
import { configCommand, grantCommand, referralCommand } from './treasury-commands.ts'

/** Every command that a wallet can sign for the ledger, but for jobs, by the name of its mutation. */
export const commands = {
  transfer: transferCommand,
  buyService: purchaseCommand,
  withdraw: withdrawalCommand,
  instructPayouts: payoutCommand,
  openEscrow: escrowCommand,
  captureEscrow: captureCommand,
  releaseEscrow: releaseCommand,
  issueIou: iouCommand,
  redeemIou: redemptionCommand,
  defaultIou: defaultCommand,
  grantPermission: permissionCommand,
  revokePermission: revocationCommand,
  grantCredits: grantCommand,
  recordReferral: referralCommand,
  changeConfig: configCommand,
} as const

/** What each command is asked for with. */
export type CommandRequests = {
  readonly [N in keyof typeof commands]: Parameters<(typeof commands)[N]['build']>[1]
}
