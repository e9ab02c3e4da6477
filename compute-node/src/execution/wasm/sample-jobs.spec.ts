import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { crc32, inflateSync } from 'node:zlib'
import { ConsoleStdout, File, OpenFile, WASI } from '@bjorn3/browser_wasi_shim'
import fc from 'fast-check'
import type { WasmJobRequest } from '../engine.ts'
import { defaultLimits, runJob } from '../testing/engine.behaviour.ts'
import { WasmEngine } from './wasm-engine.ts'
import { type HostFunction, webAssembly } from './web-assembly.ts'

const readJob = (name: string) => readFile(new URL(`../../../../../test/jobs/${name}/${name}.wasm`, import.meta.url))

/** Runs a module as it is, unmetered, under another implementation of WASI. */
function runPlain(module: Uint8Array, args: readonly string[], input: Uint8Array): Buffer {
  const output: Uint8Array[] = []
  const streams = [
    new OpenFile(new File(input)),
    new ConsoleStdout(bytes => output.push(bytes.slice())),
    new ConsoleStdout(() => undefined),
  ]
  const wasi = new WASI(['job', ...args], [], streams, { debug: false })
  const imports = wasi.wasiImport as Record<string, HostFunction>
  const instance = new webAssembly.Instance(new webAssembly.Module(module), { wasi_snapshot_preview1: imports })
  assert.equal(wasi.start(instance as Parameters<typeof wasi.start>[0]), 0)
  return Buffer.concat(output)
}

describe('the sample jobs', () => {
  let engine: WasmEngine
  let statistics: Uint8Array
  let renderer: Uint8Array
  before(async () => {
    engine = new WasmEngine()
    statistics = await readJob('text-statistics')
    renderer = await readJob('renderer')
  })
  after(() => engine.close())

  const run = async (module: Uint8Array, args: readonly string[], input: Uint8Array = new Uint8Array()) => {
    const limits = { ...defaultLimits, fuelMax: 10n ** 10n }
    const request: WasmJobRequest = {
      engine: 'wasm',
      module,
      args,
      env: {},
      input,
      limits,
      seed: new Uint8Array(32),
      startedAtMs: 0,
    }
    return runJob(engine, request)
  }
  const outputOf = async (module: Uint8Array, args: readonly string[], input?: Uint8Array) => {
    const { end } = await run(module, args, input)
    assert.ok(end.outcome === 'completed', JSON.stringify(end.outcome))
    return Buffer.from(end.output)
  }

  it('refuse arguments that they do not know, and say so in the log', async () => {
    for (const args of [['--depth', '3'], ['--width'], ['--width', '0'], ['--height', '9999'], ['--width', 'x']]) {
      const { end, log } = await run(renderer, args)
      assert.ok(end.outcome === 'failed', args.join(' '))
      assert.equal(end.exitCode, 2)
      assert.match(log, /argument|value|size|pixels/)
    }
  })

  it('write the same when metered as they do plain under another implementation of WASI', async () => {
    const size = ['--width', '40', '--height', '30']
    assert.deepEqual(await outputOf(renderer, size), runPlain(renderer, size, new Uint8Array()))
    const text = fc.sample(fc.string({ unit: 'grapheme', maxLength: 2000 }), { numRuns: 10, seed: 7 })
    for (const input of text.map(item => Buffer.from(item))) {
      assert.deepEqual(await outputOf(statistics, [], input), runPlain(statistics, [], input))
    }
  })

  it('count lines, words and bytes as wc does', () => {
    const piece = fc.constantFrom('a', 'Bee', 'sea ', '\n', ' ', '\t', '\r\n', '\f', '\v', 'é', '日本', '-', "it's ")
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), pieces => {
        const text = pieces.join('')
        const counted = JSON.parse(runPlain(statistics, [], Buffer.from(text)).toString())
        assert.deepEqual(
          [counted.lines, counted.words, counted.bytes, counted.characters],
          [
            text.split('\n').length - 1,
            text.split(/[ \t\n\v\f\r]+/).filter(word => word !== '').length,
            Buffer.byteLength(text),
            [...text].length,
          ],
        )
        assert.equal(counted.longestLine, Math.max(...text.split('\n').map(line => [...line].length)))
      }),
      { numRuns: 200 },
    )
  })

  it('rank the ten most frequent words, ties by their bytes', () => {
    const words = ['pear', 'Apple', 'fig', 'PEAR', 'apple', 'pear', ...'abcdefghijkl']
    const { top } = JSON.parse(runPlain(statistics, [], Buffer.from(words.join(' '))).toString())
    const expected = [['pear', 3], ['apple', 2], ...['a', 'b', 'c', 'd', 'e', 'f', 'fig', 'g'].map(word => [word, 1])]
    assert.deepEqual(
      top.map(({ word, count }: { word: string; count: number }) => [word, count]),
      expected,
    )
  })

  it('answer with JSON whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        const output = runPlain(statistics, [], bytes)
        const parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(output))
        assert.equal(parsed.bytes, bytes.length)
      }),
    )
  })

  it('render a PNG that decodes to the picture: many colours, a blue sky above a lighter horizon', async () => {
    const { width, height, pixels } = decodePng(await outputOf(renderer, ['--width', '120', '--height', '100']))
    assert.deepEqual([width, height, pixels.length], [120, 100, 120 * 100 * 3])
    const colourAt = (x: number, y: number) => [...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
    const colours = new Set(
      Array.from({ length: width * height }, (_, at) => colourAt(at % width, Math.floor(at / width)).join()),
    )
    assert.ok(colours.size > 2000, `${colours.size} colours`)
    const [red = 0, , blue = 0] = colourAt(2, 2)
    const [horizonRed = 0] = colourAt(2, 34)
    assert.ok(blue > red + 40, 'the sky is blue')
    assert.ok(horizonRed > red + 40, 'the horizon is lighter')
  })

  it('log each tenth of the picture', async () => {
    const { log } = await run(renderer, ['--width', '20', '--height', '20'])
    const tenths = Array.from({ length: 10 }, (_, index) => `rendered ${(index + 1) * 10} %\n`).join('')
    assert.equal(log, `${tenths}wrote 20 x 20 pixels\n`)
  })
})

