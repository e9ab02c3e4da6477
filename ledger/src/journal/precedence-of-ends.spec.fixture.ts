import { escrowCaptureType, escrowReleaseType } from '../escrow/escrow-order.ts'
import { type Hex, zeroHash } from '../hex.ts'
import { assignmentReleaseType } from '../hold/hold-certificate.ts'
import { jobOrderType, orderCancellationType } from '../hold/job-order.ts'
import { iouDefaultType } from '../iou/iou.ts'
import { usageReceiptType } from '../receipt/usage-receipt.ts'
import { digestOfOrder, testConfig, testConfig020 } from '../testing/actors.ts'
import { digestOfEscrow, escrowCapture, escrowOrder } from '../testing/escrow-actors.ts'
import { digestOfIou, iou, iouDefault, iouRedemption } from '../testing/iou-actors.ts'
import { permissionOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import {
  ann,
  type Broken,
  bob,
  cho,
  deadlineOf,
  deadlineRank,
  node,
  otherNode,
  type PrecedenceCases,
  seal,
  spelled,
  stranger,
} from './precedence-case.spec.fixture.ts'
import { rememberMs } from './repetition.ts'

const jobRank = ['UNKNOWN_JOB', 'JOB_ENDED'] as const

/** No job that is unknown or has ended has anything. */
function apartFromJobs(...codes: readonly ('HOLD_ASSIGNED' | 'NOT_ASSIGNED' | 'RECEIPT_PENDING' | 'NO_RECEIPT')[]) {
  return jobRank.flatMap(job => codes.map(code => [job, code] as const))
}

/**
 * A job that Cho ordered for Ann under a permission, not assigned; with rules of the job's own state broken as told. The node is
 * registered, and its receipts have used sequence 1.
 */
function job(broken: Broken, allowedNodes: readonly Hex[] = [], config = testConfig) {
  const ledger = new TestLedger(config)
  ledger.deposit(ann.address, 10_000n)
  const permission = permissionOf(ann, cho, { counterparties: allowedNodes })
  ledger.accept({ type: 'GrantPermission', permission })
  const [first, second] = [1n, 2n].map(nonce =>
    cho.sign(jobOrderType, ann.order({ nonce, maxPriceMicrocredits: 1_000n }).message),
  )
  if (first === undefined || second === undefined) throw new TypeError('there are two orders')
  ledger.settle(node.receipt(ledger.assigned(first, node), { fuel: 0n }))
  ledger.accept({ type: 'RegisterNode', registration: otherNode.registration() })
  const orderDigest = digestOfOrder(second)
  if (!broken.has('UNKNOWN_JOB')) ledger.accept({ type: 'OpenHold', order: second })
  if (broken.has('JOB_ENDED')) {
    ledger.accept({ type: 'CancelOrder', cancellation: ann.cancellation(orderDigest, { deadline: soon(ledger) + 1n }) })
  }
  return { ledger, orderDigest }
}

/** The same job, which the node has, and for which it has handed in a receipt when that is what is to be broken. */
function assignedJob(broken: Broken, config = testConfig) {
  const { ledger, orderDigest } = job(broken, [], config)
  if (jobRank.some(code => broken.has(code))) return { ledger, orderDigest }
  ledger.accept({ type: 'AssignHold', orderDigest, node: node.address, attempt: 1 })
  if (broken.has('RECEIPT_PENDING')) {
    ledger.accept({ type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, { sequence: 2n, fuel: 7n }) })
  }
  return { ledger, orderDigest }
}

function soon({ nowMs }: TestLedger): bigint {
  return BigInt(nowMs / 1000 + 600)
}

