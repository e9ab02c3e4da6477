import type { Address, Hex } from '../hex.ts'
import type { MessageType } from '../typed-data/types.ts'

/** Signed by `wallet`: pays another agent for a service. */
export type Purchase = {
  readonly wallet: Address
  readonly seller: Address
  readonly amountMicrocredits: bigint
  /** What was bought, in the seller's own numbering, such as the hash of an invoice; zero for nothing said. */
  readonly reference: Hex
  readonly lane: number
  readonly nonce: bigint
  /** Unix seconds after which the purchase is refused. */
  readonly deadline: bigint
}

export const purchaseType: MessageType = {
  name: 'Purchase',
  fields: [
    { name: 'wallet', type: 'address' },
    { name: 'seller', type: 'address' },
    { name: 'amountMicrocredits', type: 'uint64' },
    { name: 'reference', type: 'bytes32' },
    { name: 'lane', type: 'uint32' },
    { name: 'nonce', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
  ],
}
