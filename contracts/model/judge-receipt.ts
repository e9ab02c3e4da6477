import type { Answer, Demand, OrderAnswer, ReceiptDemand } from './demands.ts'
import { type Due, entryOf, standing } from './judge.ts'
import { isPositionOf } from './judge-credit.ts'
import { dueOf, type Release } from './messages.ts'
import { digestOf, type Signed } from './signatures.ts'
import { type Epoch, epochOf, leafAt, need, Refused, type State } from './state.ts'

type KeptDemand = Extract<Demand, { kind: 'kept' }>

/** The ways in which a receipt may be answered; each is refused unless it is true. */
export function judgeReceipt(state: State, epoch: Epoch, demand: ReceiptDemand, answer: Answer): Due | undefined {
  const given = answer.orderAnswer
  if (given === undefined) throw new Refused('ReceiptUnanswered')
  const { node, sequence } = demand.receipt.message
  const opening = leafAt(epochOf(state, epoch.header.parent), node).sequence
  const closing = leafAt(epoch, node).sequence
  const pushed = state.pushedReceipts.get(digestOf(demand.receipt.message))
  const isCovered = pushed !== undefined && pushed < epoch.header.cut
  switch (given.way) {
    case 'paid':
      return judgePaid(state, epoch, demand)
    case 'used':
      need(state, 'receipt-accepted-must-be-paid', demand.acceptance === undefined, 'ReceiptAccepted')
      return need(state, 'receipt-used-before', opening >= sequence, 'SequenceNotUsed')
    case 'not-yet': {
      need(state, 'receipt-accepted-must-be-paid', demand.acceptance === undefined, 'ReceiptAccepted')
      return need(state, 'receipt-not-yet', closing < sequence && !isCovered, 'ReceiptIsDue')
    }
    case 'gap': {
      const first = state.firstPush.get(`${node}/${closing + 1}`) ?? Number.POSITIVE_INFINITY
      const isFilled = first >= epochOf(state, epoch.header.parent).header.cut && first < (pushed ?? epoch.header.cut)
      need(state, 'always', demand.acceptance === undefined, 'ReceiptAccepted')
      return need(state, 'receipt-gap', closing + 1 < sequence && !isFilled, 'ReceiptIsDue')
    }
    case 'passed': {
      const isBefore = pushed !== undefined && pushed < epochOf(state, epoch.header.parent).header.cut
      const isUnaccepted = demand.acceptance === undefined && !state.without.has('receipt-passed')
      need(state, 'always', isUnaccepted, 'ReceiptIsDue')
      return need(state, 'receipt-passed-before', isBefore, 'ReceiptIsDue')
    }
    case 'late':
      return judgeLate(state, epoch, demand, pushed)
    case 'released':
      return needRelease(state, demand, given.release)
    case 'other-receipt':
      return judgeOther(state, demand, given, closing)
    case 'unknown':
      return judgeUnknown(state, epoch, demand)
    default:
      throw new Refused('ReceiptUnanswered')
  }
}

/** What a demand about a receipt must show when it is opened: if only an answer met this, no answer could be right. */
export function needReceipt(
  state: State,
  epoch: Epoch,
  { order, receipt, certificate, acceptance }: ReceiptDemand,
): void {
  const digest = digestOf(order.message)
  const { node } = certificate.message
  const isSigned = state.keys.isGenuine(receipt) && receipt.signer === node && receipt.message.node === node
  const isOne = receipt.message.order === digest && certificate.message.order === digest
  need(state, 'always', isSigned && isOne, 'ReceiptInvalid')
  if (acceptance === undefined) return
  const { isAccepted, digest: accepted, position } = acceptance.message
  const isSaid = state.keys.isGenuine(acceptance) && acceptance.signer === state.ledger && isAccepted
  need(state, 'always', isSaid && accepted === digestOf(receipt.message), 'AcceptanceInvalid')
  need(state, 'ground-of-this-epoch', isPositionOf(state, epoch, position), 'AcceptanceOfOtherEpoch')
}

