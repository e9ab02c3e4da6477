import { type Purchase, purchaseType } from '../account/purchase.ts'
import { type Transfer, transferType } from '../account/transfer.ts'
import { countedMicrocredits, turnoverMicrocreditsMax } from '../account/turnover.ts'
import { type EscrowOrder, escrowOrderType } from '../escrow/escrow-order.ts'
import { zeroAddress, zeroHash } from '../hex.ts'
import { jobOrderType } from '../hold/job-order.ts'
import { type Iou, type IouRedemption, iouRedemptionType, iouType } from '../iou/iou.ts'
import { type Withdrawal, withdrawalType } from '../payout/withdrawal.ts'
import { digestOfIou, iou, iouRedemption } from '../testing/iou-actors.ts'
import { permissionOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import {
  ann,
  type Broken,
  bob,
  cho,
  deadlineOf,
  deadlineRank,
  type PrecedenceCases,
  seal,
  spelled,
} from './precedence-case.spec.fixture.ts'

const untilAmount = [['MALFORMED'], ['INVALID_SIGNATURE'], deadlineRank, ['AMOUNT_OUT_OF_RANGE']] as const

const spendRanks = [...untilAmount, ['NONCE_USED'], ['TURNOVER_EXCEEDED'], ['INSUFFICIENT_CREDITS']] as const

/** A ledger in which Ann has 1 000 µcr, or nothing, and has used nonce 1. */
function world(broken: Broken): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, broken.has('INSUFFICIENT_CREDITS') ? 1n : 1_001n)
  const transfer = ann.transfer({ to: bob.address, amountMicrocredits: 1n, nonce: 1n })
  ledger.accept({ type: 'TransferCredits', transfer })
  if (broken.has('TURNOVER_EXCEEDED')) ledger.state.turnover.set(ann.address, turnoverMicrocreditsMax)
  return ledger
}

/** 5 µcr, or so much that it counts as turnover. */
function amountOf(broken: Broken): bigint {
  if (broken.has('AMOUNT_OUT_OF_RANGE')) return 0n
  return broken.has('TURNOVER_EXCEEDED') ? countedMicrocredits : 5n
}

/** What every message that spends says of amount and time. */
function terms(broken: Broken, ledger: TestLedger) {
  return {
    amountMicrocredits: amountOf(broken),
    lane: 0,
    nonce: broken.has('NONCE_USED') ? 1n : 2n,
    deadline: deadlineOf(broken, ledger),
  }
}

/** Somebody who can be paid, or nobody. */
function recipient(broken: Broken) {
  return broken.has('MALFORMED') ? zeroAddress : bob.address
}

/** An order of a job by Ann. */
function jobOrder(broken: Broken, ledger: TestLedger) {
  const { amountMicrocredits, ...rest } = terms(broken, ledger)
  const priority = broken.has('MALFORMED') ? 3 : 1
  const fields = { maxPriceMicrocredits: amountMicrocredits, priority, graceSeconds: 0 }
  return ann.order({ ...rest, ...fields }).message
}

export const spendsOfWallets: PrecedenceCases = {
  TransferCredits: {
    ranks: spendRanks,
    build: broken => {
      const ledger = world(broken)
      const message: Transfer = { from: ann.address, to: recipient(broken), ...terms(broken, ledger) }
      return { ledger, command: { type: 'TransferCredits', transfer: seal(broken, transferType, message, ann) } }
    },
  },
  BuyService: {
    ranks: spendRanks,
    build: broken => {
      const ledger = world(broken)
      const parties = { wallet: ann.address, seller: recipient(broken), reference: zeroHash }
      const message: Purchase = { ...parties, ...terms(broken, ledger) }
      return { ledger, command: { type: 'BuyService', purchase: seal(broken, purchaseType, message, ann) } }
    },
  },
  WithdrawCredits: {
    ranks: spendRanks,
    build: broken => {
      const ledger = world(broken)
      const message: Withdrawal = { wallet: spelled(broken, ann.address), ...terms(broken, ledger) }
      return { ledger, command: { type: 'WithdrawCredits', withdrawal: seal(broken, withdrawalType, message, ann) } }
    },
  },
  OpenHold: {
    ranks: spendRanks,
    build: broken => {
      const ledger = world(broken)
      const message = jobOrder(broken, ledger)
      return { ledger, command: { type: 'OpenHold', order: seal(broken, jobOrderType, message, ann) } }
    },
  },
  OpenEscrow: {
    ranks: spendRanks,
    build: broken => {
      const ledger = world(broken)
      const own = terms(broken, ledger)
      const parties = { wallet: ann.address, seller: recipient(broken), reference: zeroHash }
      const message: EscrowOrder = { ...parties, ...own, expires: own.deadline }
      return { ledger, command: { type: 'OpenEscrow', order: seal(broken, escrowOrderType, message, ann) } }
    },
  },
  IssueIou: {
    ranks: [...untilAmount, ['NONCE_USED']],
    build: broken => {
      const ledger = world(broken)
      const parties = { debtor: ann.address, creditor: recipient(broken), reference: zeroHash, dueAt: 0n }
      const message: Iou = { ...parties, ...terms(broken, ledger) }
      return { ledger, command: { type: 'IssueIou', iou: seal(broken, iouType, message, ann) } }
    },
  },
  RedeemIou: {
    ranks: [
      ...untilAmount,
      ['UNKNOWN_IOU', 'IOU_PAID'],
      ['IOU_EXCEEDED'],
      ['NONCE_USED'],
      ['TURNOVER_EXCEEDED'],
      ['INSUFFICIENT_CREDITS'],
    ],
    apart: [
      ['UNKNOWN_IOU', 'IOU_EXCEEDED'],
      ['IOU_PAID', 'IOU_EXCEEDED'],
    ],
    build: broken => {
      const ledger = world(broken)
      const promised = broken.has('TURNOVER_EXCEEDED') ? countedMicrocredits : 5n
      const promise = iou(ann, { creditor: bob.address, amountMicrocredits: promised, nonce: 1n, lane: 1 })
      const digest = digestOfIou(promise)
      if (!broken.has('UNKNOWN_IOU')) ledger.accept({ type: 'IssueIou', iou: promise })
      if (broken.has('IOU_PAID')) {
        const whole = { iou: digest, amountMicrocredits: 5n, lane: 1, nonce: 2n }
        ledger.accept({ type: 'RedeemIou', redemption: iouRedemption(ann, whole) })
      }
      const own = terms(broken, ledger)
      const amountMicrocredits = broken.has('IOU_EXCEEDED') ? 6n : own.amountMicrocredits
      const parties = { iou: spelled(broken, digest), debtor: ann.address }
      const message: IouRedemption = { ...parties, ...own, amountMicrocredits }
      return { ledger, command: { type: 'RedeemIou', redemption: seal(broken, iouRedemptionType, message, ann) } }
    },
  },
}

