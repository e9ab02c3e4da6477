import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { meterModule } from './meter-module.ts'
import { assemble, type FunctionText, i32, type ModuleText, u32 } from './testing/assemble.ts'
import { call, meteredInstance } from './testing/run-metered.ts'

const localGet = (index: number) => [0x20, index]
const localSet = (index: number) => [0x21, index]
const add = 0x6a
const end = 0x0b
const empty = 0x40

function fuelOf(
  run: Omit<FunctionText, 'export'>,
  values: readonly number[] = [],
  rest: Partial<ModuleText> = {},
): bigint {
  const module = assemble({ ...rest, functions: [{ ...run, export: 'run' }, ...(rest.functions ?? [])] })
  const { instance, fuelUsed } = meteredInstance(module)
  call(instance, 'run', ...values)
  return fuelUsed()
}

describe('the fuel of a metered module', () => {
  it('is one for each instruction of a straight line', () => {
    assert.equal(fuelOf({ signature: 'ii:i', code: [...localGet(0), ...localGet(1), add] }, [1, 2]), 3n)
  })

  it('is nothing for a function without instructions, nor for nop, block and end', () => {
    assert.equal(fuelOf({ signature: ':', code: [] }), 0n)
    assert.equal(fuelOf({ signature: ':', code: [0x01, 0x02, empty, 0x01, end, 0x03, empty, end] }), 0n)
  })

  it('grows by one for each started group of eight declared locals', () => {
    assert.equal(fuelOf({ signature: ':', locals: 'i', code: [] }), 1n)
    assert.equal(fuelOf({ signature: ':', locals: 'iIfFiIfF', code: [] }), 1n)
    assert.equal(fuelOf({ signature: ':', locals: 'iIfFiIfFi', code: [] }), 2n)
  })

  it('counts only the branch of an if that is taken', () => {
    const code = [...localGet(0), 0x04, empty, 0x41, 1, 0x1a, 0x05, 0x41, 1, 0x1a, 0x41, 1, 0x1a, end]
    assert.equal(fuelOf({ signature: 'i:', code }, [1]), 2n + 2n)
    assert.equal(fuelOf({ signature: 'i:', code }, [0]), 2n + 4n)
  })

  it('does not count what a conditional branch skips', () => {
    const code = [0x02, empty, ...localGet(0), 0x0d, 0, 0x41, 1, 0x1a, end, 0x41, 1, 0x1a]
    assert.equal(fuelOf({ signature: 'i:', code }, [1]), 2n + 2n)
    assert.equal(fuelOf({ signature: 'i:', code }, [0]), 2n + 2n + 2n)
  })

  it('counts the body of a loop each time round', () => {
    const countDown = [...localGet(0), ...i32(1), 0x6b, 0x22, 0, 0x0d, 0]
    const code = [0x03, empty, ...countDown, end]
    assert.equal(fuelOf({ signature: 'i:', code }, [1]), 5n)
    assert.equal(fuelOf({ signature: 'i:', code }, [1000]), 5000n)
  })

  it('follows a branch table to the label it picks', () => {
    const inner = [0x02, empty, ...localGet(0), 0x0e, 1, 0, 1, end, 0x41, 1, 0x1a]
    const code = [0x02, empty, ...inner, end]
    assert.equal(fuelOf({ signature: 'i:', code }, [0]), 2n + 2n)
    assert.equal(fuelOf({ signature: 'i:', code }, [7]), 2n)
  })

  it('counts what a called function does', () => {
    const callee: FunctionText = { signature: 'i:i', code: [...localGet(0), ...i32(5), add] }
    assert.equal(fuelOf({ signature: ':', code: [...i32(1), 0x10, 1, 0x1a] }, [], { functions: [callee] }), 3n + 3n)
  })

  it('does not count what stands behind a return', () => {
    const code = [...localGet(0), 0x04, empty, 0x0f, end, 0x41, 1, 0x1a]
    assert.equal(fuelOf({ signature: 'i:', code }, [1]), 2n + 1n)
  })

  it('adds one for eight bytes that memory.fill, memory.copy or memory.init touch', () => {
    const memories = [[0, 1]]
    const fill = [...i32(0), ...i32(7), ...localGet(0), 0xfc, 11, 0]
    assert.equal(fuelOf({ signature: 'i:', code: fill }, [0], { memories }), 4n)
    assert.equal(fuelOf({ signature: 'i:', code: fill }, [7], { memories }), 4n)
    assert.equal(fuelOf({ signature: 'i:', code: fill }, [65_536], { memories }), 4n + 8192n)
    const copy = [...i32(8), ...i32(0), ...localGet(0), 0xfc, 10, 0, 0]
    assert.equal(fuelOf({ signature: 'i:', code: copy }, [800], { memories }), 4n + 100n)
    const init = [...i32(0), ...i32(0), ...localGet(0), 0xfc, 8, 0, 0]
    const passiveData = { 12: [1], 11: [1, 1, 16, ...new Array<number>(16).fill(9)] }
    assert.equal(fuelOf({ signature: 'i:', code: init }, [16], { memories, rawSections: passiveData }), 4n + 2n)
  })

  it('adds a page of clearing for each page that memory.grow obtains, and nothing for a refused one', () => {
    const code = [...localGet(0), 0x40, 0, 0x1a]
    assert.equal(fuelOf({ signature: 'i:', code }, [3], { memories: [[1, 1, 8]] }), 3n + 3n * 8192n)
    assert.equal(fuelOf({ signature: 'i:', code }, [8], { memories: [[1, 1, 8]] }), 3n)
    assert.equal(fuelOf({ signature: 'i:', code }, [-1], { memories: [[1, 1, 8]] }), 3n)
  })

  it('adds one for each table element that table.grow obtains and table.fill touches', () => {
    const tables = [[0x70, 0, 2]]
    const grow = [0xd0, 0x70, ...localGet(0), 0xfc, 15, 0, 0x1a]
    assert.equal(fuelOf({ signature: 'i:', code: grow }, [10], { tables }), 4n + 10n)
    assert.equal(fuelOf({ signature: 'i:', code: grow }, [100_000], { tables }), 4n)
    const fill = [...i32(0), 0xd0, 0x70, ...localGet(0), 0xfc, 17, 0]
    assert.equal(fuelOf({ signature: 'i:', code: fill }, [2], { tables }), 4n + 2n)
  })

  it('is charged before the work: a module short of one fuel does not store', () => {
    const store = [...i32(0), ...i32(77), 0x36, 2, 0]
    const load = [...i32(0), 0x28, 2, 0]
    const functions = [
      { signature: ':', code: store, export: 'store' },
      { signature: ':i', code: load, export: 'load' },
    ]
    const module = assemble({ functions, memories: [[0, 1]] })
    const { instance, meter } = meteredInstance(module, { fuel: 2n })
    assert.throws(() => call(instance, 'store'), /unreachable/)
    assert.equal(meter.isExhausted, true)
    meter.begin(100n, 1)
    assert.equal(call(instance, 'load'), 0)
  })
})

