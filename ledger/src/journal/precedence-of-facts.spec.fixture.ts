import { transferType } from '../account/transfer.ts'
import { microcreditsMax } from '../credits.ts'
import { zeroAddress, zeroHash } from '../hex.ts'
import { nodeRegistrationType } from '../node/node-registration.ts'
import { instructionSecondsMax } from '../payout/decide.ts'
import { payoutInstructionType } from '../payout/withdrawal.ts'
import {
  permissionRevocationType,
  permissionSecondsMax,
  type SpendPermission,
  spendPermissionType,
} from '../permission/spend-permission.ts'
import { usageReceiptType } from '../receipt/usage-receipt.ts'
import { testConfig, testDomain } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { permissionOf, revocationOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { actorAt } from '../testing/test-shards.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import {
  ann,
  type Broken,
  bob,
  cho,
  deadlineOf,
  deadlineRank,
  node,
  type PrecedenceCases,
  seal,
  spelled,
} from './precedence-case.spec.fixture.ts'
import { rememberMs } from './repetition.ts'

const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }

/** When a standing permission or instruction ends that breaks the rules on deadlines, or none of them. */
function expiresOf(broken: Broken, { nowMs }: TestLedger, spanSecondsMax: number): bigint {
  const now = BigInt(nowMs / 1000)
  if (broken.has('DEADLINE_PASSED')) return now
  return broken.has('DEADLINE_TOO_FAR') ? now + BigInt(spanSecondsMax) + 1n : now + 600n
}

export const standingOrders: PrecedenceCases = {
  RegisterNode: {
    ranks: [['MALFORMED'], ['INVALID_SIGNATURE'], deadlineRank, ['NONCE_USED']],
    build: broken => {
      const ledger = new TestLedger()
      ledger.accept({ type: 'RegisterNode', registration: node.registration({ nonce: 3n }) })
      const payoutWallet = broken.has('MALFORMED') ? zeroAddress : bob.address
      const nonce = broken.has('NONCE_USED') ? 3n : 4n
      const message = { node: node.address, payoutWallet, nonce, deadline: deadlineOf(broken, ledger) }
      const registration = seal(broken, nodeRegistrationType, message, node)
      return { ledger, command: { type: 'RegisterNode', registration } }
    },
  },
  GrantPermission: {
    ranks: [['MALFORMED'], ['INVALID_SIGNATURE'], deadlineRank, ['NONCE_USED']],
    build: broken => {
      const ledger = new TestLedger()
      ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, cho, { nonce: 3n }) })
      const nonce = broken.has('NONCE_USED') ? 3n : 4n
      const expires = expiresOf(broken, ledger, permissionSecondsMax)
      const engines = broken.has('MALFORMED') ? ['abacus'] : []
      const message: SpendPermission = { ...permissionOf(ann, cho).message, engines, nonce, expires }
      return {
        ledger,
        command: { type: 'GrantPermission', permission: seal(broken, spendPermissionType, message, ann) },
      }
    },
  },
  RevokePermission: {
    ranks: [['MALFORMED'], ['INVALID_SIGNATURE'], ['PERMISSION_EXPIRED', 'NONCE_USED']],
    build: broken => {
      const ledger = new TestLedger()
      const permission = permissionOf(ann, cho, { nonce: 3n })
      ledger.accept({ type: 'GrantPermission', permission })
      if (broken.has('PERMISSION_EXPIRED')) ledger.nowMs = Number(permission.message.expires) * 1000
      const { message } = revocationOf(ann, cho, broken.has('NONCE_USED') ? 2n : 3n)
      const named = { ...message, delegate: broken.has('MALFORMED') ? zeroAddress : cho.address }
      return {
        ledger,
        command: { type: 'RevokePermission', revocation: seal(broken, permissionRevocationType, named, ann) },
      }
    },
  },
  InstructPayouts: {
    ranks: [['MALFORMED'], ['INVALID_SIGNATURE'], ['DEADLINE_TOO_FAR'], ['NONCE_USED']],
    build: broken => {
      const ledger = new TestLedger()
      ledger.accept({ type: 'InstructPayouts', instruction: ann.instruction({ nonce: 3n }) })
      const nonce = broken.has('NONCE_USED') ? 3n : 4n
      const expires = expiresOf(broken, ledger, instructionSecondsMax)
      const { message } = ann.instruction({ nonce, expires, wallet: spelled(broken, ann.address) })
      const instruction = seal(broken, payoutInstructionType, message, ann)
      return { ledger, command: { type: 'InstructPayouts', instruction } }
    },
  },
  PayByInstruction: {
    ranks: [['PAYOUT_NOT_DUE']],
    build: broken => {
      const ledger = new TestLedger()
      ledger.deposit(ann.address, 5n)
      if (!broken.has('PAYOUT_NOT_DUE')) {
        ledger.accept({ type: 'InstructPayouts', instruction: ann.instruction() })
      }
      return { ledger, command: { type: 'PayByInstruction', wallet: ann.address } }
    },
  },
  Link: {
    ranks: [['MALFORMED'], ['LINK_FAILED']],
    build: broken => {
      const ledger = new TestLedger()
      ledger.deposit(ann.address, 5n)
      const amountMicrocredits = broken.has('LINK_FAILED') ? 6n : 1n
      const commands = [1n, 2n].map(nonce => {
        const transfer = ann.transfer({ to: bob.address, amountMicrocredits, nonce })
        return { type: 'TransferCredits', transfer } as const
      })
      return { ledger, command: { type: 'Link', commands: broken.has('MALFORMED') ? commands.slice(1) : commands } }
    },
  },
}

