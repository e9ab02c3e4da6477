import { type EventOf, formatMessage, type Hex, iouType, type LedgerEvent } from '@deparrow/ledger'
import type { Insertable } from 'kysely'
import type { FoldState, IouState } from './fold-state.ts'
import type { ProjectionRows } from './projection-rows.ts'
import type { ReadSchema } from './read-schema.ts'
import { UnknownRecordError } from './unknown-record-error.ts'

/** Keeps an IOU from its issue until it is paid. */
export function foldIou(event: LedgerEvent, state: FoldState, rows: ProjectionRows): void {
  if (event.type === 'IouIssued') issue(event, state, rows)
  if (event.type === 'IouRedeemed') redeem(event, state, rows)
  if (event.type === 'IouDefaulted') {
    const { iou } = event.data.declaration.message
    knownIou(state, iou).defaultedAtMs = event.atMs
    rows.changed.ious.add(iou)
  }
}

/** An IOU as it stands in the table. */
export function iouRow({
  row,
  outstandingMicrocredits,
  defaultedAtMs,
  paidAtMs,
}: IouState): Insertable<ReadSchema['iou']> {
  return {
    ...row,
    status: outstandingMicrocredits > 0n ? 'open' : 'paid',
    outstanding_microcredits: outstandingMicrocredits,
    defaulted_at_ms: defaultedAtMs ?? null,
    paid_at_ms: paidAtMs ?? null,
  }
}

function issue({ data, position, atMs }: EventOf<'IouIssued'>, state: FoldState, rows: ProjectionRows): void {
  const { message } = data.iou
  state.ious.set(data.digest, {
    row: {
      digest: data.digest,
      shard: state.shard,
      debtor: message.debtor,
      creditor: message.creditor,
      message: JSON.stringify(formatMessage(iouType, message)),
      issued_position: position,
      issued_at_ms: atMs,
    },
    outstandingMicrocredits: message.amountMicrocredits,
    defaultedAtMs: undefined,
    paidAtMs: undefined,
  })
  rows.changed.ious.add(data.digest)
}

function redeem({ data, atMs }: EventOf<'IouRedeemed'>, state: FoldState, rows: ProjectionRows): void {
  const { iou: digest } = data.redemption.message
  const known = knownIou(state, digest)
  known.outstandingMicrocredits = data.outstandingMicrocredits
  rows.changed.ious.add(digest)
  if (known.outstandingMicrocredits > 0n) return
  known.paidAtMs = atMs
  rows.paidIous.push(iouRow(known))
  state.ious.delete(digest)
}

function knownIou(state: FoldState, digest: Hex): IouState {
  const iou = state.ious.get(digest)
  if (iou === undefined) throw new UnknownRecordError({ kind: 'IOU', digest })
  return iou
}
