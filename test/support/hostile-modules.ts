import { wasmModule } from './wasm-module.ts'

const loop = (...body: number[]) => [0x03, 0x40, ...body, 0x0c, 0x00, 0x0b]

/** Goes round for ever. */
export const endlessLoop: Uint8Array = wasmModule({ start: loop() })

/** Takes page after page of memory, and traps once it gets no more: `if (memory.grow(1) == -1) unreachable`. */
export const memoryBomb: Uint8Array = wasmModule({
  start: loop(0x41, 0x01, 0x40, 0x00, 0x41, 0x7f, 0x46, 0x04, 0x40, 0x00, 0x0b),
})

/** Calls itself for ever. */
export const stackBomb: Uint8Array = wasmModule({ start: [0x10, 0x00] })

/** Writes 4 KiB of zeros to a stream, for ever: `fd_write(descriptor, vectors at 0, one of them, count at 16)`. */
export function flood(descriptor: 1 | 2): Uint8Array {
  const vector = [...littleEndian(1_024), ...littleEndian(4_096)]
  const write = [0x41, descriptor, 0x41, 0x00, 0x41, 0x01, 0x41, 0x10, 0x10, 0x00, 0x1a]
  return wasmModule({
    imported: { module: 'wasi_snapshot_preview1', name: 'fd_write' },
    start: loop(...write),
    data: vector,
  })
}

/** Imports a function and calls it. */
export function importing(module: string, name: string): Uint8Array {
  return wasmModule({ imported: { module, name }, start: [0x10, 0x00] })
}

function littleEndian(value: number): readonly number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff]
}
