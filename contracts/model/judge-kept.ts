import type { Answer, KeptDemand, ReceiptDemand } from './demands.ts'
import { standing } from './judge.ts'
import { laneKey, type Release } from './messages.ts'
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
  const { position } = demand.certificate.message
  need(state, 'kept-of-this-epoch', position <= epoch.header.position, 'PositionOutsideEpoch', { position })
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
      return need(state, 'always', standing(state, epoch, payer).entries.has(order), 'EntryMissing', { order })
    case 'ended':
      return needEndedBefore(state, epoch, demand)
    case 'expired':
      return needExpired(state, epoch, demand)
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
  const { position } = certificate.message
  need(state, 'ended-position', position <= parent.header.position, 'OrderNotPlaced', { position })
}

/** The certificate is over, and the cut covers every receipt that could be pushed for it: else the push would come when the hold is gone. */
function needExpired(state: State, epoch: Epoch, { certificate }: KeptDemand): undefined {
  const { expires } = certificate.message
  const { cut, closedAt } = epoch.header
  need(state, 'kept-until-expiry', expires <= closedAt, 'CertificateStands', { expires })
  const { inboxAgeSeconds, pushMarginSeconds } = state.params
  const next = state.inbox[cut]
  const isCovered = next === undefined || next.at + inboxAgeSeconds + pushMarginSeconds > expires
  need(state, 'expiry-covers-pushes', isCovered, 'InboxItemLeftOut', { index: cut })
}

export function needRelease(state: State, demand: KeptDemand | ReceiptDemand, release: Signed<Release>): undefined {
  const { node, order } = demand.certificate.message
  const isSigned = state.keys.isGenuine(release) && release.signer === node && release.message.node === node
  need(state, 'always', isSigned && release.message.order === order, 'SignatureInvalid')
}
