import { ByteReader } from './byte-reader.ts'
import { skipConstantExpression } from './immediates.ts'
import { featureNotGranted, ModuleRefusedError, malformed } from './module-refused.ts'
import { hex } from './opcodes.ts'
import { readSectionItems, type Sections, sectionId } from './sections.ts'
import { readReferenceType, readValueType } from './value-types.ts'

/** A function type as text, one letter a value: `i` i32, `I` i64, `f` f32, `F` f64, `v` v128, `r` a reference; `ii:i` for example. */
export type Signature = string

export type FunctionImport = { readonly module: string; readonly name: string; readonly signature: Signature }
export type Limits = { readonly min: number; readonly max: number | undefined }
export type Table = { readonly type: number; readonly limits: Limits }
export type Export = { readonly name: string; readonly kind: number; readonly index: number }

/** What a module declares outside its code. */
export type Declarations = {
  readonly signatures: readonly Signature[]
  readonly imports: readonly FunctionImport[]
  /** Type index of each function that the module defines itself. */
  readonly functionTypes: readonly number[]
  readonly tables: readonly Table[]
  readonly memory: Limits | undefined
  readonly exports: readonly Export[]
  readonly start: number | undefined
}

/** Most exports of a module: each becomes an object, at some 10 us, before the job starts and pays. */
const exportsMax = 16_384

export const exportKind = { function: 0, table: 1, memory: 2, global: 3 } as const

/** Reads what a module declares. Throws a refusal for anything that nodes do not run. */
export function readDeclarations(bytes: Uint8Array, sections: Sections): Declarations {
  const items = <Item>(id: number, readItem: (reader: ByteReader) => Item): Item[] =>
    readSectionItems(bytes, sections, id, readItem)
  const signatures = items(sectionId.type, readSignature)
  const imports = items(sectionId.import, reader => readFunctionImport(reader, signatures))
  const functionTypes = items(sectionId.function, reader => reader.u32())
  const tables = items(sectionId.table, readTable)
  const memories = items(sectionId.memory, readMemory)
  if (memories.length > 1) throw featureNotGranted('more than one memory')
  items(sectionId.global, skipGlobal)
  const exports = items(sectionId.export, readExport)
  if (exports.length > exportsMax) throw featureNotGranted(`more than ${exportsMax} exports`)
  return { signatures, imports, functionTypes, tables, memory: memories[0], exports, start: readStart(bytes, sections) }
}

/** The signature of a function by its index, imports first; undefined where there is no such function. */
export function signatureOf(declarations: Declarations, functionIndex: number): Signature | undefined {
  const imported = declarations.imports[functionIndex]
  if (imported !== undefined) return imported.signature
  const type = declarations.functionTypes[functionIndex - declarations.imports.length]
  return type === undefined ? undefined : declarations.signatures[type]
}

const signatureLetters: ReadonlyMap<number, string> = new Map([
  [0x7f, 'i'],
  [0x7e, 'I'],
  [0x7d, 'f'],
  [0x7c, 'F'],
  [0x7b, 'v'],
  [0x70, 'r'],
  [0x6f, 'r'],
])

function readSignature(reader: ByteReader): Signature {
  const form = reader.byte()
  if (form !== 0x60) throw featureNotGranted(`the type form ${hex(form)}`)
  const types = () => reader.vector(() => signatureLetters.get(readValueType(reader))).join('')
  return `${types()}:${types()}`
}

const importKinds = ['function', 'table', 'memory', 'global'] as const

function readFunctionImport(reader: ByteReader, signatures: readonly Signature[]): FunctionImport {
  const module = reader.name()
  const name = reader.name()
  const kind = reader.byte()
  if (kind !== 0) throw importNotGranted(module, name, `a ${importKinds[kind] ?? 'thing of unknown kind'}`)
  const signature = signatures[reader.u32()]
  if (signature === undefined) throw malformed('import of an unknown type', reader.offset)
  return { module, name, signature }
}

/** The module asks for something from outside that nodes do not give. */
export function importNotGranted(importModule: string, importName: string, what: string): ModuleRefusedError {
  const message = `The module imports "${importModule}" "${importName}", ${what}, which nodes do not grant.`
  return new ModuleRefusedError({ ok: false, code: 'IMPORT_NOT_GRANTED', message, importModule, importName })
}

function readTable(reader: ByteReader): Table {
  const type = readReferenceType(reader)
  const flags = reader.byte()
  if (flags > 1) throw featureNotGranted(flags === 3 ? 'shared tables' : '64-bit tables')
  return { type, limits: readLimits(reader, flags) }
}

function readMemory(reader: ByteReader): Limits {
  const flags = reader.byte()
  if (flags === 2 || flags === 3) throw featureNotGranted('shared memory')
  if (flags >= 4 && flags <= 7) throw featureNotGranted('64-bit memory')
  if (flags > 7) throw featureNotGranted(`the memory kind ${hex(flags)}`)
  return readLimits(reader, flags)
}

function readLimits(reader: ByteReader, flags: number): Limits {
  const min = reader.u32()
  return { min, max: flags === 1 ? reader.u32() : undefined }
}

function skipGlobal(reader: ByteReader): void {
  readValueType(reader)
  const mutability = reader.byte()
  if (mutability > 1) throw featureNotGranted('shared globals')
  skipConstantExpression(reader)
}

function readExport(reader: ByteReader): Export {
  return { name: reader.name(), kind: reader.byte(), index: reader.u32() }
}

function readStart(bytes: Uint8Array, sections: Sections): number | undefined {
  const range = sections.get(sectionId.start)
  if (range === undefined) return undefined
  const reader = new ByteReader(bytes, range.start, range.end)
  const start = reader.u32()
  if (!reader.isAtEnd) throw malformed('the start section is too long', reader.offset)
  return start
}
