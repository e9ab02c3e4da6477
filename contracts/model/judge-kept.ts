import type { Answer, KeptDemand, ReceiptDemand } from './demands.ts'
import { entryOf, standing } from './judge.ts'
import { dueOf, laneKey, type Receipt, type Release } from './messages.ts'
import { digestOf, type Signed } from './signatures.ts'
import { type Epoch, epochOf, leafAt, need, Refused, type State } from './state.ts'

/** What a demand about an order must show when it is opened: if only an answer met this, no answer could be right. */
export function needCertified(state: State, { order, certificate }: KeptDemand | ReceiptDemand): void {
  const isSigned = [order, certificate].every(signed => state.keys.isGenuine(signed))
  need(state, 'always', isSigned && certificate.signer === state.ledger, 'SignatureInvalid')
  need(state, 'always', certificate.message.order === digestOf(order.message), 'CertificateUnrelated')
}

export function needKept(state: State, epoch: Epoch, demand: KeptDemand): void {
  needCertified(state, demand)
  const { position, at } = demand.certificate.message
  const isReached = position <= epoch.header.position || at < epoch.header.closedAt
  need(state, 'kept-of-this-epoch', isReached, 'PositionOutsideEpoch', { position })
  needRunning(state, epoch, demand)
}

/** A certified hold stands until it is settled, released or over: it may not vanish while its node works. */
export function judgeKept(state: State, epoch: Epoch, demand: KeptDemand, answer: Answer): undefined {
  const order = digestOf(demand.order.message)
  const payer = demand.order.message.wallet
  const given = answer.orderAnswer
  switch (given?.way) {
    case 'kept':
      return need(state, 'order-kept', leafAt(epoch, payer).holds.has(order), 'HoldNotKept', { order })
    case 'settled':
      return needSettled(state, epoch, payer, order)
    case 'ended':
      return needEndedBefore(state, epoch, demand)
    case 'worthless':
      return needWorthless(state, demand, given.receipt)
    case 'released':
      return needRelease(state, demand, given.release)
    default:
      throw new Refused('HoldNotKept', { order })
  }
}

/** The order had been placed and was gone when the epoch opened. */
export function needEndedBefore(
  state: State,
  epoch: Epoch,
  { order, certificate }: KeptDemand | ReceiptDemand,
): undefined {
  const parent = epochOf(state, epoch.header.parent)
  const { wallet, lane, nonce } = order.message
  const { holds, lanes } = leafAt(parent, wallet)
  need(state, 'ended-not-in-opening', !holds.has(digestOf(order.message)), 'OrderStood')
  need(state, 'ended-nonce-used', nonce <= (lanes.get(laneKey(order.signer, lane)) ?? 0), 'OrderNotPlaced', { nonce })
  const { position, at } = certificate.message
  const wasAssigned = position <= parent.header.position && at <= parent.header.closedAt
  need(state, 'ended-position', wasAssigned, 'OrderNotPlaced', { position })
}

/** An entry that debits nothing gives no ground to demand the receipt, and in the next epoch the hold would have ended before. */
function needSettled(state: State, epoch: Epoch, payer: string, order: string): undefined {
  const statement = standing(state, epoch, payer)
  const isEmpty = entryOf(statement, order).debit === 0
  const isSettled = !isEmpty || (statement.entries.has(order) && state.without.has('settled-entry-debits'))
  return need(state, 'always', isSettled, 'NothingDebited', { order })
}

/** Work that earns its node nothing leaves no entry. */
function needWorthless(state: State, { certificate }: KeptDemand, receipt: Signed<Receipt>): undefined {
  const { node, order } = certificate.message
  const isSigned = state.keys.isGenuine(receipt) && receipt.signer === node && receipt.message.node === node
  need(state, 'always', isSigned && receipt.message.order === order, 'ReceiptUnrelated')
  const due = dueOf(receipt.message, certificate.message, state.params.feePercent)
  return need(state, 'worthless-is-due-nothing', due === 0, 'SomethingDue', { due })
}

/** The certificate runs, or the epoch leaves out what may be a receipt pushed for it: that push would come when the hold is gone. */
function needRunning(state: State, epoch: Epoch, { certificate }: KeptDemand): undefined {
  const { expires } = certificate.message
  const { cut, closedAt } = epoch.header
  const { inboxAgeSeconds, pushMarginSeconds } = state.params
  const next = state.inbox[cut]
  const mayLeaveOutPush = next !== undefined && next.at + inboxAgeSeconds + pushMarginSeconds <= expires
  const isRunning = expires > closedAt && !state.without.has('kept-until-expiry')
  const isLeftOut = mayLeaveOutPush && !state.without.has('expiry-covers-pushes')
  need(state, 'always', isRunning || isLeftOut, 'CertificateExpired', { expires, closedAt })
}

export function needRelease(state: State, demand: KeptDemand | ReceiptDemand, release: Signed<Release>): undefined {
  const { node, order } = demand.certificate.message
  const isSigned = state.keys.isGenuine(release) && release.signer === node && release.message.node === node
  need(state, 'always', isSigned, 'SignatureInvalid')
  need(state, 'release-of-order', release.message.order === order, 'SignatureInvalid')
}
