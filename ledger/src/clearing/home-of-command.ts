import type { Address, Hex } from '../hex.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { homeShard, type LedgerConfig } from '../journal/config.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import { reserveShard } from './home-of-account.ts'

/** Which of several shards a command is for. */
export type CommandHome =
  /** The home of the wallet that it spends from or speaks for. */
  | { readonly of: 'wallet'; readonly wallet: Address }
  /** One shard by its number. */
  | { readonly of: 'shard'; readonly shard: number }
  /** Every shard, each of which must know it. */
  | { readonly of: 'all' }
  /** The shard that keeps what the command names by its id; the others do not know the id. */
  | { readonly of: 'id'; readonly id: Hex }
  /** The home of each of its commands, which is one and the same. */
  | { readonly of: 'link'; readonly commands: readonly LedgerCommand[] }

/** Total, so that a new command does not compile before its home is said. */
export function homeOfCommand(command: LedgerCommand): CommandHome {
  switch (command.type) {
    case 'TransferCredits':
      return ofWallet(command.transfer.message.from)
    case 'BuyService':
      return ofWallet(command.purchase.message.wallet)
    case 'OpenHold':
      return ofWallet(command.order.message.payer)
    case 'CancelOrder':
      return ofWallet(command.cancellation.message.payer)
    case 'GrantPermission':
      return ofWallet(command.permission.message.wallet)
    case 'RevokePermission':
      return ofWallet(command.revocation.message.wallet)
    case 'OpenEscrow':
      return ofWallet(command.order.message.wallet)
    case 'CaptureEscrow':
      return ofWallet(command.capture.message.wallet)
    case 'IssueIou':
      return ofWallet(command.iou.message.debtor)
    case 'RedeemIou':
      return ofWallet(command.redemption.message.debtor)
    case 'InstructPayouts':
      return ofWallet(command.instruction.message.wallet)
    case 'WithdrawCredits':
      return ofWallet(command.withdrawal.message.wallet)
    case 'PayByInstruction':
      return ofWallet(command.wallet)
    case 'RecordInboxItem':
    case 'RecordPayee':
    case 'CloseEpoch':
    case 'RecordEpochFinal':
    case 'RecordEpochCancelled':
    case 'RecordNodeStake':
    case 'RecordClaim':
    case 'GrantCredits':
    case 'PayUptimeBonus':
    case 'RecordReferral':
    case 'PayReferralBonus':
      return { of: 'shard', shard: reserveShard }
    case 'ReceiveClearing':
      return { of: 'shard', shard: command.toShard }
    case 'OpenLedger':
    case 'RegisterNode':
    case 'ChangeConfig':
      return { of: 'all' }
    case 'AssignHold':
    case 'ReleaseHold':
    case 'SettleJob':
      return { of: 'id', id: command.orderDigest }
    case 'ReleaseAssignment':
      return { of: 'id', id: command.release.message.orderDigest }
    case 'ReleaseEscrow':
      return { of: 'id', id: command.release.message.escrow }
    case 'DefaultIou':
      return { of: 'id', id: command.declaration.message.iou }
    case 'ReceiveReceipt':
      return { of: 'id', id: command.receipt.message.orderDigest }
    case 'Link':
      return { of: 'link', commands: command.commands }
  }
}

/** `WRONG_SHARD` with the right one, when a command belongs to another shard than this. Depends on the command alone. */
export function checkShard(
  { shard, shardCount }: Pick<LedgerConfig, 'shard' | 'shardCount'>,
  command: LedgerCommand,
): Extract<LedgerRefusal, { code: 'WRONG_SHARD' }> | undefined {
  if (shardCount === 1) return undefined
  const home = shardOf(homeOfCommand(command), shardCount)
  return home === undefined || home === shard ? undefined : { code: 'WRONG_SHARD', shard: home }
}

/** The number of the one shard that a command is for; `undefined` when the command alone does not tell. */
export function shardOf(home: CommandHome, shardCount: number): number | undefined {
  if (home.of === 'shard') return home.shard
  return home.of === 'wallet' ? homeShard(home.wallet, shardCount) : undefined
}

function ofWallet(wallet: Address): CommandHome {
  return { of: 'wallet', wallet }
}
