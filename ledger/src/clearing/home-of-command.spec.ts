import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Purchase, purchaseType } from '../account/purchase.ts'
import { type Hex, zeroHash } from '../hex.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { Actor, testConfig } from '../testing/actors.ts'
import { escrowCapture, escrowOrder, escrowRelease } from '../testing/escrow-actors.ts'
import { iou, iouDefault, iouRedemption } from '../testing/iou-actors.ts'
import { permissionOf, revocationOf } from '../testing/permission-actors.ts'
import { changeOf, grantOf, referralOf } from '../testing/rewards-actors.ts'
import { actorAt } from '../testing/test-shards.ts'
import { type CommandHome, checkShard, homeOfCommand, shardOf } from './home-of-command.ts'

const shardCount = 3
const ann = actorAt(1, shardCount)
const bob = actorAt(2, shardCount)
const node = new Actor(77)
const id: Hex = `0x${'ab'.repeat(32)}`
const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
const spend = { amountMicrocredits: 1n, nonce: 1n }
const transfer: LedgerCommand = { type: 'TransferCredits', transfer: ann.transfer({ to: bob.address, ...spend }) }

const purchase = ann.sign<Purchase>(purchaseType, {
  wallet: ann.address,
  seller: bob.address,
  reference: zeroHash,
  lane: 0,
  deadline: 1n,
  ...spend,
})

/** Each speaks for Ann's wallet, whoever else it names. */
const ofWallet: readonly LedgerCommand[] = [
  transfer,
  { type: 'BuyService', purchase },
  { type: 'OpenHold', order: ann.order({ nonce: 1n }) },
  { type: 'CancelOrder', cancellation: ann.cancellation(id) },
  { type: 'GrantPermission', permission: permissionOf(ann, bob) },
  { type: 'RevokePermission', revocation: revocationOf(ann, bob, 1n) },
  { type: 'OpenEscrow', order: escrowOrder(ann, { seller: bob.address, nonce: 1n }) },
  { type: 'CaptureEscrow', capture: escrowCapture(bob, id, 1n, ann.address) },
  { type: 'IssueIou', iou: iou(ann, { creditor: bob.address, nonce: 1n }) },
  { type: 'RedeemIou', redemption: iouRedemption(ann, { iou: id, ...spend }) },
  { type: 'InstructPayouts', instruction: ann.instruction() },
  { type: 'WithdrawCredits', withdrawal: ann.withdrawal(spend) },
  { type: 'PayByInstruction', wallet: ann.address },
]

const account = ann.address
const { amountMicrocredits } = spend

/** What the chain says, and what the budgets pay. */
const ofReserve: readonly LedgerCommand[] = [
  { type: 'RecordInboxItem', index: 0, kind: 'deposit', account, amountMicrocredits, place },
  { type: 'RecordPayee', wallet: account, id: 1 },
  { type: 'CloseEpoch', epoch: 1 },
  { type: 'RecordEpochFinal', epoch: 1, burnMicrocredits: 0n, place },
  { type: 'RecordClaim', wallet: account, paidMicrocredits: 1n, cumulativeMicrocredits: 1n, place },
  { type: 'GrantCredits', grant: grantOf(account, { nonce: 1n }) },
  { type: 'PayUptimeBonus', node: node.address, day: 1 },
  { type: 'RecordReferral', referral: referralOf(ann, node.address, bob.address) },
  { type: 'PayReferralBonus', node: node.address },
]

const ofAll: readonly LedgerCommand[] = [
  { type: 'OpenLedger', config: testConfig },
  { type: 'RegisterNode', registration: node.registration() },
  { type: 'ChangeConfig', change: changeOf({ nonce: 1n }) },
]

const ofId: readonly LedgerCommand[] = [
  { type: 'AssignHold', orderDigest: id, node: node.address, attempt: 1 },
  { type: 'ReleaseHold', orderDigest: id },
  { type: 'SettleJob', orderDigest: id },
  { type: 'ReleaseAssignment', release: node.release(id) },
  { type: 'ReleaseEscrow', release: escrowRelease(bob, id) },
  { type: 'DefaultIou', declaration: iouDefault(bob, id) },
  { type: 'ReceiveReceipt', receipt: node.receipt(id, {}) },
]

const delivery: LedgerCommand = {
  type: 'ReceiveClearing',
  fromShard: 0,
  toShard: 2,
  fromPosition: 1,
  fromHash: zeroHash,
  sequence: 1,
  credits: [],
}

const link: LedgerCommand = { type: 'Link', commands: [transfer] }

/** Each command with its home, the number of that among three shards, and the refusals of shards 0, 1 and 2. */
type Row = readonly [LedgerCommand, CommandHome, number | undefined]

const rows: readonly Row[] = [
  ...ofWallet.map((command): Row => [command, { of: 'wallet', wallet: ann.address }, 1]),
  ...ofReserve.map((command): Row => [command, { of: 'shard', shard: 0 }, 0]),
  ...ofAll.map((command): Row => [command, { of: 'all' }, undefined]),
  ...ofId.map((command): Row => [command, { of: 'id', id }, undefined]),
  [delivery, { of: 'shard', shard: 2 }, 2],
  [link, { of: 'link', commands: [transfer] }, undefined],
]

describe('the home of a command', () => {
  it('is said of every kind of command', () => {
    assert.equal(new Set(rows.map(([{ type }]) => type)).size, 34)
  })

  for (const [command, home, number] of rows) {
    it(`${command.type} is ${home.of}${number === undefined ? '' : `, shard ${number} of three`}`, () => {
      assert.deepEqual(homeOfCommand(command), home)
      assert.equal(shardOf(home, shardCount), number)
      const refusals = [0, 1, 2].map(shard => checkShard({ shard, shardCount }, command))
      const elsewhere = number === undefined ? undefined : { code: 'WRONG_SHARD', shard: number }
      assert.deepEqual(
        refusals,
        [0, 1, 2].map(shard => (shard === number ? undefined : elsewhere)),
      )
    })
  }

  it('is the only shard in a ledger of one', () => {
    for (const [command] of rows) {
      assert.equal(checkShard({ shard: 0, shardCount: 1 }, command), undefined, command.type)
    }
    assert.equal(shardOf({ of: 'wallet', wallet: ann.address }, 1), 0)
  })
})
