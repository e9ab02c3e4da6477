/** A WebAssembly binary from its parts, for modules too small or too hostile for a compiler. Numbers below 64 are one byte of LEB128. */
export type ModuleParts = {
  /** A function that takes and gives nothing, or WASI's `fd_write`; it is function 0. */
  readonly imported?: { readonly module: string; readonly name: string }
  /** Instructions of `_start`, without the last end. */
  readonly start: readonly number[]
  /** Bytes at address 0 of the one page of memory. */
  readonly data?: readonly number[]
}

const preamble = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

/** Type 0: () -> (); type 1: (i32 i32 i32 i32) -> i32. */
const types = [0x02, 0x60, 0x00, 0x00, 0x60, 0x04, 0x7f, 0x7f, 0x7f, 0x7f, 0x01, 0x7f]

/** @see https://webassembly.github.io/spec/core/binary/modules.html */
export function wasmModule({ imported, start, data }: ModuleParts): Uint8Array {
  const startIndex = imported === undefined ? 0 : 1
  const imports = imported === undefined ? [] : section(2, [0x01, ...importOf(imported)])
  const body = [0x00, ...start, 0x0b]
  const bytes = [
    ...preamble,
    ...section(1, types),
    ...imports,
    ...section(3, [0x01, 0x00]),
    ...section(5, [0x01, 0x00, 0x01]),
    ...section(7, [0x02, ...text('memory'), 0x02, 0x00, ...text('_start'), 0x00, startIndex]),
    ...section(10, [0x01, ...sized(body)]),
    ...(data === undefined ? [] : section(11, [0x01, 0x00, 0x41, 0x00, 0x0b, ...sized(data)])),
  ]
  return Uint8Array.from(bytes)
}

function importOf({ module, name }: { readonly module: string; readonly name: string }): readonly number[] {
  return [...text(module), ...text(name), 0x00, name === 'fd_write' ? 0x01 : 0x00]
}

function section(id: number, content: readonly number[]): readonly number[] {
  return [id, ...sized(content)]
}

function text(value: string): readonly number[] {
  return sized([...new TextEncoder().encode(value)])
}

function sized(content: readonly number[]): readonly number[] {
  return [...unsigned(content.length), ...content]
}

function unsigned(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}