function judgePaid(state: State, epoch: Epoch, demand: ReceiptDemand): undefined {
  const { payoutWallet, order } = demand.certificate.message
  const { credit } = entryOf(standing(state, epoch, payoutWallet), order)
  const due = dueOf(demand.receipt.message, demand.certificate.message, state.params.feePercent)
  need(state, 'receipt-paid-what-is-due', credit >= due, 'ReceiptUnderpaid', { credit, due })
}

function judgeLate(state: State, epoch: Epoch, demand: ReceiptDemand, pushed: number | undefined): undefined {
  if (state.without.has('receipt-late')) throw new Refused('ReceiptIsDue')
  const { expires } = demand.certificate.message
  const isInTime = demand.acceptance !== undefined || (pushed !== undefined && (state.inbox[pushed]?.at ?? 0) < expires)
  need(state, 'always', expires <= epoch.header.closedAt, 'CertificateStands')
  need(state, 'receipt-late-unless-pushed', !isInTime, 'ReceiptIsDue')
}

function judgeOther(
  state: State,
  demand: ReceiptDemand,
  { receipt }: Extract<OrderAnswer, { way: 'other-receipt' }>,
  closing: number,
): undefined {
  const asked = demand.receipt.message
  const other = receipt.message
  const isOther = state.keys.isGenuine(receipt) && receipt.signer === asked.node && digestOf(other) !== digestOf(asked)
  const isTwin = other.sequence === asked.sequence && !state.without.has('receipt-of-same-sequence')
  const isSecond =
    other.order === asked.order && other.sequence <= closing && !state.without.has('receipt-of-same-order')
  need(state, 'always', isOther && other.node === asked.node && (isTwin || isSecond), 'ReceiptIsDue')
}

/** The ledger certified a hold that never came to be: nothing is cancelled, the epoch's bond pays what is due, up to a cap. */
function judgeUnknown(state: State, epoch: Epoch, demand: ReceiptDemand): Due | undefined {
  const order = digestOf(demand.order.message)
  const payer = demand.order.message.wallet
  const isKnown = leafAt(epoch, payer).holds.has(order) || standing(state, epoch, payer).entries.has(order)
  const stood = leafAt(epochOf(state, epoch.header.parent), payer).holds.has(order)
  need(state, 'order-unknown-pays', !isKnown, 'OrderKnown')
  need(state, 'order-stood-is-no-unknown', !stood, 'OrderKnown')
  if (state.paidByBond.has(order) && !state.without.has('bond-pays-once')) return
  const due = dueOf(demand.receipt.message, demand.certificate.message, state.params.feePercent)
  const amount = Math.min(due, state.params.orderCap)
  need(state, 'always', epoch.locked - amount >= state.params.reward, 'BondTooSmall')
  state.paidByBond.add(order)
  return { account: demand.certificate.message.payoutWallet, amount }
}

/** A hold that stood when the epoch opened may not vanish while its node works. */
export function judgeKept(state: State, epoch: Epoch, demand: KeptDemand, answer: Answer): undefined {
  const order = digestOf(demand.order.message)
  const payer = demand.order.message.wallet
  const given = answer.orderAnswer
  if (given?.way === 'released') return needRelease(state, demand, given.release)
  const stood = leafAt(epochOf(state, epoch.header.parent), payer).holds.has(order)
  const isTrue =
    (given?.way === 'kept' && leafAt(epoch, payer).holds.has(order)) ||
    (given?.way === 'unknown' && !stood) ||
    (given?.way === 'settled' && standing(state, epoch, payer).entries.has(order)) ||
    (given?.way === 'ended' && demand.order.message.deadline + state.params.graceSeconds <= epoch.header.closedAt)
  need(state, 'order-kept', isTrue, 'HoldNotKept', { order })
}

function needRelease(state: State, demand: KeptDemand | ReceiptDemand, release: Signed<Release>): undefined {
  const { node, order } = demand.certificate.message
  const isSigned = state.keys.isGenuine(release) && release.signer === node && release.message.node === node
  need(state, 'always', isSigned && release.message.order === order, 'SignatureInvalid')
}
