import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import type { JobEnd, WasmJobRequest } from '../engine.ts'
import { defaultLimits, describeEngine, runJob, type Task } from '../testing/engine.behaviour.ts'
import * as programs from '../testing/wasi-programs.ts'
import { WasmEngine } from './wasm-engine.ts'

const fuelMax = 10n ** 13n

function requestOf(module: Uint8Array, rest: Partial<WasmJobRequest> = {}): WasmJobRequest {
  const limits = { ...defaultLimits, fuelMax }
  const seed = new Uint8Array(32).fill(5)
  return {
    engine: 'wasm',
    module,
    args: [],
    env: {},
    input: new Uint8Array(),
    limits,
    seed,
    startedAtMs: 1_700_000_000_000,
    ...rest,
  }
}

const programOf: Readonly<Record<Task, () => Uint8Array>> = {
  'copy input to output': programs.echo,
  'log "alive" and loop': () => programs.logThenLoop('alive\n'),
  loop: programs.endlessLoop,
  'exit with 3': () => programs.exitWith(3),
  'flood output': () => programs.flood(1),
  'flood log': () => programs.flood(2),
  'take memory without end': programs.memoryBomb,
}

describeEngine(
  'the WebAssembly engine as an engine',
  async () => new WasmEngine(),
  (task, input, limits) => requestOf(programOf[task](), { input, limits: { ...limits, fuelMax } }),
)

describe('the WebAssembly engine', () => {
  let engine: WasmEngine
  before(() => {
    engine = new WasmEngine()
  })
  after(() => engine.close())

  const run = async (module: Uint8Array, rest: Partial<WasmJobRequest> = {}) =>
    (await runJob(engine, requestOf(module, rest))).end
  const withFuel = (fuel: bigint) => ({ limits: { ...defaultLimits, fuelMax: fuel } })

  it('ends an endless loop when its fuel is burnt, having charged exactly that', async () => {
    for (const module of [programs.endlessLoop(), programs.endlessStart()]) {
      const end = await run(module, withFuel(5_000_000n))
      assert.equal(failureOf(end), 'FUEL_EXHAUSTED')
      assert.equal(end.usage.fuel, 5_000_000n)
    }
  })

  it('knows the fuel of a pure loop that it stopped, though nothing in the loop reports it', async () => {
    const end = await run(programs.endlessLoop(), { limits: { ...defaultLimits, fuelMax, wallMsMax: 200 } })
    assert.equal(end.outcome, 'timedOut')
    assert.ok(end.usage.fuel > 1_000_000n && end.usage.fuel < fuelMax)
    assert.equal(end.usage.memoryBytesPeak, 65_536)
  })

  it('charges host calls: calling out for ever ends too', async () => {
    const limits = { ...defaultLimits, fuelMax: 1_000_000n, outputBytesMax: 100_000_000 }
    assert.equal(failureOf(await run(programs.flood(1), { limits })), 'FUEL_EXHAUSTED')
  })

  it('charges each vector and each argument of a host call, also those that carry no bytes', async () => {
    const vectors = await run(programs.probe('fd_write', [1, 8_192, 1_000, 16]))
    assert.ok(vectors.outcome === 'completed' && vectors.usage.fuel > 300_000n, `${vectors.usage.fuel}`)
    const args = new Array<string>(64).fill('')
    const texts = await run(programs.probe('args_get', [4_096, 8_192]), { args })
    assert.ok(texts.outcome === 'completed' && texts.usage.fuel > 64n * 300n, `${texts.usage.fuel}`)
  })

  it('ends a stack bomb as a stack overflow', async () => {
    assert.equal(failureOf(await run(programs.stackBomb())), 'STACK_OVERFLOW')
  })

  it('reports traps, in the code and in misplaced data', async () => {
    assert.equal(failureOf(await run(programs.trap())), 'TRAP')
    assert.equal(failureOf(await run(programs.misplacedData())), 'TRAP')
  })

  it('does not start a module that begins with more memory than the job may hold', async () => {
    const { end, startedCount } = await runJob(engine, requestOf(programs.startingWithPages(513)))
    assert.equal(failureOf(end), 'MEMORY_LIMIT')
    assert.equal(startedCount, 0)
  })

  it('reports the memory that the job grew to as its peak', async () => {
    const end = await run(programs.memoryBomb())
    assert.equal(end.usage.memoryBytesPeak, defaultLimits.memoryBytesMax)
  })

  it('refuses what is not a module, is not valid, imports too much or reaches for the meter; nothing is owed', async () => {
    const refused = [
      [new Uint8Array([1, 2, 3]), 'NOT_WEBASSEMBLY'],
      [programs.illTyped(), 'MODULE_INVALID'],
      [programs.importing('env', 'system'), 'IMPORT_NOT_GRANTED'],
      [programs.meterForger(), 'FEATURE_NOT_GRANTED'],
    ] as const
    for (const [module, code] of refused) {
      const { end, startedCount } = await runJob(engine, requestOf(module))
      assert.ok(end.outcome === 'refused', code)
      assert.equal(end.code, code)
      assert.deepEqual([startedCount, end.usage.fuel, end.usage.cpuMs], [0, 0n, 0])
    }
  })

  it('lives on after every hostile job', async () => {
    const input = Buffer.from('still here')
    const end = await run(programs.echo(), { input })
    assert.ok(end.outcome === 'completed')
    assert.equal(Buffer.from(end.output).toString(), 'still here')
  })

  it('burns the same fuel and gives the same output for the same job', async () => {
    const module = await readFile(new URL('../../../../../test/jobs/renderer/renderer.wasm', import.meta.url))
    const small = { args: ['--width', '64', '--height', '64'] }
    const [first, second] = [await run(module, small), await run(module, small)]
    assert.ok(first.outcome === 'completed' && second.outcome === 'completed')
    assert.deepEqual(first.output, second.output)
    assert.equal(first.usage.fuel, second.usage.fuel)
  })
})

function failureOf(end: JobEnd): string {
  return end.outcome === 'failed' ? end.reason : end.outcome
}