describe('a metered module', () => {
  it('traps in an endless loop once its fuel is gone, and reports no more than it had', () => {
    const module = assemble({ functions: [{ signature: ':', code: [0x03, empty, 0x0c, 0, end], export: 'run' }] })
    const { instance, meter } = meteredInstance(module, { fuel: 1_000_000n })
    assert.throws(() => call(instance, 'run'), /unreachable/)
    assert.equal(meter.fuelUsed(1_000_000n), 1_000_000n)
  })

  it('cannot fill memory beyond its fuel', () => {
    const code = [...i32(0), ...i32(0), ...i32(65_536), 0xfc, 11, 0]
    const module = assemble({ functions: [{ signature: ':', code, export: 'run' }], memories: [[0, 1]] })
    assert.throws(() => call(meteredInstance(module, { fuel: 8195n }).instance, 'run'), /unreachable/)
    call(meteredInstance(module, { fuel: 8196n }).instance, 'run')
  })

  it('cannot grow its memory beyond the cap, which is noted, and keeps a lower maximum of its own', () => {
    const code = [...localGet(0), 0x40, 0]
    const module = (limits: number[]) =>
      assemble({ functions: [{ signature: 'i:i', code, export: 'grow' }], memories: [limits] })
    const capped = meteredInstance(module([0, 1]), { memoryPagesMax: 4 })
    assert.equal(call(capped.instance, 'grow', 3), 1)
    assert.equal(capped.meter.memoryPages, 4)
    assert.equal(capped.meter.isGrowthRefused, false)
    assert.equal(call(capped.instance, 'grow', 1), -1)
    assert.equal(capped.meter.isGrowthRefused, true)
    assert.equal(call(meteredInstance(module([1, 1, 2]), { memoryPagesMax: 4 }).instance, 'grow', 2), -1)
  })

  it('runs its start function only when the engine calls it, metered', () => {
    const code = [0x03, empty, 0x0c, 0, end]
    const module = assemble({ functions: [{ signature: ':', code }], start: 0 })
    const { instance } = meteredInstance(module, { fuel: 1000n })
    assert.throws(() => call(instance, 'deparrow:start'), /unreachable/)
  })

  it('has its meter in its first memory when it declares none', () => {
    const module = assemble({ functions: [{ signature: ':i', code: i32(3), export: 'run' }] })
    const { instance, fuelUsed } = meteredInstance(module)
    assert.equal(call(instance, 'run'), 3)
    assert.equal(fuelUsed(), 1n)
  })

  it('keeps parameters and locals apart from those that metering adds', () => {
    const code = [...localGet(0), ...localGet(1), add, ...localSet(2), ...i32(1), 0x40, 0, 0x1a, ...localGet(2)]
    const module = assemble({
      functions: [{ signature: 'ii:i', locals: 'i', code, export: 'run' }],
      memories: [[0, ...u32(1)]],
    })
    assert.equal(call(meteredInstance(module).instance, 'run', 40, 2), 42)
  })

  it('is refused when metering would make it larger than a node can hold', () => {
    const branches = [0x02, empty, ...new Array<number[]>(30_000).fill([...localGet(0), 0x0d, 0]).flat(), end]
    const functions = new Array<FunctionText>(30).fill({ signature: ':', locals: 'i', code: branches })
    const refused = meterModule(assemble({ functions }), { memoryPagesMax: 1, tableElementsMax: 0 })
    assert.ok(!refused.ok && refused.code === 'FEATURE_NOT_GRANTED')
    assert.match(refused.message, /more code than fits/)
  })
})
