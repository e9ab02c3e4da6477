import { type Purchase, purchaseType } from '../account/purchase.ts'
import { transferType } from '../account/transfer.ts'
import { zeroHash } from '../hex.ts'
import { jobOrderType } from '../hold/job-order.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { changeDelaySecondsDefault } from '../journal/config.ts'
import type { LedgerEventType } from '../journal/event.ts'
import { dayMs, dayOf } from '../rewards/node-rewards.ts'
import { Actor, digestOfOrder, testConfig, testStartMs } from './actors.ts'
import { digestOfEscrow, escrowCapture, escrowOrder, escrowRelease } from './escrow-actors.ts'
import { digestOfIou, iou, iouDefault, iouRedemption } from './iou-actors.ts'
import { permissionOf, revocationOf } from './permission-actors.ts'
import { changeOf, grantOf, referralOf } from './rewards-actors.ts'
import { TestLedger } from './test-ledger.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const gateway = new Actor(3)
const node = new Actor(11)

const deadline = BigInt(testStartMs / 1000 + 600)

/** As soon as the delay allows after the jobs. */
const changeAtMs = BigInt(testStartMs + changeDelaySecondsDefault * 1_000 + 10_000)

const place = { transactionHash: zeroHash, blockNumber: 9n, logIndex: 0 }

/** The kinds of events that a ledger of one shard does not know. */
export const sharedEventTypes: readonly LedgerEventType[] = ['ClearingReceived']

/** A ledger whose journal has every kind of event that one shard knows, by wallets, delegates and nodes. */
export function wholeLedger(): TestLedger {
  // So little for uptime that fees are left for the referral.
  const rewards = { ...testConfig.rewards, uptimeDayMicrocreditsMax: 2_400n }
  const ledger = new TestLedger({ ...testConfig, rewards })
  ledger.deposit(ann.address, 60_000_000n)
  ledger.fundRewards(900_000_000n)
  spendDirectly(ledger)
  holdAndRelease(ledger)
  runJobs(ledger)
  promise(ledger)
  payOut(ledger)
  waitAndReward(ledger)
  return ledger
}

function pay(signer: Actor, nonce: bigint, amountMicrocredits = 7n): LedgerCommand {
  const message = { from: ann.address, to: bob.address, amountMicrocredits, lane: 0, nonce, deadline }
  return { type: 'TransferCredits', transfer: signer.sign(transferType, message) }
}

function spendDirectly(ledger: TestLedger): void {
  ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, gateway, { engines: ['wasm', 'docker'] }) })
  ledger.accept(pay(ann, 1n))
  ledger.accept(pay(gateway, 1n, 8n))
  const bought = { seller: bob.address, amountMicrocredits: 5n, reference: zeroHash, lane: 3, nonce: 1n, deadline }
  ledger.accept({
    type: 'BuyService',
    purchase: ann.sign<Purchase>(purchaseType, { wallet: ann.address, ...bought }),
  })
  ledger.accept({ type: 'Link', commands: [pay(ann, 2n), pay(ann, 3n)] })
  ledger.refuse(pay(ann, 4n, 10n ** 12n), 'INSUFFICIENT_CREDITS')
  ledger.refuse({ type: 'Link', commands: [pay(ann, 5n), pay(ann, 6n, 10n ** 12n)] }, 'LINK_FAILED')
}

function holdAndRelease(ledger: TestLedger): void {
  const cancelled = ann.order({ nonce: 1n, lane: 1 })
  ledger.accept({ type: 'OpenHold', order: cancelled })
  ledger.accept({ type: 'CancelOrder', cancellation: ann.cancellation(digestOfOrder(cancelled)) })
  const released = ann.order({ nonce: 2n, lane: 1, engine: 'docker' })
  const orderDigest = ledger.assigned(released, node)
  ledger.accept({ type: 'ReleaseAssignment', release: node.release(orderDigest) })
  ledger.accept({ type: 'ReleaseHold', orderDigest })
  const escrows = [1n, 2n, 3n].map(nonce => escrowOrder(ann, { seller: bob.address, nonce, lane: 2 }))
  for (const order of escrows) ledger.accept({ type: 'OpenEscrow', order })
  const [captured, returned] = escrows.map(digestOfEscrow)
  ledger.accept({ type: 'CaptureEscrow', capture: escrowCapture(ann, captured ?? zeroHash, 400_000n) })
  ledger.accept({ type: 'ReleaseEscrow', release: escrowRelease(bob, returned ?? zeroHash) })
}

