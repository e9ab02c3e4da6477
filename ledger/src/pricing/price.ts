import { type AnyJobOrder, addedLimitsOf } from '../hold/job-order.ts'
import type { Pricing, Rates } from '../journal/config.ts'
import { type AnyUsageReceipt, addedUsageOf, jobOutcomes } from '../receipt/usage-receipt.ts'

const millisecondsPerHour = 3_600_000n

const bytesPerGib = 1n << 30n

/** Fuel that costs what a core-hour of CPU costs: a core at 10^9 fuel a second. */
const fuelPerCoreHour = 3_600_000_000_000n

const fuelPerMillisecond = fuelPerCoreHour / millisecondsPerHour

/**
 * What a job costs, in µcr: `min(maxPrice, priority × (bid or Σ usage × rate))`, rounded down once. A job that did not complete
 * costs at most min(bid, usage), and nothing where the node is at fault or the job was idle. Usage counts up to the order's
 * limits and, where it is time, up to `wallBoundMs`: the time between assignment and receipt on the ledger's clock; what is used
 * beside others over time (cores, GPUs, bytes of memory and storage) up to the limit times that time.
 */
export function priceOfJob(order: AnyJobOrder, receipt: AnyUsageReceipt, wallBoundMs: number, rates: Rates): bigint {
  const outcome = jobOutcomes[receipt.outcome]
  if (outcome === 'failedByNode' || outcome === 'idle') return 0n
  const usage = usageCost(order, receipt, BigInt(Math.max(0, Math.floor(wallBoundMs))), rates)
  const bid = order.bidMicrocredits * usage.denominator
  const isBid = order.bidMicrocredits > 0n
  const base = isBid && (outcome === 'completed' || bid < usage.numerator) ? bid : usage.numerator
  return min(order.maxPriceMicrocredits, (base * BigInt(order.priority)) / usage.denominator)
}

/** The network's fee on a captured amount, rounded up, and its parts: what is burnt (rounded down) and the treasury's rest. */
export function feeOf(capturedMicrocredits: bigint, pricing: Pricing) {
  const fee = (capturedMicrocredits * BigInt(pricing.feeBasisPoints) + 9_999n) / 10_000n
  const burn = (fee * BigInt(pricing.burnBasisPoints)) / 10_000n
  return { feeMicrocredits: fee, burnMicrocredits: burn, treasuryMicrocredits: fee - burn }
}

function usageCost(order: AnyJobOrder, receipt: AnyUsageReceipt, wallBoundMs: bigint, rates: Rates) {
  const claimedMs = receipt.endedAtMs > receipt.startedAtMs ? receipt.endedAtMs - receipt.startedAtMs : 0n
  const runMs = min(claimedMs, wallBoundMs, order.wallMsMax)
  const memoryBytes = min(receipt.memoryBytesPeak, order.memoryBytesMax)
  const fuel = order.engine === 'wasm' ? min(receipt.fuel, order.fuelMax) : 0n
  const cpuMs = order.engine === 'docker' ? min(receipt.cpuMs, (BigInt(order.cpuMillicoresMax) * runMs) / 1_000n) : 0n
  const { gpuMs, storageByteMs, egressBytes } = addedUsageWithin(order, receipt, runMs)
  const processorCost = cpuMs * rates.cpuCoreHourMicrocredits + gpuMs * rates.gpuHourMicrocredits
  const byteTimeCost =
    memoryBytes * runMs * rates.memoryGibHourMicrocredits + storageByteMs * rates.storageGibHourMicrocredits
  return {
    numerator:
      processorCost * bytesPerGib * fuelPerMillisecond +
      byteTimeCost * fuelPerMillisecond +
      fuel * rates.fuelCoreHourMicrocredits * bytesPerGib +
      egressBytes * rates.egressGibMicrocredits * fuelPerCoreHour,
    denominator: bytesPerGib * fuelPerCoreHour,
  }
}

function addedUsageWithin(order: AnyJobOrder, receipt: AnyUsageReceipt, runMs: bigint) {
  const { gpuCountMax, storageBytesMax, egressBytesMax } = addedLimitsOf(order)
  const { gpuMs, storageByteSeconds, egressBytes } = addedUsageOf(receipt)
  return {
    gpuMs: min(gpuMs, BigInt(gpuCountMax) * runMs),
    storageByteMs: min(storageByteSeconds * 1_000n, storageBytesMax * runMs),
    egressBytes: min(egressBytes, egressBytesMax),
  }
}

function min(...values: readonly [bigint, ...bigint[]]): bigint {
  return values.reduce((least, value) => (value < least ? value : least))
}
