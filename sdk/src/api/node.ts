import type { Address } from '@deparrow/ledger'
import { type Fields, optional, read } from './read.ts'

/** A compute node that is connected now. */
export type NodeView = {
  readonly address: Address
  readonly payoutWallet: Address
  readonly online: boolean
  readonly peerId: string | null
  readonly engines: readonly string[]
  /** Jobs that it runs side by side at most. */
  readonly slotsMax: number | null
  readonly jobsRunning: number
}

/** Reads a `Node` of the schema; throws `ANSWER_INVALID`. */
export function readNodeView(node: Fields): NodeView {
  return {
    address: read.address(node, 'address'),
    payoutWallet: read.address(node, 'payoutWallet'),
    online: read.flag(node, 'online'),
    peerId: optional(read.text, node, 'peerId'),
    engines: read.texts(node, 'engines'),
    slotsMax: optional(read.integer, node, 'slotsMax'),
    jobsRunning: read.integer(node, 'jobsRunning'),
  }
}
