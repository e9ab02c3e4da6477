import type { Address } from '../hex.ts'
import type { MessageType } from '../typed-data/types.ts'

/**
 * Binds a node's key to the wallet that receives what it earns. The first registration is signed by the node; a later one,
 * which changes the wallet, only by the wallet that is registered now. `nonce` ascends.
 */
export type NodeRegistration = {
  readonly node: Address
  readonly payoutWallet: Address
  readonly nonce: bigint
  /** Unix seconds after which the registration is refused. */
  readonly deadline: bigint
}

export const nodeRegistrationType: MessageType = {
  name: 'NodeRegistration',
  fields: [
    { name: 'node', type: 'address' },
    { name: 'payoutWallet', type: 'address' },
    { name: 'nonce', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
  ],
}
