import type { Hex } from '@deparrow/ledger'
import type { DemandLog } from '../demand-chain.port.ts'
import type { ChainBlock, SettlementCall, SettlementLog } from '../token-chain.port.ts'
import { ContractRevert, type ContractState } from './in-memory-contract.ts'
import type { DemandBody } from './in-memory-demands.ts'

/** A block, and what was done in it, so that it can be done again in another. */
export type Block = ChainBlock & {
  readonly logs: readonly SettlementLog[]
  readonly demandLogs: readonly (DemandLog & Pick<DemandBody, 'aboutEpoch'>)[]
  readonly state: ContractState
  readonly sent: readonly Queued[]
  readonly changes: readonly Change[]
}

/** What others do to the contract in a block. Throws `ContractRevert`, and then changes nothing, when the contract refuses it. */
export type Change = (state: ContractState) => readonly object[]

/** A call that was sent. */
export type Queued = { readonly call: SettlementCall; readonly nonce: number }

/** What a change does, nothing when the contract refuses it by now. */
export function ifTaken(change: Change, state: ContractState): readonly object[] {
  try {
    return change(state)
  } catch (error) {
    if (error instanceof ContractRevert) return []
    throw error
  }
}

/** A hash as distinct as its block or transaction; `fork` tells apart what stood at the same number. */
export function hashOf(number: bigint, fork: number, kind: number): Hex {
  return `0x${kind.toString(16)}${fork.toString(16).padStart(8, '0')}${number.toString(16).padStart(54, '0')}`
}
