import { assemble, i32, type ModuleText, u32 } from '../../metering/testing/assemble.ts'
import { wasiModule, wasiSignatures } from '../wasm/wasi-signatures.ts'

/** Small WASI programs, most of them hostile. Memory: one I/O vector at 0, its result at 8, data from 1024 on. */

const vector = 0
const result = 8
const buffer = 1024
const bufferBytes = 4096
const drop = 0x1a
const endlessly = (...body: number[]) => [0x03, 0x40, ...body, 0x0c, 0, 0x0b]
const load = (address: number) => [...i32(address), 0x28, 2, 0]
const store = (address: number, value: readonly number[]) => [...i32(address), ...value, 0x36, 2, 0]

/** A program whose `_start` is `code`; the functions of WASI that it names are its imports, in that order. */
function program(names: readonly string[], code: readonly number[], text: Partial<ModuleText> = {}): Uint8Array {
  const imports = names.map(name => ({ module: wasiModule, name, signature: wasiSignatures[name] ?? '?' }))
  return assemble({ imports, functions: [{ signature: ':', code, export: '_start' }], memories: [[0, 1]], ...text })
}

function transfer(importIndex: number, descriptor: number): number[] {
  return [...i32(descriptor), ...i32(vector), ...i32(1), ...i32(result), 0x10, importIndex, drop]
}

function setVector(address: number, length: readonly number[]): number[] {
  return [...store(vector, i32(address)), ...store(vector + 4, length)]
}

/** Copies standard input to standard output. */
export function echo(): Uint8Array {
  const read = [...setVector(buffer, i32(bufferBytes)), ...transfer(0, 0)]
  const stopAtEnd = [...load(result), 0x45, 0x04, 0x40, 0x0f, 0x0b]
  const write = [...setVector(buffer, load(result)), ...transfer(1, 1)]
  return program(['fd_read', 'fd_write'], endlessly(...read, ...stopAtEnd, ...write))
}

/** Writes a page of zeros to a stream, for ever. */
export function flood(descriptor: 1 | 2): Uint8Array {
  return program(['fd_write'], endlessly(...setVector(buffer, i32(bufferBytes)), ...transfer(0, descriptor)))
}

/** Writes `text` to standard error, then loops for ever. */
export function logThenLoop(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  const code = [...setVector(32, i32(bytes.length)), ...transfer(0, 2), ...endlessly()]
  return program(['fd_write'], code, { data: { offset: 32, bytes } })
}

export function endlessLoop(): Uint8Array {
  return program([], endlessly())
}

/** Loops for ever in the start section, before `_start`. */
export function endlessStart(): Uint8Array {
  const functions = [
    { signature: ':', code: [], export: '_start' },
    { signature: ':', code: endlessly() },
  ]
  return program([], [], { functions, start: 1 })
}

/** Grows its memory page by page, and traps once it gets no more. */
export function memoryBomb(): Uint8Array {
  return program([], endlessly(...i32(1), 0x40, 0, ...i32(-1), 0x46, 0x04, 0x40, 0x00, 0x0b))
}

/** Calls itself for ever. */
export function stackBomb(): Uint8Array {
  return program([], [0x10, 0])
}

export function exitWith(code: number): Uint8Array {
  return program(['proc_exit'], [...i32(code), 0x10, 0])
}

export function trap(): Uint8Array {
  return program([], [...i32(1), ...i32(0), 0x6d, drop])
}

/** Has data that does not fit its memory, so that it cannot be instantiated. */
export function misplacedData(): Uint8Array {
  return program([], [], { memories: [[0, 0]], data: { offset: 32, bytes: new Uint8Array(8) } })
}

/** Passes the format's grammar but not its type check. */
export function illTyped(): Uint8Array {
  return program([], [0x6a])
}

/** Would write the meter by naming the memory that metering adds. */
export function meterForger(): Uint8Array {
  return program([], [...i32(0), 0x42, 0x7f, 0x37, 0x43, 1, 0])
}

export function importing(module: string, name: string): Uint8Array {
  return program([], [], { imports: [{ module, name, signature: ':' }] })
}

export function startingWithPages(pages: number): Uint8Array {
  return program([], [], { memories: [[0, ...u32(pages)]] })
}

/** Writes its arguments, then its environment, each text with a zero byte behind it. */
export function describeWorld(): Uint8Array {
  const names = ['fd_write', 'args_sizes_get', 'args_get', 'environ_sizes_get', 'environ_get']
  const part = (sizes: number, get: number) => [
    ...[...i32(16), ...i32(20), 0x10, sizes, drop],
    ...[...i32(512), ...i32(buffer), 0x10, get, drop],
    ...[...setVector(buffer, load(20)), ...transfer(0, 1)],
  ]
  return program(names, [...part(1, 2), ...part(3, 4)])
}

/**
 * Calls one function of WASI `times` times with constant operands, i64 ones as bigint, and writes, each time, its error
 * number as four bytes and the 64 bytes of memory from 1024 on.
 */
export function probe(name: string, operands: readonly (number | bigint)[], times = 1): Uint8Array {
  const values = operands.flatMap(value => (typeof value === 'bigint' ? [0x42, Number(value)] : i32(value)))
  const once = [...store(1020, [...values, 0x10, 1]), ...setVector(1020, i32(68)), ...transfer(0, 1)]
  return program(['fd_write', name], new Array<number[]>(times).fill(once).flat())
}
