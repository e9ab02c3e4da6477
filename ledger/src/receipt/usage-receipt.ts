import type { Address, Hex } from '../hex.ts'
import type { MessageType, Signed } from '../typed-data/types.ts'

/** How a job ended; the position in this list is the number inside the receipt. */
export const jobOutcomes = ['completed', 'failedByJob', 'failedByNode', 'cancelled', 'timedOut', 'idle'] as const

export type JobOutcome = (typeof jobOutcomes)[number]

/** What a node of 0.1.0 signed about one job that it ran: no GPU, no storage and no egress was used. */
export type UsageReceipt010 = {
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

/** What a node signs about one job that it ran: what, on which input, with which output, for how long, using how much. */
export type UsageReceipt = UsageReceipt010 & {
  /** Milliseconds of GPU time, added up over the job's GPUs. */
  readonly gpuMs: bigint
  /** Bytes kept on the node's disk, times the seconds for which they were kept, rounded down once. */
  readonly storageByteSeconds: bigint
  /** Bytes sent to the outside. */
  readonly egressBytes: bigint
}

/** A receipt of any version: the journal keeps each as it was signed. */
export type AnyUsageReceipt = UsageReceipt | UsageReceipt010

export const usageReceiptType010: MessageType = {
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

const addedUsage = [
  { name: 'gpuMs', type: 'uint64' },
  { name: 'storageByteSeconds', type: 'uint64' },
  { name: 'egressBytes', type: 'uint64' },
] as const

export const usageReceiptType: MessageType = {
  name: 'UsageReceipt',
  fields: [...usageReceiptType010.fields, ...addedUsage],
}

/**
 * The typed data under which a receipt was signed: that of 0.1.0 when it names none of the usage that came later. A receipt that
 * names only some of it is of today's type, which it does not fit.
 */
export function receiptTypeOf(receipt: unknown): MessageType {
  const isOld = typeof receipt === 'object' && receipt !== null && addedUsage.every(({ name }) => !(name in receipt))
  return isOld ? usageReceiptType010 : usageReceiptType
}

/** The usage that 0.1.0 did not know; a receipt that does not name it claims none. */
export function addedUsageOf(receipt: AnyUsageReceipt): Pick<UsageReceipt, (typeof addedUsage)[number]['name']> {
  return 'gpuMs' in receipt ? receipt : { gpuMs: 0n, storageByteSeconds: 0n, egressBytes: 0n }
}

export type SignedUsageReceipt = Signed<AnyUsageReceipt>
