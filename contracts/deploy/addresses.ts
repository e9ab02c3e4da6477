import { type Address, getContractAddress } from 'viem'

/** Where the contracts of one deployment live. */
export type DeparrowAddresses = { token: Address; emission: Address; settlement: Address }

/**
 * The addresses that a deployer's transactions `firstNonce`, `+1` and `+2` create. They are known beforehand, which is how
 * contracts that name each other for ever can be deployed one after the other.
 */
export function predictAddresses(deployer: Address, firstNonce = 0): DeparrowAddresses {
  const at = (offset: number) => getContractAddress({ from: deployer, nonce: BigInt(firstNonce + offset) })
  return { token: at(0), emission: at(1), settlement: at(2) }
}