/** The same world, in which Cho may spend up to 500 µcr of Ann's on Bob and on WebAssembly, and has used nonce 1. */
function delegatedWorld(broken: Broken): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, broken.has('INSUFFICIENT_CREDITS') ? 1n : 1_001n)
  const isLarge = broken.has('TURNOVER_EXCEEDED') && !broken.has('CAP_EXCEEDED')
  const capMicrocredits = isLarge ? 2n * countedMicrocredits : 500n
  const caps = { hourMicrocreditsMax: 2n * countedMicrocredits, dayMicrocreditsMax: 2n * countedMicrocredits }
  const limits = { counterparties: [bob.address], engines: ['wasm'], jobMicrocreditsMax: capMicrocredits, ...caps }
  const expires = BigInt(ledger.nowMs / 1000 + 100)
  ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, cho, { ...limits, expires }) })
  const { message } = ann.transfer({ to: bob.address, amountMicrocredits: 1n, nonce: 1n })
  ledger.accept({ type: 'TransferCredits', transfer: cho.sign(transferType, message) })
  if (broken.has('PERMISSION_EXPIRED')) ledger.nowMs += 100_000
  if (broken.has('TURNOVER_EXCEEDED')) ledger.state.turnover.set(ann.address, turnoverMicrocreditsMax)
  return ledger
}

function delegatedTerms(broken: Broken, ledger: TestLedger) {
  const own = terms(broken, ledger)
  return broken.has('CAP_EXCEEDED') && !broken.has('TURNOVER_EXCEEDED') ? { ...own, amountMicrocredits: 501n } : own
}

export const spendsOfDelegates: PrecedenceCases = {
  'TransferCredits by a delegate': {
    ranks: [
      ...untilAmount,
      ['PERMISSION_EXPIRED'],
      ['COUNTERPARTY_NOT_ALLOWED'],
      ['NONCE_USED'],
      ['CAP_EXCEEDED'],
      ['TURNOVER_EXCEEDED'],
      ['INSUFFICIENT_CREDITS'],
    ],
    build: broken => {
      const ledger = delegatedWorld(broken)
      const to = broken.has('COUNTERPARTY_NOT_ALLOWED') ? cho.address : recipient(broken)
      const message: Transfer = { from: ann.address, to, ...delegatedTerms(broken, ledger) }
      return { ledger, command: { type: 'TransferCredits', transfer: seal(broken, transferType, message, cho) } }
    },
  },
  'OpenHold by a delegate': {
    ranks: [
      ...untilAmount,
      ['PERMISSION_EXPIRED'],
      ['ENGINE_NOT_ALLOWED'],
      ['NONCE_USED'],
      ['CAP_EXCEEDED'],
      ['TURNOVER_EXCEEDED'],
      ['INSUFFICIENT_CREDITS'],
    ],
    build: broken => {
      const ledger = delegatedWorld(broken)
      const own = delegatedTerms(broken, ledger)
      const engine = broken.has('ENGINE_NOT_ALLOWED') ? 'docker' : 'wasm'
      const message = { ...jobOrder(broken, ledger), maxPriceMicrocredits: own.amountMicrocredits, engine } as const
      return { ledger, command: { type: 'OpenHold', order: seal(broken, jobOrderType, message, cho) } }
    },
  },
}
