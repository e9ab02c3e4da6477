import type { UsageReceipt } from '@deparrow/ledger'

const fuelOfCoreHour = 3_600_000_000_000n
const byteMillisecondsOfGibHour = 2n ** 30n * 3_600_000n

/**
 * What a receipt's fuel and memory cost at normal priority, in µcr, worked out beside the ledger's own code. The ledger counts
 * running time only as far as its own clock saw it: `least` is without the memory.
 */
export function usageCostMicrocredits(
  receipt: UsageReceipt,
  rates: { readonly fuelCoreHour: bigint; readonly memoryGibHour: bigint },
): { readonly least: bigint; readonly most: bigint } {
  const byteMilliseconds = receipt.memoryBytesPeak * (receipt.endedAtMs - receipt.startedAtMs)
  const fuel = receipt.fuel * rates.fuelCoreHour * byteMillisecondsOfGibHour
  const memory = byteMilliseconds * rates.memoryGibHour * fuelOfCoreHour
  const divisor = fuelOfCoreHour * byteMillisecondsOfGibHour
  return { least: fuel / divisor, most: (fuel + memory) / divisor }
}
