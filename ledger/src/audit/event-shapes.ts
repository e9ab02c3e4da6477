import { purchaseType } from '../account/purchase.ts'
import { transferType } from '../account/transfer.ts'
import { configChangeType } from '../config/config-change.ts'
import { escrowCaptureType, escrowOrderType, escrowReleaseType } from '../escrow/escrow-order.ts'
import { assignmentReleaseType } from '../hold/hold-certificate.ts'
import { jobOrderType, jobOrderType010, orderCancellationType } from '../hold/job-order.ts'
import { iouDefaultType, iouRedemptionType, iouType } from '../iou/iou.ts'
import type { LedgerEventType } from '../journal/event.ts'
import { nodeRegistrationType } from '../node/node-registration.ts'
import { payoutInstructionType, withdrawalType } from '../payout/withdrawal.ts'
import { permissionRevocationType, spendPermissionType } from '../permission/spend-permission.ts'
import { usageReceiptType, usageReceiptType010 } from '../receipt/usage-receipt.ts'
import { grantType } from '../rewards/grant.ts'
import { referralType } from '../rewards/referral.ts'
import {
  amount,
  anyJson,
  constant,
  count,
  flag,
  hex,
  hexAnyCase,
  list,
  type Members,
  object,
  optional,
  plain,
  type Shape,
  signed,
  signedAmount,
  textShape,
} from './shape.ts'

const address = hex(20)

const digest = hex(32)

/** Every command id is compared with the one that its fact has. */
const commandId = plain()

const account = textShape(
  'reserve|burn|treasury|rewards|(?:wallet|payable):0x[0-9a-f]{40}|hold:0x[0-9a-f]{64}|clearing:[0-9]{1,4}',
)

/** For entries, which are held to the accounts that the event may move. */
const anyAccount = plain()

const credits = list(object({ account, amountMicrocredits: amount }))

/** For whose bonuses the fee of a settled job counts. */
const caused = optional(object({ node: address, feeMicrocredits: amount, isCompleted: flag }))

const sendings = list(object({ toShard: count, sequence: count, credits, caused }), '[^]*?')

const place = object({ transactionHash: hexAnyCase(32), blockNumber: amount, logIndex: count })

const inboxItem = { index: count, account: address, amountMicrocredits: amount, place }

const row = object({
  id: count,
  wallet: address,
  incrementMicrocredits: amount,
  cumulativeMicrocredits: amount,
  previousEpoch: count,
})

const pricing = {
  rates: object({
    cpuCoreHourMicrocredits: amount,
    memoryGibHourMicrocredits: amount,
    fuelCoreHourMicrocredits: amount,
    gpuHourMicrocredits: amount,
    storageGibHourMicrocredits: amount,
    egressGibMicrocredits: amount,
  }),
  feeBasisPoints: count,
  burnBasisPoints: count,
}

const rewards = {
  grantDayMicrocreditsMax: amount,
  uptimeDayMicrocreditsMax: amount,
  referralMicrocreditsMax: amount,
  bonusShareBasisPoints: count,
}

const bonus = {
  amountMicrocredits: amount,
  limitMicrocredits: amount,
  feesMicrocredits: amount,
  shareBasisPoints: count,
  countedMicrocredits: amount,
  budgetMicrocredits: amount,
}

/** What an event carries that happened under a permission. */
const spend = optional(
  object({
    permission: digest,
    delegate: address,
    hourMicrocredits: amount,
    dayMicrocredits: amount,
    totalMicrocredits: amount,
  }),
)

const ledger = { chainId: count, settlement: address, genesisHash: digest, ledgerSigner: address }

const config = {
  ...ledger,
  ...pricing,
  treasurer: address,
  rewards: object(rewards),
  changeDelaySeconds: count,
  protocol: optional(count),
  shard: count,
  shardCount: count,
}

/** 0.1.0 knew one shard, no treasurer and three rates. */
const config010 = {
  ...ledger,
  rates: object({
    cpuCoreHourMicrocredits: amount,
    memoryGibHourMicrocredits: amount,
    fuelCoreHourMicrocredits: amount,
  }),
  feeBasisPoints: count,
  burnBasisPoints: count,
}