/** Decodes 8-bit colour PNG whose rows all use Paeth's filter, and checks every chunk's sum. */
function decodePng(png: Buffer): { width: number; height: number; pixels: Buffer } {
  assert.equal(png.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n')
  const chunks: { type: string; data: Buffer }[] = []
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const typeAndData = png.subarray(at + 4, at + 8 + length)
    assert.equal(png.readUInt32BE(at + 8 + length), crc32(typeAndData))
    chunks.push({ type: typeAndData.subarray(0, 4).toString(), data: typeAndData.subarray(4) })
    at += 12 + length
  }
  const header = chunks[0]?.data ?? Buffer.alloc(0)
  assert.deepEqual(
    [chunks[0]?.type, chunks.at(-1)?.type, header.subarray(8).toString('hex')],
    ['IHDR', 'IEND', '0802000000'],
  )
  const width = header.readUInt32BE(0)
  const height = header.readUInt32BE(4)
  const rows = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)))
  assert.equal(rows.length, (width * 3 + 1) * height)
  return { width, height, pixels: unfilter(rows, width * 3) }
}

function unfilter(rows: Buffer, rowBytes: number): Buffer {
  const pixels = Buffer.alloc((rows.length / (rowBytes + 1)) * rowBytes)
  for (let at = 0; at < pixels.length; at += 1) {
    const x = at % rowBytes
    const y = (at - x) / rowBytes
    assert.equal(rows[y * (rowBytes + 1)], 4)
    const left = x < 3 ? 0 : (pixels[at - 3] ?? 0)
    const above = pixels[at - rowBytes] ?? 0
    const corner = x < 3 ? 0 : (pixels[at - rowBytes - 3] ?? 0)
    const nearest = [left, above, corner].map(value => Math.abs(left + above - corner - value))
    const predictor = [left, above, corner][nearest.indexOf(Math.min(...nearest))] ?? 0
    pixels[at] = ((rows[y * (rowBytes + 1) + 1 + x] ?? 0) + predictor) & 0xff
  }
  return pixels
}
