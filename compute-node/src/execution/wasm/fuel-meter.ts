import { meterLayout } from '../../metering/meter-code.ts'

/** The job spent its last fuel inside a host call. */
export class FuelExhaustedError extends Error {
  override readonly name = 'FuelExhaustedError'
}

/** The most fuel that the meter's signed 64-bit counter takes with room to spare for one more charge. */
const fuelCeiling = 2n ** 62n

/** What the meter starts with: the ordered maximum, within what the counter can hold. */
export function fuelBudget(fuelMax: bigint): bigint {
  if (fuelMax < 0n) return 0n
  return fuelMax < fuelCeiling ? fuelMax : fuelCeiling
}

/** The meter block of a running job, seen from JavaScript: in the job's thread and, at the same moment, in the node's. */
export class FuelMeter {
  private readonly fuelLeft: BigInt64Array
  private readonly words: Int32Array

  constructor(readonly block: SharedArrayBuffer) {
    this.fuelLeft = new BigInt64Array(block, meterLayout.fuelLeft, 1)
    this.words = new Int32Array(block)
  }

  begin(fuel: bigint, memoryPages: number): void {
    Atomics.store(this.fuelLeft, 0, fuel)
    Atomics.store(this.words, meterLayout.memoryPages / 4, memoryPages)
  }

  /** Takes fuel for a host call's work before it is done. Throws `FuelExhaustedError` when there is not enough. */
  charge(fuel: bigint): void {
    if (Atomics.sub(this.fuelLeft, 0, fuel) < fuel) throw new FuelExhaustedError()
  }

  get isExhausted(): boolean {
    return Atomics.load(this.fuelLeft, 0) < 0n
  }

  /** Fuel burnt out of `fuelMax`, never more than that. */
  fuelUsed(fuelMax: bigint): bigint {
    const left = Atomics.load(this.fuelLeft, 0)
    return left < 0n ? fuelMax : fuelMax - left
  }

  get memoryPages(): number {
    return Atomics.load(this.words, meterLayout.memoryPages / 4)
  }

  get isGrowthRefused(): boolean {
    return Atomics.load(this.words, meterLayout.isGrowthRefused / 4) !== 0
  }
}
