import type { Address } from '../hex.ts'
import type { MessageType } from '../typed-data/types.ts'

/**
 * Signed by the treasurer: new rates, fee and reward limits from `effectiveAt` on, which lies at least the ledger's
 * `changeDelaySeconds` ahead. Holds that are open keep the prices under which they were opened.
 */
export type ConfigChange = {
  readonly treasurer: Address
  readonly cpuCoreHourMicrocredits: bigint
  readonly gpuHourMicrocredits: bigint
  readonly memoryGibHourMicrocredits: bigint
  readonly storageGibHourMicrocredits: bigint
  readonly egressGibMicrocredits: bigint
  readonly fuelCoreHourMicrocredits: bigint
  readonly feeBasisPoints: number
  readonly burnBasisPoints: number
  readonly grantDayMicrocreditsMax: bigint
  readonly uptimeDayMicrocreditsMax: bigint
  readonly referralMicrocreditsMax: bigint
  readonly bonusShareBasisPoints: number
  /** Unix seconds. */
  readonly effectiveAt: bigint
  readonly lane: number
  readonly nonce: bigint
}

export const configChangeType: MessageType = {
  name: 'ConfigChange',
  fields: [
    { name: 'treasurer', type: 'address' },
    { name: 'cpuCoreHourMicrocredits', type: 'uint64' },
    { name: 'gpuHourMicrocredits', type: 'uint64' },
    { name: 'memoryGibHourMicrocredits', type: 'uint64' },
    { name: 'storageGibHourMicrocredits', type: 'uint64' },
    { name: 'egressGibMicrocredits', type: 'uint64' },
    { name: 'fuelCoreHourMicrocredits', type: 'uint64' },
    { name: 'feeBasisPoints', type: 'uint32' },
    { name: 'burnBasisPoints', type: 'uint32' },
    { name: 'grantDayMicrocreditsMax', type: 'uint64' },
    { name: 'uptimeDayMicrocreditsMax', type: 'uint64' },
    { name: 'referralMicrocreditsMax', type: 'uint64' },
    { name: 'bonusShareBasisPoints', type: 'uint32' },
    { name: 'effectiveAt', type: 'uint64' },
    { name: 'lane', type: 'uint32' },
    { name: 'nonce', type: 'uint64' },
  ],
}
