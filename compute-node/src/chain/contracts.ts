import {
  disputedReceiptsAbi,
  disputesAbi,
  dpcTokenAbi,
  emissionAbi,
  epochEvidenceAbi,
  nodeRegistryAbi,
  settlementAbi,
} from '@deparrow/contracts'
import type { Address } from '@deparrow/ledger'
import type { Abi, ContractFunctionArgs, ContractFunctionName } from 'viem'

/** A contract as viem takes it: `client.readContract({ ...contract, functionName, args })`. */
export type Contract<A extends Abi> = { readonly address: Address; readonly abi: A }

export type SettlementContract = Contract<typeof settlementAbi>
export type TokenContract = Contract<typeof dpcTokenAbi>
export type EmissionContract = Contract<typeof emissionAbi>
export type DisputesContract = Contract<typeof disputesAbi>
export type ReceiptsContract = Contract<typeof disputedReceiptsAbi>
export type RegistryContract = Contract<typeof nodeRegistryAbi>

/** A call that changes the chain. */
export type ChainCall = {
  readonly address: Address
  readonly abi: Abi
  readonly functionName: string
  readonly args: readonly unknown[]
}

/** A call of a function that a contract has, with the arguments that it takes. */
export function chainCall<const A extends Abi, N extends ContractFunctionName<A, 'nonpayable'>>(
  { address, abi }: Contract<A>,
  functionName: N,
  args: ContractFunctionArgs<A, 'nonpayable', N>,
): ChainCall {
  return { address, abi, functionName, args: args as readonly unknown[] }
}

/** Every error that our contracts throw: one contract passes on what another refuses. */
export const contractErrors: Abi = [
  ...settlementAbi,
  ...epochEvidenceAbi,
  ...disputesAbi,
  ...disputedReceiptsAbi,
  ...dpcTokenAbi,
  ...nodeRegistryAbi,
].filter(({ type }) => type === 'error')