/** Epoch 1 is closed over a payout of 5 µcr to Ann, whose payee id is 1. */
function closed(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 5n)
  ledger.accept({ type: 'WithdrawCredits', withdrawal: ann.withdrawal({ amountMicrocredits: 5n, nonce: 1n }) })
  ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 1 })
  ledger.accept({ type: 'CloseEpoch', epoch: 1 })
  return ledger
}

function final(): TestLedger {
  const ledger = closed()
  ledger.accept({ type: 'RecordEpochFinal', epoch: 1, burnMicrocredits: 0n, place })
  return ledger
}

export const factsOfTheChain: PrecedenceCases = {
  OpenLedger: {
    ranks: [['MALFORMED'], ['COMMAND_CONFLICT']],
    build: broken => {
      const chainId = broken.has('MALFORMED') ? 0 : testConfig.chainId
      const config = { ...testConfig, chainId, changeDelaySeconds: broken.has('COMMAND_CONFLICT') ? 1 : 604_800 }
      return { ledger: new TestLedger(), command: { type: 'OpenLedger', config } }
    },
  },
  RecordInboxItem: {
    ranks: [['MALFORMED'], ['COMMAND_CONFLICT'], ['AMOUNT_OUT_OF_RANGE'], ['INBOX_OUT_OF_ORDER'], ['SUPPLY_EXCEEDED']],
    build: broken => {
      const ledger = new TestLedger()
      ledger.deposit(bob.address, broken.has('SUPPLY_EXCEEDED') ? microcreditsMax : 5n)
      const next = broken.has('INBOX_OUT_OF_ORDER') ? 2 : 1
      const index = broken.has('COMMAND_CONFLICT') ? 0 : next
      const amountMicrocredits = broken.has('AMOUNT_OUT_OF_RANGE') ? 0n : 5n
      const detail = broken.has('MALFORMED') ? { epoch: 1 } : {}
      const item = { index, kind: 'deposit', account: ann.address, amountMicrocredits, place, ...detail } as const
      return { ledger, command: { type: 'RecordInboxItem', ...item } }
    },
  },
  'RecordInboxItem of a pushed receipt': {
    ranks: [
      ['MALFORMED'],
      ['INVALID_SIGNATURE'],
      ['COMMAND_CONFLICT'],
      ['AMOUNT_OUT_OF_RANGE'],
      ['INBOX_OUT_OF_ORDER'],
    ],
    build: broken => {
      const ledger = new TestLedger()
      ledger.push(node.receipt(zeroHash, {}))
      const receipt = node.receipt(zeroHash, { sequence: 2n })
      const digest = typedDataDigest(ethersCrypto, testDomain, usageReceiptType, receipt.message)
      const shown = seal(broken, usageReceiptType, receipt.message, node)
      const command = {
        type: 'RecordInboxItem',
        index: broken.has('COMMAND_CONFLICT') ? 0 : broken.has('INBOX_OUT_OF_ORDER') ? 2 : 1,
        kind: 'receipt',
        account: node.address,
        amountMicrocredits: broken.has('AMOUNT_OUT_OF_RANGE') ? 1n : 0n,
        place,
        digest: broken.has('MALFORMED') ? zeroHash : digest,
        receipt: shown,
      } as const
      return { ledger, command }
    },
  },
  RecordPayee: {
    ranks: [['PAYEE_ID_CONFLICT'], ['COMMAND_CONFLICT']],
    build: broken => {
      const ledger = new TestLedger()
      ledger.accept({ type: 'RecordPayee', wallet: bob.address, id: 1 })
      if (broken.has('PAYEE_ID_CONFLICT')) {
        ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 2 })
        ledger.nowMs += rememberMs
        ledger.deposit(cho.address, 1n)
      }
      return {
        ledger,
        command: { type: 'RecordPayee', wallet: ann.address, id: broken.has('COMMAND_CONFLICT') ? 1 : 3 },
      }
    },
  },
  CloseEpoch: {
    ranks: [['EPOCH_OUT_OF_ORDER'], ['EPOCH_PENDING']],
    build: broken => {
      const ledger = broken.has('EPOCH_PENDING') ? closed() : final()
      return { ledger, command: { type: 'CloseEpoch', epoch: broken.has('EPOCH_OUT_OF_ORDER') ? 3 : 2 } }
    },
  },
  RecordEpochFinal: {
    ranks: [['EPOCH_OUT_OF_ORDER'], ['COMMAND_CONFLICT']],
    build: broken => {
      const burnMicrocredits = broken.has('COMMAND_CONFLICT') ? 1n : 0n
      const epoch = broken.has('EPOCH_OUT_OF_ORDER') ? 2 : 1
      return { ledger: closed(), command: { type: 'RecordEpochFinal', epoch, burnMicrocredits, place } }
    },
  },
  RecordEpochCancelled: {
    ranks: [['EPOCH_OUT_OF_ORDER'], ['COMMAND_CONFLICT']],
    build: broken => {
      const epoch = broken.has('EPOCH_OUT_OF_ORDER') ? 0 : 1
      const headEpoch = broken.has('COMMAND_CONFLICT') ? 1 : 0
      return { ledger: closed(), command: { type: 'RecordEpochCancelled', epoch, lastEpoch: 1, headEpoch, place } }
    },
  },
  RecordNodeStake: {
    ranks: [['COMMAND_CONFLICT']],
    build: broken => {
      const ledger = new TestLedger()
      const stake = { node: node.address, stakeMicrocredits: 5n, unbondingMicrocredits: 0n }
      ledger.accept({ type: 'RecordNodeStake', ...stake, place })
      const blockNumber = broken.has('COMMAND_CONFLICT') ? 0n : 2n
      return { ledger, command: { type: 'RecordNodeStake', ...stake, place: { ...place, blockNumber } } }
    },
  },
  RecordClaim: {
    ranks: [['CLAIM_NOT_OWED']],
    build: broken => {
      const paidMicrocredits = broken.has('CLAIM_NOT_OWED') ? 6n : 5n
      const claim = { wallet: ann.address, paidMicrocredits, cumulativeMicrocredits: paidMicrocredits, place }
      return { ledger: final(), command: { type: 'RecordClaim', ...claim } }
    },
  },
}

