import type { Hex } from '@deparrow/ledger'

/** Thrown when an event refers to a permission or an IOU that no event before it brought: the events are of no valid journal. */
export class UnknownRecordError extends Error {
  override readonly name = 'UnknownRecordError'
  constructor(options: { kind: 'permission' | 'IOU'; digest: Hex }) {
    super(`an event refers to the ${options.kind} ${options.digest}, but none before it brought that`)
  }
}
