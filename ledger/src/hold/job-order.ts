import type { Address, Hex } from '../hex.ts'
import type { MessageType, Signed } from '../typed-data/types.ts'

export type EngineName = 'wasm' | 'docker'

/**
 * What a payer signs to buy one job. The digest of the order is the id of the job and of its hold: one signed order buys
 * one job, once.
 */
export type JobOrder = {
  readonly payer: Address
  readonly engine: EngineName
  /** SHA-256 of the job's canonical specification; binds module, arguments, input and limits. */
  readonly specDigest: Hex
  /** The hold, and the most that the job may cost, in µcr. */
  readonly maxPriceMicrocredits: bigint
  /** A fixed price in µcr for a completed job, before the priority factor; 0 means that usage is priced by the rates. */
  readonly bidMicrocredits: bigint
  /** 1 = normal, 2 = high; multiplies the price. */
  readonly priority: number
  /** WebAssembly fuel after which the job is stopped; 0 for other engines. */
  readonly fuelMax: bigint
  /** CPU limit in thousandths of a core; 0 for WebAssembly, which is metered by fuel. */
  readonly cpuMillicoresMax: number
  readonly memoryBytesMax: bigint
  /** Running time in milliseconds after which the job is stopped. */
  readonly wallMsMax: bigint
  /** Unix seconds by which the job must have ended. */
  readonly deadline: bigint
  /** Seconds after the deadline during which a node may still hand in its receipt. */
  readonly graceSeconds: number
  /** Nonces ascend within a lane; orders signed side by side use different lanes. */
  readonly lane: number
  readonly nonce: bigint
}

export const jobOrderType: MessageType = {
  name: 'JobOrder',
  fields: [
    { name: 'payer', type: 'address' },
    { name: 'engine', type: 'string' },
    { name: 'specDigest', type: 'bytes32' },
    { name: 'maxPriceMicrocredits', type: 'uint64' },
    { name: 'bidMicrocredits', type: 'uint64' },
    { name: 'priority', type: 'uint8' },
    { name: 'fuelMax', type: 'uint64' },
    { name: 'cpuMillicoresMax', type: 'uint32' },
    { name: 'memoryBytesMax', type: 'uint64' },
    { name: 'wallMsMax', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
    { name: 'graceSeconds', type: 'uint32' },
    { name: 'lane', type: 'uint32' },
    { name: 'nonce', type: 'uint64' },
  ],
}

export type SignedJobOrder = Signed<JobOrder>

/** The default of {@link JobOrder.graceSeconds}, from the settlement protocol. */
export const graceSecondsDefault = 900

/** A hold may stand for at most 30 days, so that a mistyped deadline cannot lock credits for years. */
export const holdSecondsMax = 30 * 24 * 3600

/** Signed by the payer to end a job early. What the node has used until the cancel reaches it is paid. */
export type OrderCancellation = { readonly orderDigest: Hex; readonly payer: Address; readonly deadline: bigint }

export const orderCancellationType: MessageType = {
  name: 'OrderCancellation',
  fields: [
    { name: 'orderDigest', type: 'bytes32' },
    { name: 'payer', type: 'address' },
    { name: 'deadline', type: 'uint64' },
  ],
}
