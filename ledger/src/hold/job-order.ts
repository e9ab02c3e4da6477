import type { Address, Hex } from '../hex.ts'
import type { MessageType, Signed } from '../typed-data/types.ts'

export type EngineName = 'wasm' | 'docker'

/** What a payer signed in 0.1.0 to buy one job: an order that knows no GPU, no storage and no egress, and pays for none. */
export type JobOrder010 = {
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

/**
 * What a payer signs to buy one job. The digest of the order is the id of the job and of its hold: one signed order buys
 * one job, once.
 */
export type JobOrder = JobOrder010 & {
  /** GPUs that the job may keep busy at once, and that are paid at most; 0 for a job that needs none. */
  readonly gpuCountMax: number
  /** Bytes that the job may keep on the node's disk while it runs, beside its input and output; 0 for none. */
  readonly storageBytesMax: bigint
  /** Bytes that the job may send to the outside; 0 for none. */
  readonly egressBytesMax: bigint
}

/** An order of any version: the journal keeps each as it was signed. */
export type AnyJobOrder = JobOrder | JobOrder010

const addedLimits = [
  { name: 'gpuCountMax', type: 'uint32' },
  { name: 'storageBytesMax', type: 'uint64' },
  { name: 'egressBytesMax', type: 'uint64' },
] as const

const fieldsToWall: MessageType['fields'] = [
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
]

const fieldsFromDeadline: MessageType['fields'] = [
  { name: 'deadline', type: 'uint64' },
  { name: 'graceSeconds', type: 'uint32' },
  { name: 'lane', type: 'uint32' },
  { name: 'nonce', type: 'uint64' },
]

export const jobOrderType010: MessageType = { name: 'JobOrder', fields: [...fieldsToWall, ...fieldsFromDeadline] }

export const jobOrderType: MessageType = {
  name: 'JobOrder',
  fields: [...fieldsToWall, ...addedLimits, ...fieldsFromDeadline],
}

/**
 * The typed data under which an order was signed: that of 0.1.0 when it has none of the limits that came later. An order with
 * only some of them is of today's type, which it does not fit, so that no unsigned limit is ever looked at.
 */
export function orderTypeOf(order: unknown): MessageType {
  const isOld = typeof order === 'object' && order !== null && addedLimits.every(({ name }) => !(name in order))
  return isOld ? jobOrderType010 : jobOrderType
}

/** The limits that 0.1.0 did not know; an order without them allows nothing of it. */
export function addedLimitsOf(order: AnyJobOrder): Pick<JobOrder, (typeof addedLimits)[number]['name']> {
  return 'gpuCountMax' in order ? order : { gpuCountMax: 0, storageBytesMax: 0n, egressBytesMax: 0n }
}

export type SignedJobOrder = Signed<AnyJobOrder>

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
