import type { JobOrder } from '../hold/job-order.ts'
import type { Rates } from '../journal/config.ts'
import { jobOutcomes, type UsageReceipt } from '../receipt/usage-receipt.ts'

/**
 * The price of a job by the economy's table, reckoned a second time in another way than the decider's: each usage as an exact fraction,
 * added over the product of the denominators.
 */
export function auditedPrice(order: JobOrder, receipt: UsageReceipt, elapsedMs: number, rates: Rates): bigint {
  const outcome = jobOutcomes[receipt.outcome]
  if (outcome === 'failedByNode' || outcome === 'idle') return 0n
  const ran = receipt.endedAtMs - receipt.startedAtMs
  const runMs = least(ran < 0n ? 0n : ran, least(BigInt(Math.max(0, elapsedMs)), order.wallMsMax))
  const cpu = least(receipt.cpuMs * 1000n, BigInt(order.cpuMillicoresMax) * runMs) / 1000n
  const fractions: readonly (readonly [bigint, bigint])[] = [
    [order.engine === 'docker' ? cpu * rates.cpuCoreHourMicrocredits : 0n, 3_600_000n],
    [
      order.engine === 'wasm' ? least(receipt.fuel, order.fuelMax) * rates.fuelCoreHourMicrocredits : 0n,
      3_600n * 10n ** 9n,
    ],
    [
      least(receipt.memoryBytesPeak, order.memoryBytesMax) * runMs * rates.memoryGibHourMicrocredits,
      1024n ** 3n * 3_600_000n,
    ],
  ]
  const denominator = fractions.reduce((product, [, below]) => product * below, 1n)
  const usage = fractions.reduce((total, [above, below]) => total + (above * denominator) / below, 0n)
  const bid = order.bidMicrocredits * denominator
  const base = order.bidMicrocredits === 0n ? usage : outcome === 'completed' ? bid : least(bid, usage)
  return least(order.maxPriceMicrocredits, (base * BigInt(order.priority)) / denominator)
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
