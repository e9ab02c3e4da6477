import type { Address } from '../hex.ts'
import type { MessageType } from '../typed-data/types.ts'

/** Signed by `from`: moves credits between two wallets. */
export type Transfer = {
  readonly from: Address
  readonly to: Address
  readonly amountMicrocredits: bigint
  readonly lane: number
  readonly nonce: bigint
  /** Unix seconds after which the transfer is refused. */
  readonly deadline: bigint
}

export const transferType: MessageType = {
  name: 'Transfer',
  fields: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'amountMicrocredits', type: 'uint64' },
    { name: 'lane', type: 'uint32' },
    { name: 'nonce', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
  ],
}

/** A signed movement may be presented for at most 30 days; then its digest can be forgotten. */
export const signatureSecondsMax = 30 * 24 * 3600
