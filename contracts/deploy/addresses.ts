import { type Address, getContractAddress } from 'viem'

/** Where the contracts of one deployment live. */
export type DeparrowAddresses = {
  token: Address
  emission: Address
  settlement: Address
  /** The library that `Settlement` judges evidence by. */
  evidence: Address
  registry: Address
  disputes: Address
  /** Judges receipts and kept orders for `disputes`. */
  disputedReceipts: Address
}

/**
 * The addresses that a deployer's transactions from `firstNonce` on create, in the order of the fields. They are known beforehand, which
 * is how contracts that name each other for ever can be deployed one after the other.
 */
export function predictAddresses(deployer: Address, firstNonce = 0): DeparrowAddresses {
  const at = (offset: number) => getContractAddress({ from: deployer, nonce: BigInt(firstNonce + offset) })
  const [token, emission, settlement] = [at(0), at(1), at(2)]
  const [evidence, registry, disputes, disputedReceipts] = [at(3), at(4), at(5), at(6)]
  return { token, emission, settlement, evidence, registry, disputes, disputedReceipts }
}
