/** A contract that passes on calls: what a poster would use that hides its rows from the calldata of its transactions. */
import { type Address, concatHex, type Hex, pad } from 'viem'
import { deployer, publicClient } from './chain.ts'

/**
 * Calls the address in the first 32 bytes of its calldata with the rest of it, and answers what that answered:
 * `n = calldatasize - 32; calldatacopy(0, 32, n); call(gas, calldataload(0), 0, 0, n, 0, 0); return or revert the answer`.
 */
const RUNTIME = '0x602036038060205f375f5f915f5f5f355af13d5f5f3e601c573d5ffd5b3d5ff3'

/** `mstore(0, runtime); return(0, 32)` */
const creationOf = (runtime: Hex): Hex => concatHex(['0x7f', runtime, '0x5f5260205ff3'])

/** Deploys the relay. */
export async function deployRelay(): Promise<Address> {
  const hash = await deployer.sendTransaction({ data: creationOf(RUNTIME) })
  const { contractAddress } = await publicClient.getTransactionReceipt({ hash })
  if (!contractAddress) throw new Error('The relay was not deployed.')
  return contractAddress
}

/** Calldata for the relay. */
export const relayed = (to: Address, data: Hex): Hex => concatHex([pad(to), data])

/**
 * What a contract is created with that calls `to` while it is constructed, with what stands behind this code: `n = codesize - 51; codecopy(0, 51, n); call(gas, to, 0, 0, n, 0, 0); return or revert the answer`.
 */
export const callingAtCreation = (to: Address, data: Hex): Hex =>
  concatHex(['0x603338038060335f395f5f915f5f73', to, '0x5af13d5f5f3e602f573d5ffd5b3d5ff3', data])

/** The code of an account that has delegated to `to`, https://eips.ethereum.org/EIPS/eip-7702. */
export const delegationTo = (to: Address): Hex => concatHex(['0xef0100', to])
