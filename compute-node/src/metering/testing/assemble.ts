import { ByteWriter } from '../byte-writer.ts'
import { sectionId } from '../sections.ts'

/** A value type as a letter, as in signatures. */
const typeBytes: Readonly<Record<string, number>> = { i: 0x7f, I: 0x7e, f: 0x7d, F: 0x7c, v: 0x7b }

export type FunctionText = {
  /** `ii:i` for two i32 parameters and one i32 result. */
  readonly signature: string
  /** Declared locals, a letter each. */
  readonly locals?: string
  /** Instructions without the last end. */
  readonly code: readonly number[]
  readonly export?: string
}

export type ModuleText = {
  readonly imports?: readonly { readonly module: string; readonly name: string; readonly signature: string }[]
  readonly functions: readonly FunctionText[]
  /** The memory section's content behind its count, for example `[0, 1]` for one page without a maximum. */
  readonly memories?: readonly (readonly number[])[]
  readonly tables?: readonly (readonly number[])[]
  readonly start?: number
  /** Active data at an offset below 64. */
  readonly data?: { readonly offset: number; readonly bytes: Uint8Array }
  readonly exports?: readonly { readonly name: string; readonly kind: number; readonly index: number }[]
  /** Sections given as bytes, by number; each replaces what would be made. */
  readonly rawSections?: Readonly<Record<number, readonly number[]>>
}

/** Builds a small WebAssembly binary for tests. Imports come first in the function index space. */
export function assemble(text: ModuleText): Uint8Array {
  const imports = text.imports ?? []
  const signatures = [...new Set([...imports, ...text.functions].map(({ signature }) => signature))]
  const typeIndex = (signature: string) => signatures.indexOf(signature)
  const sections = new Map<number, Uint8Array>()
  const list = <Item>(id: number, items: readonly Item[], write: (writer: ByteWriter, item: Item) => void) => {
    const writer = new ByteWriter().u32(items.length)
    for (const item of items) write(writer, item)
    if (items.length > 0) sections.set(id, writer.finish())
  }
  list(sectionId.type, signatures, writeSignature)
  list(sectionId.import, imports, (writer, { module, name, signature }) =>
    writer.name(module).name(name).byte(0).u32(typeIndex(signature)),
  )
  list(sectionId.function, text.functions, (writer, { signature }) => writer.u32(typeIndex(signature)))
  list(sectionId.table, text.tables ?? [], (writer, bytes) => writer.bytes(bytes))
  list(sectionId.memory, text.memories ?? [], (writer, bytes) => writer.bytes(bytes))
  list(sectionId.export, allExports(text, imports.length), (writer, { name, kind, index }) =>
    writer.name(name).byte(kind).u32(index),
  )
  if (text.start !== undefined) sections.set(sectionId.start, new ByteWriter().u32(text.start).finish())
  list(sectionId.code, text.functions, writeFunction)
  list(sectionId.data, text.data === undefined ? [] : [text.data], (writer, { offset, bytes }) =>
    writer.bytes([0, 0x41, offset, 0x0b]).sized(bytes),
  )
  for (const [id, bytes] of Object.entries(text.rawSections ?? {})) sections.set(Number(id), Uint8Array.from(bytes))
  const module = new ByteWriter().bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00])
  for (const id of [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11, 14]) {
    const content = sections.get(id)
    if (content !== undefined) module.byte(id).sized(content)
  }
  return module.finish().slice()
}

/** The bytes of `i32.const value`. */
export function i32(value: number): number[] {
  return [0x41, ...new ByteWriter().signed(BigInt(value)).finish()]
}

/** The bytes of an unsigned LEB128 number. */
export function u32(value: number): number[] {
  return [...new ByteWriter().u32(value).finish()]
}

function allExports(text: ModuleText, importCount: number): { name: string; kind: number; index: number }[] {
  const functions = text.functions.flatMap((item, index) =>
    item.export === undefined ? [] : [{ name: item.export, kind: 0, index: importCount + index }],
  )
  const memory = text.memories === undefined ? [] : [{ name: 'memory', kind: 2, index: 0 }]
  return [...functions, ...memory, ...(text.exports ?? [])]
}

function writeSignature(writer: ByteWriter, signature: string): void {
  writer.byte(0x60)
  for (const types of signature.split(':')) {
    writer.u32(types.length).bytes([...types].map(letter => typeBytes[letter] ?? 0))
  }
}

function writeFunction(writer: ByteWriter, { locals = '', code }: FunctionText): void {
  const body = new ByteWriter().u32(locals.length)
  for (const letter of locals) body.u32(1).byte(typeBytes[letter] ?? 0)
  writer.sized(body.bytes(code).byte(0x0b).finish())
}
