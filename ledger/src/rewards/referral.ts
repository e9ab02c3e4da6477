import type { Address } from '../hex.ts'
import type { MessageType } from '../typed-data/types.ts'

/** Signed by the node's payout wallet, once for each node: says who referred it. */
export type Referral = {
  readonly node: Address
  readonly wallet: Address
  readonly referrer: Address
  readonly deadline: bigint
}

export const referralType: MessageType = {
  name: 'Referral',
  fields: [
    { name: 'node', type: 'address' },
    { name: 'wallet', type: 'address' },
    { name: 'referrer', type: 'address' },
    { name: 'deadline', type: 'uint64' },
  ],
}
