import type { AnyUsageReceipt } from '@deparrow/ledger'
import type { NetworkView } from '@deparrow/sdk'

const fuelOfCoreHour = 3_600_000_000_000n
const millisecondsOfHour = 3_600_000n
const bytesOfGib = 2n ** 30n

/** What is priced besides memory: fuel of a WebAssembly job, processor time of a container. */
type Priced = { readonly engine: string; readonly rates: NetworkView['rates'] }

/**
 * What a receipt's usage costs at normal priority, in µcr, worked out beside the ledger's own code. The ledger counts running time
 * only as far as its own clock saw it: `least` is without the memory.
 */
export function usageCostMicrocredits(
  receipt: AnyUsageReceipt,
  { engine, rates }: Priced,
): { readonly least: bigint; readonly most: bigint } {
  const byteMilliseconds = receipt.memoryBytesPeak * (receipt.endedAtMs - receipt.startedAtMs)
  const memory = byteMilliseconds * rates.memoryGibHour * fuelOfCoreHour
  const work =
    engine === 'wasm'
      ? receipt.fuel * rates.fuelCoreHour * millisecondsOfHour * bytesOfGib
      : receipt.cpuMs * rates.cpuCoreHour * fuelOfCoreHour * bytesOfGib
  const divisor = fuelOfCoreHour * millisecondsOfHour * bytesOfGib
  return { least: work / divisor, most: (work + memory) / divisor }
}
