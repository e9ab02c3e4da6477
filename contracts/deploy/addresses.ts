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
}

/**
 * The addresses that a deployer's transactions from `firstNonce` on create, in the order of the fields. They are known beforehand, which
 * is how contracts that name each other for ever can be deployed one after the other.
 */
export function predictAddresses(deployer: Address, firstNonce = 0): DeparrowAddresses {
  const at = (offset: number) => getContractAddress({ from: deployer, nonce: BigInt(firstNonce + offset) })
  return { token: at(0), emission: at(1), settlement: at(2), evidence: at(3), registry: at(4), disputes: at(5) }
}
