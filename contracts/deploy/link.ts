import type { Address, Hex } from 'viem'
import { settlementBytecode, settlementLibraries } from '../generated/index.ts'

/** The creation code of `Settlement` that calls the library at this address. */
export function linkSettlement(evidence: Address): Hex {
  const code: string = settlementBytecode
  return code.replaceAll(settlementLibraries.EpochEvidence, evidence.slice(2).toLowerCase()) as Hex
}
