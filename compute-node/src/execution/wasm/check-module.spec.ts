import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { assemble, type FunctionText, i32, type ModuleText, u32 } from '../../metering/testing/assemble.ts'
import { checkModule } from './check-module.ts'
import { moduleBytesMax, tableElementsMax } from './limits.ts'
import { wasiModule, wasiSignatures } from './wasi-signatures.ts'

const start = { signature: ':', code: [], export: '_start' }

function codeOf(text: Partial<ModuleText>): string {
  const result = checkModule(assemble({ functions: [start], ...text }))
  return result.ok ? 'ok' : result.code
}

function refusedFeature(text: Partial<ModuleText>): string {
  const result = checkModule(assemble({ functions: [start], ...text }))
  assert.ok(!result.ok && result.code === 'FEATURE_NOT_GRANTED', JSON.stringify(result))
  return result.feature
}

const inStart = (...code: number[]): Partial<ModuleText> => ({ functions: [{ ...start, code }] })

describe('admission refuses', () => {
  it('what is not WebAssembly, names what is wrong and where', () => {
    for (const bytes of [[], [0], [0x7f, 0x45, 0x4c, 0x46, 1, 0, 0, 0], [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]]) {
      const result = checkModule(Uint8Array.from(bytes))
      assert.ok(!result.ok && result.code === 'NOT_WEBASSEMBLY')
      assert.match(result.message, /magic number or version/)
    }
  })

  it('sections out of order, twice, or longer than the file', () => {
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
    for (const sections of [
      [3, 1, 0, 1, 1, 0],
      [1, 1, 0, 1, 1, 0],
      [1, 9, 0],
      [1, 0x80, 0x80, 0x80, 0x80, 0x10],
    ]) {
      const result = checkModule(Uint8Array.from([...header, ...sections]))
      assert.ok(!result.ok && result.code === 'NOT_WEBASSEMBLY')
    }
  })

  it('a module above the size limit, by size alone', () => {
    const result = checkModule(new Uint8Array(moduleBytesMax + 1))
    assert.ok(!result.ok && result.code === 'MODULE_TOO_LARGE')
    assert.deepEqual([result.sizeBytes, result.sizeBytesMax], [moduleBytesMax + 1, moduleBytesMax])
  })

  it('imports beyond WASI preview 1, naming them', () => {
    const imports = [{ module: 'env', name: 'system', signature: 'i:i' }]
    const result = checkModule(assemble({ imports, functions: [start] }))
    assert.ok(!result.ok && result.code === 'IMPORT_NOT_GRANTED')
    assert.deepEqual([result.importModule, result.importName], ['env', 'system'])
  })

  it('WASI functions that do not exist, are inherited names of an object, or have another signature', () => {
    for (const [name, signature] of [
      ['fd_steal', 'i:i'],
      ['constructor', 'i:i'],
      ['fd_write', 'iiiI:i'],
      ['proc_exit', 'i:i'],
    ] as const) {
      assert.equal(codeOf({ imports: [{ module: wasiModule, name, signature }] }), 'IMPORT_NOT_GRANTED', name)
    }
  })

  it('imported memories, tables and globals', () => {
    const importOf = (...rest: number[]) => [1, 1, 0x65, 1, 0x6d, ...rest]
    for (const bytes of [importOf(2, 0, 1), importOf(1, 0x70, 0, 1), importOf(3, 0x7f, 0)]) {
      assert.equal(codeOf({ rawSections: { 2: bytes } }), 'IMPORT_NOT_GRANTED')
    }
  })

  it('a module without a _start that takes and gives nothing', () => {
    assert.equal(codeOf({ functions: [{ signature: ':', code: [] }] }), 'NO_START_FUNCTION')
    assert.equal(codeOf({ functions: [{ ...start, signature: 'i:' }] }), 'NO_START_FUNCTION')
    assert.equal(codeOf({ functions: [{ ...start, signature: ':i', code: i32(1) }] }), 'NO_START_FUNCTION')
    const memoryAsStart = { name: '_start', kind: 2, index: 0 }
    assert.equal(codeOf({ functions: [], memories: [[0, 1]], exports: [memoryAsStart] }), 'NO_START_FUNCTION')
  })

  it('export names that metering keeps for itself', () => {
    const exports = [{ name: 'deparrow:meter', kind: 0, index: 0 }]
    assert.match(refusedFeature({ exports }), /deparrow:meter/)
  })

  it('threads: shared memory and atomic instructions', () => {
    assert.equal(refusedFeature({ memories: [[3, 1, 2]] }), 'shared memory')
    assert.match(refusedFeature(inStart(0xfe, 0x00, 2, 0)), /0xfe/)
  })

  it('64-bit memory, custom page sizes and a second memory, however it is named', () => {
    assert.equal(refusedFeature({ memories: [[4, 1]] }), '64-bit memory')
    assert.match(refusedFeature({ memories: [[8, 1, 0]] }), /0x08/)
    assert.equal(
      refusedFeature({
        memories: [
          [0, 1],
          [0, 1],
        ],
      }),
      'more than one memory',
    )
    const load = [...i32(0), 0x28, 0x42, 1, 0, 0x1a]
    assert.equal(refusedFeature({ memories: [[0, 1]], ...inStart(...load) }), 'more than one memory')
    assert.equal(refusedFeature({ memories: [[0, 1]], ...inStart(0x3f, 1, 0x1a) }), 'more than one memory')
    const fill = [...i32(0), ...i32(0), ...i32(9), 0xfc, 11, 1]
    assert.equal(refusedFeature({ memories: [[0, 1]], ...inStart(...fill) }), 'more than one memory')
  })

  it('tables that together start above the limit, and 64-bit tables', () => {
    const tables = [
      [0x70, 0, ...u32(tableElementsMax)],
      [0x70, 0, 1],
    ]
    assert.match(refusedFeature({ tables }), /tables of more than/)
    assert.match(refusedFeature({ tables: [[0x70, 4, 1]] }), /tables/)
  })

  it('tail calls, exceptions, garbage-collected types and relaxed vectors', () => {
    assert.match(refusedFeature(inStart(0x12, 0)), /0x12/)
    assert.match(refusedFeature(inStart(0x08, 0)), /0x08/)
    assert.match(refusedFeature(inStart(0xfb, 0x1c)), /0xfb/)
    assert.match(refusedFeature(inStart(0xfd, 0x80, 0x02)), /relaxed/)
    assert.match(refusedFeature({ rawSections: { 13: [1, 0, 0] } }), /exception tags/)
    assert.match(refusedFeature({ rawSections: { 1: [1, 0x5f, 0] } }), /type form 0x5f/)
    assert.match(refusedFeature({ functions: [start], rawSections: { 6: [1, 0x6e, 0, 0xd0, 0x6e, 0x0b] } }), /0x6e/)
  })

  it('functions that are too many or too long', () => {
    const many = new Array<FunctionText>(65_536).fill({ signature: ':', code: [] })
    assert.match(refusedFeature({ functions: [start, ...many] }), /more than 65536 functions/)
    const long = { ...start, code: new Array<number>(2 * 1024 * 1024).fill(0x01) }
    assert.match(refusedFeature({ functions: [long] }), /a function of more than/)
  })

  it('blocks that nest so deep that the compiler would need a gigabyte', () => {
    const nested = (depth: number) => [
      ...new Array<number[]>(depth).fill([0x02, 0x40]).flat(),
      ...new Array<number>(depth).fill(0x0b),
    ]
    assert.match(refusedFeature({ functions: [{ ...start, code: nested(16_385) }] }), /nested deeper than 16384/)
    assert.ok(checkModule(assemble({ functions: [{ ...start, code: nested(16_384) }] })).ok)
  })

  it('functions whose values times branches would make the compiler take gigabytes', () => {
    const repeat = (count: number, ...code: number[]) => new Array<number[]>(count).fill(code).flat()
    const branches = repeat(500, 0x41, 0, 0x04, 0x40, 0x0b)
    const types = [3, 0x60, 0, 0, 0x60, 100, ...repeat(100, 0x7f), 0, 0x60, 0, 100, ...repeat(100, 0x7f)]
    const results = { rawSections: { 1: types, 3: [2, 0, 2] } }
    const producer = { signature: ':', code: [] }
    const deep: readonly Partial<ModuleText>[] = [
      { functions: [{ ...start, code: [...repeat(10_000, 0x41, 0), ...branches, ...repeat(10_000, 0x1a)] }] },
      { functions: [{ ...start, locals: 'i'.repeat(10_000), code: branches }] },
      { functions: [{ ...start, code: [...repeat(100, 0x10, 1), ...branches] }, producer], ...results },
      { functions: [{ ...start, code: [...repeat(100, 0x02, 2, 0x00, 0x0b), ...branches] }, producer], ...results },
      { functions: [{ ...start, code: [...repeat(10_000, 0x41, 0), ...repeat(1_000, 0x41, 0, 0x40, 0, 0x1a)] }] },
    ]
    for (const text of deep) assert.match(refusedFeature(text), /too many values times branches/)
    const flat = [...repeat(10_000, 0x41, 0, 0x1a), ...branches, ...repeat(10_000, 0x41, 0, 0x41, 0, 0x6a, 0x1a)]
    assert.ok(checkModule(assemble({ functions: [{ ...start, locals: 'iiii', code: flat }] })).ok)
  })

  it('exports that take longer to make than the job to run', () => {
    const exports = Array.from({ length: 16_384 }, (_, index) => ({ name: `${index}`, kind: 0, index: 0 }))
    assert.match(refusedFeature({ exports }), /more than 16384 exports/)
  })

  it('unknown instructions, unknown sections, branches to nowhere', () => {
    assert.match(refusedFeature(inStart(0xff)), /0xff/)
    assert.match(refusedFeature({ rawSections: { 14: [0] } }), /section kind 14/)
    assert.equal(codeOf(inStart(0x0c, 5)), 'NOT_WEBASSEMBLY')
  })
})

describe('admission grants', () => {
  it('all of WASI preview 1 with its own signatures, and says how much memory the module starts with', () => {
    const imports = Object.entries(wasiSignatures).map(([name, signature]) => ({ module: wasiModule, name, signature }))
    const result = checkModule(assemble({ imports, functions: [start], memories: [[1, 3, 9]] }))
    assert.ok(result.ok)
    assert.equal(result.memoryBytesInitial, 3 * 65_536)
  })

  it('the sample jobs', async () => {
    for (const job of ['renderer', 'text-statistics']) {
      const bytes = await readFile(new URL(`../../../../../test/jobs/${job}/${job}.wasm`, import.meta.url))
      assert.deepEqual(
        { ...checkModule(bytes), memoryBytesInitial: 0 },
        { ok: true, sizeBytes: bytes.length, memoryBytesInitial: 0 },
      )
    }
  })

  it('vector instructions of WebAssembly 2.0', () => {
    const constant = [0xfd, 12, ...new Array<number>(16).fill(1)]
    assert.equal(codeOf(inStart(...constant, ...constant, 0xfd, 0xae, 1, 0xfd, 21, 3, 0x1a)), 'ok')
  })
})