/** The data of each type of event; where versions differ, of each version. */
export const eventShapes: Readonly<Record<LedgerEventType, readonly Members[]>> = {
  LedgerOpened: [{ config: object(config) }, { config: object(config010) }],
  InboxItemRecorded: [
    { ...inboxItem, kind: textShape('deposit|genesisTreasury|genesisRewards') },
    { ...inboxItem, kind: constant('emission'), epoch: count },
    { ...inboxItem, kind: constant('forcedWithdrawal'), askedMicrocredits: amount },
    { ...inboxItem, kind: constant('revocation'), delegate: address, nonce: amount },
    { ...inboxItem, kind: constant('receipt'), digest, receipt: optional(signed(usageReceiptType)) },
  ],
  CreditsTransferred: [{ transfer: signed(transferType), spend }],
  ServiceBought: [{ purchase: signed(purchaseType), spend }],
  HoldOpened: [jobOrderType, jobOrderType010].map(type => ({
    orderDigest: digest,
    order: signed(type),
    expiresAtMs: count,
    spend,
  })),
  HoldAssigned: [{ orderDigest: digest, node: address, attempt: count }],
  HoldUnassigned: [{ release: signed(assignmentReleaseType) }],
  HoldReleased: [
    {
      orderDigest: digest,
      amountMicrocredits: amount,
      reason: textShape('cancelled|notAssigned'),
      cancellation: optional(signed(orderCancellationType)),
      spend,
    },
  ],
  HoldExpired: [{ orderDigest: digest, amountMicrocredits: amount, spend }],
  ReceiptReceived: [usageReceiptType, usageReceiptType010].map(type => ({ receipt: signed(type) })),
  JobSettled: [
    {
      orderDigest: digest,
      node: address,
      payoutWallet: address,
      capturedMicrocredits: amount,
      feeMicrocredits: amount,
      earnedMicrocredits: amount,
      releasedMicrocredits: amount,
      spend,
    },
  ],
  EscrowOpened: [{ escrow: digest, order: signed(escrowOrderType), spend }],
  EscrowCaptured: [{ capture: signed(escrowCaptureType), releasedMicrocredits: amount, spend }],
  EscrowReleased: [{ release: signed(escrowReleaseType), amountMicrocredits: amount, spend }],
  EscrowExpired: [{ escrow: digest, amountMicrocredits: amount, spend }],
  IouIssued: [{ digest, iou: signed(iouType) }],
  IouRedeemed: [{ redemption: signed(iouRedemptionType), outstandingMicrocredits: amount }],
  IouDefaulted: [{ declaration: signed(iouDefaultType), outstandingMicrocredits: amount }],
  NodeRegistered: [{ registration: signed(nodeRegistrationType) }],
  PermissionGranted: [{ permission: signed(spendPermissionType), digest }],
  PermissionRevoked: [{ revocation: signed(permissionRevocationType) }],
  ConfigChangeScheduled: [{ changeDigest: digest, change: signed(configChangeType), effectiveAtMs: count }],
  ConfigChanged: [{ changeDigest: digest, pricing: object(pricing), rewards: object(rewards) }],
  CreditsGranted: [
    {
      grant: signed(grantType),
      day: count,
      grantedMicrocredits: amount,
      limitMicrocredits: amount,
      budgetMicrocredits: amount,
    },
  ],
  UptimeBonusPaid: [{ node: address, day: count, payoutWallet: address, hours: count, ...bonus }],
  ReferralRecorded: [{ referral: signed(referralType) }],
  ReferralBonusPaid: [{ node: address, day: count, referrer: address, paidMicrocredits: amount, ...bonus }],
  PayoutInstructed: [{ instruction: signed(payoutInstructionType) }],
  PayoutScheduled: [
    {
      wallet: address,
      amountMicrocredits: amount,
      withdrawal: optional(signed(withdrawalType)),
      instructionDigest: optional(digest),
      inboxIndex: optional(count),
    },
  ],
  PayeeRegistered: [{ wallet: address, id: count }],
  EpochClosed: [
    {
      epoch: count,
      parent: count,
      inboxCut: count,
      journalPosition: count,
      journalHash: digest,
      burnMicrocredits: amount,
      leavesRoot: digest,
      leavesTotalMicrocredits: amount,
      rows: list(row),
    },
  ],
  EpochFinalised: [{ epoch: count, burnMicrocredits: amount, place }],
  EpochCancelled: [
    { epoch: count, lastEpoch: count, headEpoch: count, place },
    { epoch: count, lastEpoch: count, headEpoch: count, place, journalPosition: count },
  ],
  NodeStakeRecorded: [{ node: address, stakeMicrocredits: amount, unbondingMicrocredits: amount, place }],
  PayoutClaimed: [{ wallet: address, paidMicrocredits: amount, cumulativeMicrocredits: amount, place }],
  ClearingReceived: [
    { fromShard: count, fromPosition: count, fromHash: digest, toShard: count, sequence: count, credits, caused },
  ],
  CommandsLinked: [{ commandIds: list(commandId), firstPosition: count }],
  CommandRefused: [{ refusal: anyJson, deadline: optional(amount) }],
}

/** The whole of an event. */
export function eventShape(type: string, data: Members): Shape<unknown> {
  return object({
    atMs: count,
    clearing: optional(sendings),
    commandId,
    data: object(data),
    entries: list(object({ account: anyAccount, amountMicrocredits: signedAmount })),
    position: count,
    type: constant(type),
  })
}
