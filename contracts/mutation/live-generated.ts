/** The generated package with bytecode that can be exchanged: who imports it sees what was set last. */
import type { Hex } from 'viem'
import * as generated from '../generated/index.ts'

export * from '../generated/index.ts'

export let dpcTokenBytecode: Hex = generated.dpcTokenBytecode
export let emissionBytecode: Hex = generated.emissionBytecode
export let settlementBytecode: string = generated.settlementBytecode
export let epochEvidenceBytecode: Hex = generated.epochEvidenceBytecode
export let nodeRegistryBytecode: Hex = generated.nodeRegistryBytecode

/** Sets the creation code of these contracts by name, and that of the others to what was generated. */
export function setBytecode(codes: ReadonlyMap<string, { readonly bytecode: Hex }>): void {
  dpcTokenBytecode = codes.get('DPCToken')?.bytecode ?? generated.dpcTokenBytecode
  emissionBytecode = codes.get('Emission')?.bytecode ?? generated.emissionBytecode
  settlementBytecode = codes.get('Settlement')?.bytecode ?? generated.settlementBytecode
  epochEvidenceBytecode = codes.get('EpochEvidence')?.bytecode ?? generated.epochEvidenceBytecode
  nodeRegistryBytecode = codes.get('NodeRegistry')?.bytecode ?? generated.nodeRegistryBytecode
}