const [here, there] = [0, 1].map(shard => actorAt(shard, 2)) as [typeof ann, typeof ann]

/** Shard 0 of 2, which has sent 50 µcr to the other one and taken one sending back. */
function shardOfTwo(): TestLedger {
  const ledger = new TestLedger({ ...testConfig, shard: 0, shardCount: 2 })
  ledger.deposit(here.address, 100n)
  const transfer = here.transfer({ to: there.address, amountMicrocredits: 50n, nonce: 1n })
  ledger.accept({ type: 'TransferCredits', transfer })
  ledger.accept({ type: 'ReceiveClearing', ...delivery(1, 7) })
  return ledger
}

function delivery(sequence: number, fromPosition: number, amountMicrocredits = 5n, toShard = 0) {
  const to = toShard === 0 ? here : there
  const credits = [{ account: `wallet:${to.address}` as const, amountMicrocredits }]
  return { fromShard: 1 - toShard, toShard, sequence, fromPosition, fromHash: zeroHash, credits }
}

export const factsOfShards: PrecedenceCases = {
  ReceiveClearing: {
    ranks: [['MALFORMED'], ['WRONG_SHARD'], ['AMOUNT_OUT_OF_RANGE'], ['CLEARING_OUT_OF_ORDER'], ['COMMAND_CONFLICT']],
    build: broken => {
      const sequence = broken.has('CLEARING_OUT_OF_ORDER') ? 3 : 2
      const fromPosition = broken.has('COMMAND_CONFLICT') ? 7 : 8
      const amount = broken.has('AMOUNT_OUT_OF_RANGE') ? 0n : 5n
      const sent = delivery(sequence, fromPosition, amount, broken.has('WRONG_SHARD') ? 1 : 0)
      const command = {
        type: 'ReceiveClearing',
        ...sent,
        credits: broken.has('MALFORMED') ? [] : sent.credits,
      } as const
      return { ledger: shardOfTwo(), command }
    },
  },
  'TransferCredits to one of several shards': {
    ranks: [['MALFORMED'], ['WRONG_SHARD'], ['INVALID_SIGNATURE'], deadlineRank],
    build: broken => {
      const ledger = shardOfTwo()
      const from = broken.has('WRONG_SHARD') ? there : here
      const to = broken.has('MALFORMED') ? zeroAddress : ann.address
      const message = from.transfer({
        to,
        amountMicrocredits: 5n,
        nonce: 2n,
        deadline: deadlineOf(broken, ledger),
      }).message
      return { ledger, command: { type: 'TransferCredits', transfer: seal(broken, transferType, message, from) } }
    },
  },
}