export const endsOfJobs: PrecedenceCases = {
  AssignHold: {
    ranks: [jobRank, ['HOLD_ASSIGNED'], ['UNKNOWN_NODE'], ['COUNTERPARTY_NOT_ALLOWED'], ['COMMAND_CONFLICT']],
    apart: apartFromJobs('HOLD_ASSIGNED'),
    build: broken => {
      const named = broken.has('COUNTERPARTY_NOT_ALLOWED') ? [] : [otherNode.address, stranger.address]
      const { ledger, orderDigest } = job(broken, [node.address, ...named])
      if (broken.has('HOLD_ASSIGNED')) {
        ledger.accept({ type: 'AssignHold', orderDigest, node: node.address, attempt: 1 })
      }
      const given = broken.has('UNKNOWN_NODE') ? stranger : otherNode
      const attempt = (broken.has('HOLD_ASSIGNED') ? 2 : 1) + (broken.has('COMMAND_CONFLICT') ? 1 : 0)
      return { ledger, command: { type: 'AssignHold', orderDigest, node: given.address, attempt } }
    },
  },
  ReleaseAssignment: {
    ranks: [['MALFORMED'], ['INVALID_SIGNATURE'], jobRank, ['NOT_ASSIGNED'], ['RECEIPT_PENDING']],
    apart: apartFromJobs('NOT_ASSIGNED', 'RECEIPT_PENDING'),
    build: broken => {
      const { ledger, orderDigest } = assignedJob(broken)
      const attempt = broken.has('NOT_ASSIGNED') ? 2 : 1
      const message = { orderDigest: spelled(broken, orderDigest), node: node.address, attempt }
      return {
        ledger,
        command: { type: 'ReleaseAssignment', release: seal(broken, assignmentReleaseType, message, node) },
      }
    },
  },
  CancelOrder: {
    ranks: [['MALFORMED'], ['INVALID_SIGNATURE'], deadlineRank, jobRank, ['HOLD_ASSIGNED']],
    apart: apartFromJobs('HOLD_ASSIGNED'),
    build: broken => {
      const { ledger, orderDigest } = broken.has('HOLD_ASSIGNED') ? assignedJob(broken) : job(broken)
      const parties = { orderDigest: spelled(broken, orderDigest), payer: ann.address }
      const message = { ...parties, deadline: deadlineOf(broken, ledger) }
      return {
        ledger,
        command: { type: 'CancelOrder', cancellation: seal(broken, orderCancellationType, message, ann) },
      }
    },
  },
  ReleaseHold: {
    ranks: [jobRank, ['HOLD_ASSIGNED']],
    apart: apartFromJobs('HOLD_ASSIGNED'),
    build: broken => {
      const { ledger, orderDigest } = broken.has('HOLD_ASSIGNED') ? assignedJob(broken) : job(broken)
      return { ledger, command: { type: 'ReleaseHold', orderDigest } }
    },
  },
  ReceiveReceipt: {
    ranks: [
      ['MALFORMED'],
      ['INVALID_SIGNATURE'],
      ['RECEIPT_FROM_FUTURE'],
      jobRank,
      ['NOT_ASSIGNED'],
      ['RECEIPT_PENDING'],
    ],
    apart: apartFromJobs('NOT_ASSIGNED', 'RECEIPT_PENDING'),
    build: broken => {
      const { ledger, orderDigest } = assignedJob(broken)
      const endedAtMs = BigInt(ledger.nowMs) + (broken.has('RECEIPT_FROM_FUTURE') ? 1n : 0n)
      const attempt = broken.has('NOT_ASSIGNED') ? 2 : 1
      const { message } = node.receipt(spelled(broken, orderDigest), { sequence: 3n, attempt, endedAtMs })
      return { ledger, command: { type: 'ReceiveReceipt', receipt: seal(broken, usageReceiptType, message, node) } }
    },
  },
  'ReceiveReceipt before protocol 2': {
    ranks: [['MALFORMED'], ['INVALID_SIGNATURE'], jobRank, ['NOT_ASSIGNED'], ['RECEIPT_PENDING'], ['SEQUENCE_USED']],
    apart: apartFromJobs('NOT_ASSIGNED', 'RECEIPT_PENDING'),
    build: broken => {
      const { ledger, orderDigest } = assignedJob(broken, testConfig020)
      const sequence = broken.has('SEQUENCE_USED') ? 1n : 3n
      const attempt = broken.has('NOT_ASSIGNED') ? 2 : 1
      const { message } = node.receipt(spelled(broken, orderDigest), { sequence, attempt })
      return { ledger, command: { type: 'ReceiveReceipt', receipt: seal(broken, usageReceiptType, message, node) } }
    },
  },
  SettleJob: {
    ranks: [jobRank, ['NO_RECEIPT']],
    apart: apartFromJobs('NO_RECEIPT'),
    build: broken => {
      const hasReceipt = !broken.has('NO_RECEIPT') && !jobRank.some(code => broken.has(code))
      const { ledger, orderDigest } = assignedJob(hasReceipt ? new Set(['RECEIPT_PENDING']) : broken)
      return { ledger, command: { type: 'SettleJob', orderDigest } }
    },
  },
}

