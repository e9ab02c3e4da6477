import type { Address, Hex, LedgerEvent, LedgerEventType } from '@deparrow/ledger'
import type { FoldState } from './fold-state.ts'
import type { MovementSubject } from './read-records.ts'

/** What an event that moves credits says beyond its entries. */
export type EventMovement = {
  /** The job, escrow or IOU that it is about. */
  readonly subject?: Hex
  /** The two between whom it happens. */
  readonly parties?: readonly [Address, Address]
  /** The hold that ends with it, and what returns to the payer. */
  readonly end?: { readonly id: Hex; readonly releasedMicrocredits: bigint }
}

const nothing: EventMovement = {}

/** Reads the movement of an event out of its data, and out of the holds and IOUs that are open before it. */
export function movementOf(event: LedgerEvent, state: Pick<FoldState, 'holds' | 'ious'>): EventMovement {
  switch (event.type) {
    case 'CreditsTransferred':
      return { parties: [event.data.transfer.message.from, event.data.transfer.message.to] }
    case 'ServiceBought':
      return { parties: [event.data.purchase.message.wallet, event.data.purchase.message.seller] }
    case 'HoldOpened':
      return { subject: event.data.orderDigest }
    case 'HoldReleased':
    case 'HoldExpired':
      return holdEnd(event.data.orderDigest, event.data.amountMicrocredits)
    case 'JobSettled':
      return jobSettled(event.data, state)
    case 'EscrowOpened': {
      const { wallet, seller } = event.data.order.message
      return { subject: event.data.escrow, parties: [wallet, seller] }
    }
    case 'EscrowCaptured':
      return escrowEnd(event.data.capture.message.escrow, event.data.releasedMicrocredits, state)
    case 'EscrowReleased':
      return escrowEnd(event.data.release.message.escrow, event.data.amountMicrocredits, state)
    case 'EscrowExpired':
      return escrowEnd(event.data.escrow, event.data.amountMicrocredits, state)
    case 'IouRedeemed': {
      const { iou, debtor } = event.data.redemption.message
      const creditor = state.ious.get(iou)?.row.creditor
      return creditor === undefined ? { subject: iou } : { subject: iou, parties: [debtor, creditor as Address] }
    }
    default:
      return nothing
  }
}

/** The other of two parties; `undefined` for somebody else, or when there are none. */
export function otherParty(parties: EventMovement['parties'], wallet: Address): Address | undefined {
  if (parties === undefined) return undefined
  if (parties[0] === wallet) return parties[1]
  return parties[1] === wallet ? parties[0] : undefined
}

/** What an event of this type is about, by its digest. */
export function subjectOf(event: LedgerEventType, id: Hex): MovementSubject {
  if (event.startsWith('Escrow')) return { kind: 'escrow', id }
  return { kind: event.startsWith('Iou') ? 'iou' : 'job', id }
}

function holdEnd(id: Hex, releasedMicrocredits: bigint): EventMovement {
  return { subject: id, end: { id, releasedMicrocredits } }
}

function jobSettled(
  {
    orderDigest,
    payoutWallet,
    releasedMicrocredits,
  }: { readonly orderDigest: Hex; readonly payoutWallet: Address; readonly releasedMicrocredits: bigint },
  { holds }: Pick<FoldState, 'holds'>,
): EventMovement {
  const payer = holds.get(orderDigest)?.row.payer
  const ended = holdEnd(orderDigest, releasedMicrocredits)
  return payer === undefined ? ended : { ...ended, parties: [payer as Address, payoutWallet] }
}

function escrowEnd(id: Hex, releasedMicrocredits: bigint, { holds }: Pick<FoldState, 'holds'>): EventMovement {
  const row = holds.get(id)?.row
  const ended = holdEnd(id, releasedMicrocredits)
  if (row === undefined || typeof row.seller !== 'string') return ended
  return { ...ended, parties: [row.payer as Address, row.seller as Address] }
}
