import type { AnyJobOrder } from '../hold/job-order.ts'
import type { Rates } from '../journal/config.ts'
import { type AnyUsageReceipt, jobOutcomes } from '../receipt/usage-receipt.ts'

/**
 * The price of a job by the economy's table, reckoned a second time in another way than the decider's: each usage as an exact fraction,
 * added over the product of the denominators. An order or a receipt of 0.1.0 lacks the later fields, and so buys and claims nothing
 * of theirs.
 */
export function auditedPrice(order: AnyJobOrder, receipt: AnyUsageReceipt, elapsedMs: number, rates: Rates): bigint {
  const outcome = jobOutcomes[receipt.outcome]
  if (outcome === 'failedByNode' || outcome === 'idle') return 0n
  const ran = receipt.endedAtMs - receipt.startedAtMs
  const runMs = least(ran < 0n ? 0n : ran, least(BigInt(Math.max(0, elapsedMs)), order.wallMsMax))
  const cpu = least(receipt.cpuMs * 1000n, BigInt(order.cpuMillicoresMax) * runMs) / 1000n
  const all: readonly (readonly [bigint, bigint])[] = [
    [order.engine === 'docker' ? cpu * rates.cpuCoreHourMicrocredits : 0n, 3_600_000n],
    [
      order.engine === 'wasm' ? least(receipt.fuel, order.fuelMax) * rates.fuelCoreHourMicrocredits : 0n,
      3_600n * 10n ** 9n,
    ],
    [
      least(receipt.memoryBytesPeak, order.memoryBytesMax) * runMs * rates.memoryGibHourMicrocredits,
      1024n ** 3n * 3_600_000n,
    ],
    ...laterFractions(order, receipt, runMs, rates),
  ]
  const fractions = all.filter(([above]) => above !== 0n)
  const denominator = fractions.reduce((product, [, below]) => product * below, 1n)
  const usage = fractions.reduce((total, [above, below]) => total + (above * denominator) / below, 0n)
  const bid = order.bidMicrocredits * denominator
  const base = order.bidMicrocredits === 0n ? usage : outcome === 'completed' ? bid : least(bid, usage)
  return least(order.maxPriceMicrocredits, (base * BigInt(order.priority)) / denominator)
}

function laterFractions(order: AnyJobOrder, receipt: AnyUsageReceipt, runMs: bigint, rates: Rates) {
  if (!('gpuCountMax' in order) || !('gpuMs' in receipt)) return []
  const { gpuCountMax, storageBytesMax, egressBytesMax } = order
  const gib = 1024n ** 3n
  return [
    [least(receipt.gpuMs, BigInt(gpuCountMax) * runMs) * rates.gpuHourMicrocredits, 3_600_000n],
    [
      least(storageBytesMax * runMs, receipt.storageByteSeconds * 1000n) * rates.storageGibHourMicrocredits,
      gib * 3_600_000n,
    ],
    [least(egressBytesMax, receipt.egressBytes) * rates.egressGibMicrocredits, gib],
  ] as const
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