/** An escrow of 1 000 µcr from Ann for Bob. */
function escrowed(broken: Broken) {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 10_000n)
  const order = escrowOrder(ann, { seller: bob.address, nonce: 1n, amountMicrocredits: 1_000n })
  const escrow = digestOfEscrow(order)
  if (!broken.has('UNKNOWN_ESCROW')) ledger.accept({ type: 'OpenEscrow', order })
  if (broken.has('ESCROW_ENDED')) ledger.accept({ type: 'CaptureEscrow', capture: escrowCapture(ann, escrow, 7n) })
  return { ledger, escrow }
}

export const endsOfObligations: PrecedenceCases = {
  CaptureEscrow: {
    ranks: [
      ['MALFORMED'],
      ['INVALID_SIGNATURE'],
      ['AMOUNT_OUT_OF_RANGE'],
      ['UNKNOWN_ESCROW', 'ESCROW_ENDED'],
      ['ESCROW_EXCEEDED'],
    ],
    apart: [
      ['UNKNOWN_ESCROW', 'ESCROW_EXCEEDED'],
      ['ESCROW_ENDED', 'ESCROW_EXCEEDED'],
    ],
    build: broken => {
      const { ledger, escrow } = escrowed(broken)
      const inRange = broken.has('ESCROW_EXCEEDED') ? 1_001n : 1_000n
      const amountMicrocredits = broken.has('AMOUNT_OUT_OF_RANGE') ? 0n : inRange
      const message = { escrow: spelled(broken, escrow), wallet: ann.address, amountMicrocredits }
      return { ledger, command: { type: 'CaptureEscrow', capture: seal(broken, escrowCaptureType, message, ann) } }
    },
  },
  'CaptureEscrow by a delegate': {
    ranks: [['ESCROW_EXCEEDED'], ['PERMISSION_EXPIRED']],
    build: broken => {
      const ledger = new TestLedger()
      ledger.deposit(ann.address, 10_000n)
      const expires = BigInt(ledger.nowMs / 1000 + 100)
      ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, cho, { expires }) })
      const fields = { wallet: ann.address, seller: bob.address, nonce: 1n, amountMicrocredits: 1_000n }
      const order = escrowOrder(cho, fields)
      ledger.accept({ type: 'OpenEscrow', order })
      if (broken.has('PERMISSION_EXPIRED')) ledger.nowMs += 100_000
      const amount = broken.has('ESCROW_EXCEEDED') ? 1_001n : 1_000n
      const capture = escrowCapture(cho, digestOfEscrow(order), amount, ann.address)
      return { ledger, command: { type: 'CaptureEscrow', capture } }
    },
  },
  ReleaseEscrow: {
    ranks: [['MALFORMED'], ['INVALID_SIGNATURE'], ['UNKNOWN_ESCROW', 'ESCROW_ENDED']],
    build: broken => {
      const { ledger, escrow } = escrowed(broken)
      const message = { escrow: spelled(broken, escrow), seller: bob.address }
      return { ledger, command: { type: 'ReleaseEscrow', release: seal(broken, escrowReleaseType, message, bob) } }
    },
  },
  DefaultIou: {
    ranks: [['MALFORMED'], ['INVALID_SIGNATURE'], ['UNKNOWN_IOU', 'IOU_PAID', 'IOU_DEFAULTED', 'IOU_NOT_DUE']],
    build: broken => {
      const ledger = new TestLedger()
      ledger.deposit(ann.address, 10_000n)
      const dueAt = broken.has('IOU_NOT_DUE') ? soon(ledger) : 0n
      const promise = iou(ann, { creditor: bob.address, amountMicrocredits: 5n, nonce: 1n, dueAt })
      const digest = broken.has('UNKNOWN_IOU') ? zeroHash : digestOfIou(promise)
      ledger.accept({ type: 'IssueIou', iou: promise })
      if (broken.has('IOU_PAID')) {
        const redemption = iouRedemption(ann, { iou: digest, amountMicrocredits: 5n, nonce: 2n })
        ledger.accept({ type: 'RedeemIou', redemption })
      }
      if (broken.has('IOU_DEFAULTED')) {
        ledger.accept({ type: 'DefaultIou', declaration: iouDefault(bob, digest) })
        ledger.nowMs += rememberMs
        ledger.deposit(cho.address, 1n)
      }
      const message = { iou: spelled(broken, digest), creditor: bob.address }
      return { ledger, command: { type: 'DefaultIou', declaration: seal(broken, iouDefaultType, message, bob) } }
    },
  },
}
