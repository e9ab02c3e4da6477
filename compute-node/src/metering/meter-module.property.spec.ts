import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { before, describe, it } from 'node:test'
import fc from 'fast-check'
import { checkModule } from '../execution/wasm/check-module.ts'
import { webAssembly } from '../execution/wasm/web-assembly.ts'
import { meterModule } from './meter-module.ts'
import { assemble } from './testing/assemble.ts'
import { compile, counterCount, interpret, programs, type Statement } from './testing/programs.ts'
import { call, meteredInstance, plainInstance } from './testing/run-metered.ts'

const caps = { memoryPagesMax: 1024, tableElementsMax: 1000 }
const parameters = fc.tuple(fc.integer(), fc.integer(), fc.integer())

function moduleOf(program: readonly Statement[]): Uint8Array {
  const locals = 'i'.repeat(counterCount)
  return assemble({ functions: [{ signature: 'iii:i', locals, code: compile(program), export: 'run' }] })
}

describe('any program', () => {
  it('computes the same when metered, and burns exactly the instructions that it executes', () => {
    fc.assert(
      fc.property(programs, parameters, (program, values) => {
        const module = moduleOf(program)
        const { instance, fuelUsed } = meteredInstance(module)
        const { result, instructions } = interpret(program, values)
        const entry = 1n
        assert.equal(call(instance, 'run', ...values), result)
        assert.equal(call(plainInstance(module), 'run', ...values), result)
        assert.equal(fuelUsed(), instructions + entry)
      }),
      { numRuns: 300 },
    )
  })

  it('runs to its end on exactly its fuel and traps on one less', () => {
    fc.assert(
      fc.property(programs, parameters, (program, values) => {
        const module = moduleOf(program)
        const fuel = interpret(program, values).instructions + 1n
        call(meteredInstance(module, { fuel }).instance, 'run', ...values)
        const short = meteredInstance(module, { fuel: fuel - 1n })
        assert.throws(() => call(short.instance, 'run', ...values), webAssembly.RuntimeError)
        assert.equal(short.meter.isExhausted, true)
      }),
      { numRuns: 100 },
    )
  })
})

describe('any bytes', () => {
  let sample: Uint8Array

  before(async () => {
    sample = await readFile(new URL('../../../../test/jobs/text-statistics/text-statistics.wasm', import.meta.url))
  })

  it('are refused with a code or accepted, never answered with an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), tail => {
        const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...tail])
        assert.equal(typeof checkModule(bytes).ok, 'boolean')
        assert.equal(typeof meterModule(bytes, caps).ok, 'boolean')
      }),
    )
  })

  it('cut off at any length are refused or no longer valid', () => {
    fc.assert(
      fc.property(fc.nat(sample.length - 1), length => {
        const cut = sample.subarray(0, length)
        assert.ok(!checkModule(cut).ok || !webAssembly.validate(cut))
      }),
    )
  })

  it('made from a program by changing bytes: whatever is admitted and valid is still valid once metered', () => {
    const change = fc.tuple(fc.nat(sample.length - 1), fc.nat(255))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), changes => {
        const changed = Uint8Array.from(sample)
        for (const [at, value] of changes) changed[at] = value
        if (!checkModule(changed).ok || !webAssembly.validate(changed)) return
        const metered = meterModule(changed, caps)
        assert.ok(metered.ok)
        assert.equal(webAssembly.validate(metered.module), true)
      }),
      { numRuns: 500 },
    )
  })
})