function runJobs(ledger: TestLedger): void {
  ledger.accept({ type: 'RecordReferral', referral: referralOf(node, node.address, bob.address) })
  const own = ann.order({ nonce: 3n, lane: 1, priority: 2 })
  const delegated = gateway.sign(jobOrderType, ann.order({ nonce: 1n, lane: 4 }).message)
  for (const [index, order] of [own, delegated].entries()) {
    const orderDigest = ledger.assigned(order, node)
    ledger.nowMs += 1_000
    ledger.settle(node.receipt(orderDigest, { sequence: BigInt(index + 1), memoryBytesPeak: 1n << 27n }))
  }
  ledger.accept({ type: 'OpenHold', order: ann.order({ nonce: 4n, lane: 1 }) })
  ledger.accept({ type: 'RevokePermission', revocation: revocationOf(ann, gateway, 1n) })
}

function promise(ledger: TestLedger): void {
  const promised = iou(ann, { creditor: bob.address, nonce: 1n, lane: 5 })
  ledger.accept({ type: 'IssueIou', iou: promised })
  const part = { iou: digestOfIou(promised), amountMicrocredits: 300_000n, nonce: 2n, lane: 5 }
  ledger.accept({ type: 'RedeemIou', redemption: iouRedemption(ann, part) })
  ledger.accept({ type: 'GrantCredits', grant: grantOf(bob.address, { nonce: 1n }) })
  ledger.accept({
    type: 'ChangeConfig',
    change: changeOf({ nonce: 2n, feeBasisPoints: 400, effectiveAt: changeAtMs / 1_000n }),
  })
}

function payOut(ledger: TestLedger): void {
  const withdrawal = ann.withdrawal({ amountMicrocredits: 900n, nonce: 1n, lane: 6 })
  ledger.accept({ type: 'WithdrawCredits', withdrawal })
  const expires = BigInt(testStartMs / 1000 + 30 * 86_400)
  ledger.accept({ type: 'InstructPayouts', instruction: bob.instruction({ expires, intervalSeconds: 60 }) })
  ledger.accept({ type: 'PayByInstruction', wallet: bob.address })
  ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 1 })
  ledger.accept({ type: 'CloseEpoch', epoch: 1 })
  const burnMicrocredits = ledger.state.lastEpoch?.burnMicrocredits ?? 0n
  ledger.accept({ type: 'RecordEpochFinal', epoch: 1, burnMicrocredits, place })
  const claim = { wallet: ann.address, paidMicrocredits: 900n, cumulativeMicrocredits: 900n, place }
  ledger.accept({ type: 'RecordClaim', ...claim })
}

/** The chain takes an epoch back, and tells what wallets and nodes did there. */
function cancelAndForce(ledger: TestLedger): void {
  ledger.record('emission', testConfig.settlement, 1_000n, { epoch: 1 })
  ledger.record('forcedWithdrawal', ann.address, 0n, { askedMicrocredits: 77n })
  ledger.record('revocation', ann.address, 0n, { delegate: gateway.address, nonce: 3n })
  ledger.push(node.receipt(zeroHash, {}))
  const stake = { node: node.address, stakeMicrocredits: 9_000n, unbondingMicrocredits: 10n, place }
  ledger.accept({ type: 'RecordNodeStake', ...stake })
  ledger.accept({ type: 'CloseEpoch', epoch: 2 })
  ledger.accept({ type: 'RecordEpochCancelled', epoch: 2, lastEpoch: 3, headEpoch: 1, place })
  ledger.accept({ type: 'CloseEpoch', epoch: 4 })
}

function waitAndReward(ledger: TestLedger): void {
  const promised = iou(ann, { creditor: bob.address, nonce: 1n, lane: 5 })
  ledger.nowMs = testStartMs + 2 * 3_600_000
  ledger.accept({ type: 'DefaultIou', declaration: iouDefault(bob, digestOfIou(promised)) })
  ledger.nowMs = testStartMs + dayMs
  ledger.accept({ type: 'PayUptimeBonus', node: node.address, day: dayOf(testStartMs) })
  ledger.accept({ type: 'PayReferralBonus', node: node.address })
  ledger.nowMs = Number(changeAtMs) + 5_000
  ledger.accept({ type: 'RecordPayee', wallet: bob.address, id: 2 })
  cancelAndForce(ledger)
}
