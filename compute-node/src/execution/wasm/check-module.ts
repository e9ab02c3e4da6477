import {
  type Declarations,
  exportKind,
  importNotGranted,
  readDeclarations,
  signatureOf,
} from '../../metering/declarations.ts'
import { isReservedExport } from '../../metering/meter-module.ts'
import { featureNotGranted, ModuleRefusedError } from '../../metering/module-refused.ts'
import { scanCode } from '../../metering/scan-code.ts'
import { readSections, type Sections } from '../../metering/sections.ts'
import type { ModuleAdmission, ModuleRefusal } from '../engine.ts'
import { moduleBytesMax, pageBytes, tableElementsMax } from './limits.ts'
import { wasiModule, wasiSignatures } from './wasi-signatures.ts'

/**
 * Whether nodes would run a module. Pure, takes time in proportion to the module's size, compiles nothing: a module that
 * passes may still be refused as `MODULE_INVALID` when it does not type-check.
 */
export function checkModule(bytes: Uint8Array): ModuleAdmission | ModuleRefusal {
  return admit(bytes, (sections, declarations) => scanCode(bytes, sections, declarations, () => undefined))
}

/** The same without reading the code, for a caller that meters the module next and so learns of its instructions. */
export function checkDeclarations(bytes: Uint8Array): ModuleAdmission | ModuleRefusal {
  return admit(bytes, () => undefined)
}

function admit(
  bytes: Uint8Array,
  readCode: (sections: Sections, declarations: Declarations) => void,
): ModuleAdmission | ModuleRefusal {
  const sizeBytes = bytes.length
  if (sizeBytes > moduleBytesMax) {
    const message = `The module has ${sizeBytes} bytes; at most ${moduleBytesMax} are taken.`
    return { ok: false, code: 'MODULE_TOO_LARGE', message, sizeBytes, sizeBytesMax: moduleBytesMax }
  }
  try {
    const sections = readSections(bytes)
    const declarations = readDeclarations(bytes, sections)
    checkImports(declarations)
    checkTables(declarations)
    checkExports(declarations)
    readCode(sections, declarations)
    return { ok: true, sizeBytes, memoryBytesInitial: (declarations.memory?.min ?? 0) * pageBytes }
  } catch (error) {
    if (error instanceof ModuleRefusedError) return error.refusal
    throw error
  }
}

function checkImports(declarations: Declarations): void {
  for (const { module, name, signature } of declarations.imports) {
    const isKnown = module === wasiModule && Object.hasOwn(wasiSignatures, name)
    if (!isKnown) throw importNotGranted(module, name, 'a function')
    if (wasiSignatures[name] !== signature)
      throw importNotGranted(module, name, 'with another signature than WASI gives it')
  }
}

function checkTables(declarations: Declarations): void {
  const elements = declarations.tables.reduce((sum, table) => sum + table.limits.min, 0)
  if (elements > tableElementsMax) throw featureNotGranted(`tables of more than ${tableElementsMax} elements`)
}

function checkExports(declarations: Declarations): void {
  const reserved = declarations.exports.find(({ name }) => isReservedExport(name))
  if (reserved !== undefined) throw featureNotGranted(`the reserved export name "${reserved.name}"`)
  const start = declarations.exports.find(({ name }) => name === '_start')
  const isStartFunction = start?.kind === exportKind.function && signatureOf(declarations, start.index) === ':'
  if (isStartFunction) return
  const message = 'The module exports no function "_start" without parameters and results.'
  throw new ModuleRefusedError({ ok: false, code: 'NO_START_FUNCTION', message })
}
