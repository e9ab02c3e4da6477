import type { Address, Hex } from '../hex.ts'
import type { MessageType, Signed } from '../typed-data/types.ts'

/** How a job ended; the position in this list is the number inside the receipt. */
export const jobOutcomes = ['completed', 'failedByJob', 'failedByNode', 'cancelled', 'timedOut', 'idle'] as const

export type JobOutcome = (typeof jobOutcomes)[number]

/** What a node signs about one job that it ran: what, on which input, with which output, for how long, using how much. */
export type UsageReceipt = {
  readonly orderDigest: Hex
  readonly node: Address
  readonly attempt: number
  /** Ascends with each receipt of the node and is never used twice. */
  readonly sequence: bigint
  /** Index into {@link jobOutcomes}. */
  readonly outcome: number
  /** SHA-256 of the input, zero when there is none. */
  readonly inputDigest: Hex
  /** SHA-256 of the output, zero when there is none. */
  readonly outputDigest: Hex
  /** Unix milliseconds on the node's clock. */
  readonly startedAtMs: bigint
  readonly endedAtMs: bigint
  readonly fuel: bigint
  readonly cpuMs: bigint
  readonly memoryBytesPeak: bigint
}

export const usageReceiptType: MessageType = {
  name: 'UsageReceipt',
  fields: [
    { name: 'orderDigest', type: 'bytes32' },
    { name: 'node', type: 'address' },
    { name: 'attempt', type: 'uint32' },
    { name: 'sequence', type: 'uint64' },
    { name: 'outcome', type: 'uint8' },
    { name: 'inputDigest', type: 'bytes32' },
    { name: 'outputDigest', type: 'bytes32' },
    { name: 'startedAtMs', type: 'uint64' },
    { name: 'endedAtMs', type: 'uint64' },
    { name: 'fuel', type: 'uint64' },
    { name: 'cpuMs', type: 'uint64' },
    { name: 'memoryBytesPeak', type: 'uint64' },
  ],
}

export type SignedUsageReceipt = Signed<UsageReceipt>
