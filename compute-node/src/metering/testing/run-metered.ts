import assert from 'node:assert/strict'
import { FuelMeter } from '../../execution/wasm/fuel-meter.ts'
import { type WebAssemblyInstance, type WebAssemblyMemory, webAssembly } from '../../execution/wasm/web-assembly.ts'
import { meterExports, meterModule } from '../meter-module.ts'

type Imports = Record<string, Record<string, (...values: never[]) => number | undefined>>

export const plentyOfFuel = 10n ** 12n

export type MeteredInstance = { readonly instance: WebAssemblyInstance; readonly meter: FuelMeter; fuelUsed(): bigint }

/** Meters a module that must be accepted, and instantiates it with `fuel` in its meter. */
export function meteredInstance(
  module: Uint8Array,
  { fuel = plentyOfFuel, memoryPagesMax = 256, tableElementsMax = 1000, imports = {} as Imports } = {},
): MeteredInstance {
  assert.equal(webAssembly.validate(module), true, 'the test module itself is valid')
  const metered = meterModule(module, { memoryPagesMax, tableElementsMax })
  assert.ok(metered.ok, metered.ok ? undefined : metered.message)
  const instance = plainInstance(metered.module, imports)
  const meter = new FuelMeter((instance.exports[meterExports.meter] as WebAssemblyMemory).buffer as SharedArrayBuffer)
  meter.begin(fuel, 0)
  return { instance, meter, fuelUsed: () => meter.fuelUsed(fuel) }
}

export function plainInstance(module: Uint8Array, imports: Imports = {}): WebAssemblyInstance {
  return new webAssembly.Instance(new webAssembly.Module(module), imports)
}

/** Calls an exported function. */
export function call(instance: WebAssemblyInstance, name: string, ...values: readonly (number | bigint)[]): unknown {
  const exported = instance.exports[name] as (...values: readonly (number | bigint)[]) => unknown
  return exported(...values)
}
