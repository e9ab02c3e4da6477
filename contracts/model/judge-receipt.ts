import type { Answer, OrderAnswer, ReceiptDemand } from './demands.ts'
import { type Due, entryOf, isCoveredHere, standing } from './judge.ts'
import { isOfEpoch } from './judge-credit.ts'
import { needCertified, needEndedBefore, needRelease } from './judge-kept.ts'
import { type Certificate, dueOf, type Receipt } from './messages.ts'
import { freeBond } from './settlement.ts'
import { digestOf } from './signatures.ts'
import { type Epoch, epochOf, leafAt, need, Refused, type State } from './state.ts'

/** The certified order, its node's receipt, and why it is due in this epoch. */
export function needReceipt(state: State, epoch: Epoch, demand: ReceiptDemand): void {
  needCertified(state, demand)
  const { node, order } = demand.certificate.message
  const { receipt } = demand
  const isSigned = state.keys.isGenuine(receipt) && receipt.signer === node && receipt.message.node === node
  need(state, 'always', isSigned && receipt.message.order === order, 'ReceiptUnrelated')
  need(state, 'always', dueFor(state, receipt.message, demand.certificate.message) > 0, 'NothingDue')
  needReceiptGround(state, epoch, demand)
  const isPaid = state.paidByBond.has(paidKey(demand)) && !state.without.has('bond-pays-once')
  need(state, 'always', !isPaid, 'OrderCompensated', { order })
}

/** The bond pays a node once for an order. */
const paidKey = ({ certificate }: ReceiptDemand): string => `${certificate.message.order} ${certificate.message.node}`

function needReceiptGround(state: State, epoch: Epoch, { order, receipt, ground }: ReceiptDemand): undefined {
  const digest = digestOf(receipt.message)
  switch (ground.kind) {
    case 'pushed': {
      const index = state.pushedReceipts.get(digest)
      need(state, 'always', index !== undefined, 'ReceiptNotPushed', { digest })
      return need(state, 'push-of-this-epoch', isCoveredHere(state, epoch, index ?? 0), 'InboxItemOfOtherEpoch')
    }
    case 'accepted': {
      const { signer, message } = ground.acceptance
      const isSaid = state.keys.isGenuine(ground.acceptance) && signer === state.ledger && message.isAccepted
      need(state, 'always', isSaid && message.digest === digest, 'AcceptanceUnrelated')
      const isHere = isOfEpoch(state, epoch, message)
      return need(state, 'acceptance-of-this-epoch', isHere, 'PositionOutsideEpoch')
    }
    case 'debited': {
      const { debit } = entryOf(standing(state, epoch, order.message.wallet), digestOf(order.message))
      return need(state, 'always', debit > 0, 'NothingDebited')
    }
  }
}

/** The ways in which a receipt may be answered; each is refused unless it is true. */
export function judgeReceipt(state: State, epoch: Epoch, demand: ReceiptDemand, answer: Answer): Due | undefined {
  const given = answer.orderAnswer
  switch (given?.way) {
    case 'paid':
      return judgePaid(state, epoch, demand)
    case 'ended':
      need(state, 'ended-if-pushed', demand.ground.kind === 'pushed', 'ReceiptNotPushed')
      return needEndedBefore(state, epoch, demand)
    case 'released':
      return needRelease(state, demand, given.release)
    case 'other-receipt':
      return judgeOther(state, demand, given)
    case 'unknown':
      return judgeUnknown(state, epoch, demand)
    default:
      throw new Refused('ReceiptUnanswered')
  }
}

function judgePaid(state: State, epoch: Epoch, demand: ReceiptDemand): undefined {
  const { payoutWallet, order } = demand.certificate.message
  const { credit } = entryOf(standing(state, epoch, payoutWallet), order)
  const due = dueFor(state, demand.receipt.message, demand.certificate.message)
  need(state, 'receipt-paid-what-is-due', credit >= due, 'ReceiptUnderpaid', { credit, due })
}

function judgeOther(
  state: State,
  { receipt: asked, certificate }: ReceiptDemand,
  { receipt }: Extract<OrderAnswer, { way: 'other-receipt' }>,
): undefined {
  const { node, order } = certificate.message
  const isSigned = state.keys.isGenuine(receipt) && receipt.signer === node && receipt.message.node === node
  const isOther = receipt.message.order === order && digestOf(receipt.message) !== digestOf(asked.message)
  need(state, 'always', isSigned, 'SignatureInvalid')
  need(state, 'other-receipt-of-order', isOther, 'ReceiptNotOther')
}

/** The ledger certified a hold that never came to be: nothing is cancelled, what the poster's bond has free pays what is due, up to a cap. */
function judgeUnknown(state: State, epoch: Epoch, demand: ReceiptDemand): Due | undefined {
  const order = digestOf(demand.order.message)
  const payer = demand.order.message.wallet
  const { credit, debit } = entryOf(standing(state, epoch, payer), order)
  const isKnown = leafAt(epoch, payer).holds.has(order) || credit > 0 || debit > 0
  const stood = leafAt(epochOf(state, epoch.header.parent), payer).holds.has(order)
  need(state, 'order-unknown-pays', !isKnown, 'OrderKnown')
  need(state, 'order-stood-is-no-unknown', !stood, 'OrderKnown')
  if (state.paidByBond.has(paidKey(demand)) && !state.without.has('bond-pays-once')) return
  const due = dueFor(state, demand.receipt.message, demand.certificate.message)
  const amount = Math.min(due, state.params.orderCap)
  const free = freeBond(state)
  need(state, 'always', free >= amount, 'BondTooSmall', { free, amount })
  state.paidByBond.add(paidKey(demand))
  return { account: demand.certificate.message.payoutWallet, amount }
}

export const dueFor = (state: State, receipt: Receipt, certificate: Certificate): number =>
  dueOf(receipt, certificate, state.params.feePercent)
