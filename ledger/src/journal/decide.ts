import { buyService } from '../account/buy-service.ts'
import { transferCredits } from '../account/decide.ts'
import { clearingCommandId, receiveClearing } from '../clearing/decide.ts'
import { checkShard } from '../clearing/home-of-command.ts'
import { changeConfig } from '../config/decide.ts'
import { cancelCommandId, recordEpochCancelled } from '../epoch/cancel.ts'
import { closeEpoch, recordClaim, recordEpochFinal, recordPayee } from '../epoch/decide.ts'
import { captureEscrow, openEscrow, releaseEscrow } from '../escrow/decide.ts'
import { assignHold, cancelOrder, openHold, releaseAssignment, releaseHold } from '../hold/decide.ts'
import { recordInboxItem } from '../inbox/decide.ts'
import { defaultIou, issueIou, redeemIou } from '../iou/decide.ts'
import { registerNode } from '../node/decide.ts'
import { recordNodeStake, stakeCommandId } from '../node/stake.ts'
import { instructPayouts, payByInstruction, withdrawCredits } from '../payout/decide.ts'
import { grantPermission, revokePermission } from '../permission/decide.ts'
import { receiveReceipt, settleJob, settlementId } from '../receipt/decide.ts'
import { grantCredits } from '../rewards/grant-credits.ts'
import { dayOf } from '../rewards/node-rewards.ts'
import { payReferralBonus, payUptimeBonus } from '../rewards/pay-bonus.ts'
import { recordReferral } from '../rewards/record-referral.ts'
import type { LedgerCommand } from './command.ts'
import { type Decision, type DecisionContext, LedgerNotOpenError, refuse } from './decision.ts'
import { openLedger } from './open-ledger.ts'
import { noPayouts } from './state.ts'

/**
 * Decides one command on the present state: its events, or why not. Pure. Throws {@link LedgerNotOpenError} before the ledger is
 * open, and on a message whose fields are not of their types, which the edges keep out.
 */
export function decide(context: DecisionContext, command: LedgerCommand): Decision {
  if (command.type === 'OpenLedger') return openLedger(context, command.config)
  const { config } = context.state
  if (config === undefined) throw new LedgerNotOpenError()
  const decision = decideHere(context, command)
  const elsewhere = checkShard(config, command)
  return elsewhere === undefined || isMalformed(decision) ? decision : refuse(elsewhere)
}

function isMalformed(decision: Decision): boolean {
  return !decision.accepted && decision.refusal.code === 'MALFORMED'
}

function decideHere(context: DecisionContext, command: Exclude<LedgerCommand, { type: 'OpenLedger' }>): Decision {
  switch (command.type) {
    case 'RecordInboxItem':
      return recordInboxItem(context, command)
    case 'TransferCredits':
      return transferCredits(context, command.transfer)
    case 'BuyService':
      return buyService(context, command.purchase)
    case 'OpenHold':
      return openHold(context, command.order)
    case 'AssignHold':
      return assignHold(context, command.orderDigest, command.node, command.attempt)
    case 'ReleaseAssignment':
      return releaseAssignment(context, command.release)
    case 'CancelOrder':
      return cancelOrder(context, command.cancellation)
    case 'ReleaseHold':
      return releaseHold(context, command.orderDigest)
    case 'ReceiveReceipt':
      return receiveReceipt(context, command.receipt)
    case 'SettleJob':
      return settleJob(context, command.orderDigest)
    case 'OpenEscrow':
      return openEscrow(context, command.order)
    case 'CaptureEscrow':
      return captureEscrow(context, command.capture)
    case 'ReleaseEscrow':
      return releaseEscrow(context, command.release)
    case 'IssueIou':
      return issueIou(context, command.iou)
    case 'RedeemIou':
      return redeemIou(context, command.redemption)
    case 'DefaultIou':
      return defaultIou(context, command.declaration)
    case 'RegisterNode':
      return registerNode(context, command.registration)
    case 'GrantPermission':
      return grantPermission(context, command.permission)
    case 'RevokePermission':
      return revokePermission(context, command.revocation)
    case 'ChangeConfig':
      return changeConfig(context, command.change)
    case 'GrantCredits':
      return grantCredits(context, command.grant)
    case 'PayUptimeBonus':
      return payUptimeBonus(context, command.node, command.day)
    case 'RecordReferral':
      return recordReferral(context, command.referral)
    case 'PayReferralBonus':
      return payReferralBonus(context, command.node)
    case 'InstructPayouts':
      return instructPayouts(context, command.instruction)
    case 'WithdrawCredits':
      return withdrawCredits(context, command.withdrawal)
    case 'PayByInstruction':
      return payByInstruction(context, command.wallet)
    case 'RecordPayee':
      return recordPayee(context, command)
    case 'CloseEpoch':
      return closeEpoch(context, command)
    case 'RecordEpochFinal':
      return recordEpochFinal(context, command)
    case 'RecordEpochCancelled':
      return recordEpochCancelled(context, command)
    case 'RecordNodeStake':
      return recordNodeStake(context, command)
    case 'RecordClaim':
      return recordClaim(context, command)
    case 'ReceiveClearing':
      return receiveClearing(context, command)
    case 'Link':
      throw new TypeError('a link is decided member by member')
  }
}

/**
 * The id under which a command is decided once. A signed command's id is the digest of its message, which is its body too;
 * the others are named after the fact that they record.
 */
export function commandIdOf({ state, digest, nowMs }: DecisionContext, command: LedgerCommand): string {
  if (command.type === 'Link') return `link:${digest}`
  if (digest !== undefined) return digest
  switch (command.type) {
    case 'OpenLedger':
      return 'open'
    case 'RecordInboxItem':
      return `inbox:${command.index}`
    case 'AssignHold':
      return `assign:${command.orderDigest}:${command.attempt}`
    case 'ReleaseHold':
      return `release:${command.orderDigest}`
    case 'SettleJob':
      return settlementId(command.orderDigest)
    case 'PayByInstruction':
      return `pay:${command.wallet}:${(state.payouts.get(command.wallet) ?? noPayouts).scheduledMicrocredits}`
    case 'PayUptimeBonus':
      return `uptime:${command.node}:${command.day}`
    case 'PayReferralBonus':
      return `referral-bonus:${command.node}:${dayOf(nowMs)}`
    case 'ReceiveClearing':
      return clearingCommandId(command)
    case 'RecordPayee':
      return `payee:${command.wallet}`
    case 'CloseEpoch':
      return `epoch:${command.epoch}`
    case 'RecordEpochFinal':
      return `epoch-final:${command.epoch}`
    case 'RecordEpochCancelled':
      return cancelCommandId(command)
    case 'RecordNodeStake':
      return stakeCommandId(command)
    case 'RecordClaim':
      return `claim:${command.wallet}:${command.cumulativeMicrocredits}`
    default:
      throw new TypeError(`${command.type} is a signed command and has a digest`)
  }
}
