import {
  type JobOrder,
  type JobSpec,
  jobOutcomes,
  priceOfJob,
  type Rates,
  type UsageReceipt,
  zeroAddress,
  zeroHash,
} from '@deparrow/ledger'

/** Every job costs at least one µcr, so that an order without a price is told so before it runs. */
const priceFloorMicrocredits = 1n

/** The least `maxPriceMicrocredits` that the market admits: a fixed price in full, else one µcr. */
export function minPriceMicrocredits(bidMicrocredits: bigint, priority: number): bigint {
  return bidMicrocredits > 0n ? bidMicrocredits * BigInt(priority) : priceFloorMicrocredits
}

/** What the job costs under the ledger's own price rule if it uses everything that its specification allows, in µcr. */
export function maxPriceMicrocredits(spec: JobSpec, priority: number, bidMicrocredits: bigint, rates: Rates): bigint {
  const order = fullOrder(spec, priority, bidMicrocredits)
  const price = priceOfJob(order, fullUsage(order), spec.limits.wallMsMax, rates)
  const floor = minPriceMicrocredits(bidMicrocredits, priority)
  return price > floor ? price : floor
}

function fullOrder(spec: JobSpec, priority: number, bidMicrocredits: bigint): JobOrder {
  return {
    payer: zeroAddress,
    engine: spec.engine,
    specDigest: zeroHash,
    maxPriceMicrocredits: 2n ** 64n - 1n,
    bidMicrocredits,
    priority,
    fuelMax: spec.engine === 'wasm' ? BigInt(spec.limits.fuelMax) : 0n,
    cpuMillicoresMax: spec.engine === 'docker' ? spec.limits.cpuMillicoresMax : 0,
    memoryBytesMax: BigInt(spec.limits.memoryBytesMax),
    wallMsMax: BigInt(spec.limits.wallMsMax),
    gpuCountMax: 0,
    storageBytesMax: 0n,
    egressBytesMax: 0n,
    deadline: 0n,
    graceSeconds: 0,
    lane: 0,
    nonce: 0n,
  }
}

function fullUsage(order: JobOrder): UsageReceipt {
  return {
    orderDigest: zeroHash,
    node: zeroAddress,
    attempt: 1,
    sequence: 1n,
    outcome: jobOutcomes.indexOf('completed'),
    inputDigest: zeroHash,
    outputDigest: zeroHash,
    startedAtMs: 0n,
    endedAtMs: order.wallMsMax,
    fuel: order.fuelMax,
    cpuMs: (BigInt(order.cpuMillicoresMax) * order.wallMsMax) / 1_000n,
    memoryBytesPeak: order.memoryBytesMax,
    gpuMs: 0n,
    storageByteSeconds: 0n,
    egressBytes: 0n,
  }
}
