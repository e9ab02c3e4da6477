import type { ModuleRefusal } from '../execution/engine.ts'
import { ByteWriter } from './byte-writer.ts'
import { type Declarations, exportKind, type Limits, readDeclarations } from './declarations.ts'
import { type MeterScope, writeFixedCharge, writeLengthCharged } from './meter-code.ts'
import { featureNotGranted, ModuleRefusedError, malformed } from './module-refused.ts'
import { parameterCountOf } from './operand-stack.ts'
import type { FunctionBody } from './regions.ts'
import { scanCode } from './scan-code.ts'
import { readSections, type Sections, sectionId, sectionOrder } from './sections.ts'

/** Export names that metering adds; a module that uses one is refused. */
export const meterExports = {
  /** The meter block, see `meterLayout`. */
  meter: 'deparrow:meter',
  /** The module's own start function, which the engine calls once the meter is set. */
  start: 'deparrow:start',
} as const

/**
 * Largest module that metering writes, in bytes. Each region of code grows by some 28 bytes, so a module of the largest
 * size may triple; one made of branches alone would grow eightfold and cost the node more memory than it has.
 */
const meteredBytesMax = 24 * 1024 * 1024

/** Whether metering keeps an export name for itself. */
export function isReservedExport(name: string): boolean {
  return name.startsWith('deparrow:')
}

/** Caps that metering writes into the module. A module that starts above one is the caller's to refuse. */
export type MeterCaps = {
  readonly memoryPagesMax: number
  /** Shared evenly among the module's tables. */
  readonly tableElementsMax: number
}

export type MeteredModule = { readonly ok: true; readonly module: Uint8Array; readonly hasStart: boolean }

/**
 * Rewrites a module so that it charges its own fuel by `cost-model.ts` and cannot grow beyond the caps. Function indices
 * stay; custom sections are dropped; the start section becomes an export. The caller must have had the *original*
 * validated by a WebAssembly compiler: an invalid module could name what metering adds.
 */
export function meterModule(bytes: Uint8Array, caps: MeterCaps): MeteredModule | ModuleRefusal {
  try {
    const sections = readSections(bytes)
    const declarations = readDeclarations(bytes, sections)
    const writer = new ByteWriter(bytes.length * 3)
    writer.bytes(bytes.subarray(0, 8))
    for (const id of sectionOrder) {
      if (id === sectionId.code) writeCodeSection(writer, bytes, sections, declarations)
      const content = meteredSection(id, bytes, sections, declarations, caps)
      if (content !== undefined) writer.byte(id).sized(content)
    }
    return { ok: true, module: writer.finish(), hasStart: declarations.start !== undefined }
  } catch (error) {
    if (error instanceof ModuleRefusedError) return error.refusal
    throw error
  }
}

function meteredSection(
  id: number,
  bytes: Uint8Array,
  sections: Sections,
  declarations: Declarations,
  caps: MeterCaps,
): Uint8Array | undefined {
  const range = sections.get(id)
  switch (id) {
    case sectionId.memory:
      return memorySection(declarations.memory, caps.memoryPagesMax)
    case sectionId.table:
      return range && tableSection(declarations, caps.tableElementsMax)
    case sectionId.export:
      return exportSection(declarations)
    case sectionId.start:
    case sectionId.code:
      return undefined
    default:
      return range && bytes.subarray(range.start, range.end)
  }
}

function memorySection(own: Limits | undefined, pagesMax: number): Uint8Array {
  const writer = new ByteWriter().u32(own ? 2 : 1)
  if (own) writeCapped(writer, own, pagesMax)
  const sharedWithMax = 0x03
  return writer.byte(sharedWithMax).u32(1).u32(1).finish()
}

function tableSection(declarations: Declarations, elementsMax: number): Uint8Array {
  const writer = new ByteWriter().u32(declarations.tables.length)
  const share = Math.floor(elementsMax / declarations.tables.length)
  for (const table of declarations.tables) writeCapped(writer.byte(table.type), table.limits, share)
  return writer.finish()
}

function writeCapped(writer: ByteWriter, limits: Limits, max: number): void {
  const capped = Math.max(limits.min, Math.min(limits.max ?? max, max))
  writer.byte(1).u32(limits.min).u32(capped)
}

function exportSection(declarations: Declarations): Uint8Array {
  const { exports, memory, start } = declarations
  const writer = new ByteWriter().u32(exports.length + (start === undefined ? 1 : 2))
  for (const { name, kind, index } of exports) writer.name(name).byte(kind).u32(index)
  writer
    .name(meterExports.meter)
    .byte(exportKind.memory)
    .u32(memory ? 1 : 0)
  if (start !== undefined) writer.name(meterExports.start).byte(exportKind.function).u32(start)
  return writer.finish()
}

/** Written in place, since a copy of the code would double what a large module costs. */
function writeCodeSection(writer: ByteWriter, bytes: Uint8Array, sections: Sections, declarations: Declarations): void {
  const { functionTypes, signatures } = declarations
  if (!sections.has(sectionId.code)) return
  const sectionStart = writer.byte(sectionId.code).beginSized()
  writer.u32(functionTypes.length)
  let count = 0
  scanCode(bytes, sections, declarations, (body, index) => {
    const functionStart = writer.beginSized()
    const signature = signatures[functionTypes[index] ?? -1]
    writeMeteredFunction(writer, bytes, body, parameterCountOf(signature), declarations)
    writer.endSized(functionStart)
    if (writer.size > meteredBytesMax)
      throw featureNotGranted(`more code than fits ${meteredBytesMax} bytes once metered`)
    count += 1
  })
  if (count !== functionTypes.length) throw malformed('functions and bodies differ in number', bytes.length)
  writer.endSized(sectionStart)
}

const i64Type = 0x7e
const i32Type = 0x7f

function writeMeteredFunction(
  code: ByteWriter,
  bytes: Uint8Array,
  body: FunctionBody,
  parameters: number,
  declarations: Declarations,
): void {
  const fuelLocal = parameters + body.localCount
  const scope: MeterScope = { meterMemory: declarations.memory ? 1 : 0, fuelLocal, lengthLocal: fuelLocal + 1 }
  code.u32(body.localGroupCount + 2).bytes(bytes.subarray(body.localGroupsStart, body.codeStart))
  code.u32(1).byte(i64Type).u32(2).byte(i32Type)
  let copied = body.codeStart
  for (const point of body.points) {
    code.bytes(bytes.subarray(copied, point.offset))
    copied = point.offset
    if (point.kind !== 'region') {
      writeLengthCharged(code, scope, point.kind, bytes.subarray(point.offset, point.end))
      copied = point.end
    } else if (point.fuel > 0) {
      writeFixedCharge(code, scope, point.fuel)
    }
  }
  code.bytes(bytes.subarray(copied, body.codeEnd))
}
