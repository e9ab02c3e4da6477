import type { Address } from '../hex.ts'
import type { MessageType } from '../typed-data/types.ts'

/** Signed by the treasurer: gives credits out of the rewards budget. */
export type Grant = {
  readonly treasurer: Address
  readonly wallet: Address
  readonly amountMicrocredits: bigint
  /** Why, for people; at most 256 characters. */
  readonly reason: string
  readonly lane: number
  readonly nonce: bigint
  readonly deadline: bigint
}

export const grantType: MessageType = {
  name: 'Grant',
  fields: [
    { name: 'treasurer', type: 'address' },
    { name: 'wallet', type: 'address' },
    { name: 'amountMicrocredits', type: 'uint64' },
    { name: 'reason', type: 'string' },
    { name: 'lane', type: 'uint32' },
    { name: 'nonce', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
  ],
}
