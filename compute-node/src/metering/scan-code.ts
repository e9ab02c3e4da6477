import { ByteReader } from './byte-reader.ts'
import type { Declarations } from './declarations.ts'
import { featureNotGranted, malformed } from './module-refused.ts'
import { type FunctionBody, readFunctionBody } from './regions.ts'
import { type Sections, sectionId } from './sections.ts'

/** Largest function, in bytes: its decoded form is held as a whole. Compilers stay far below, interpreters included. */
const functionBytesMax = 2 * 1024 * 1024

/** Most functions of a module: the compiler keeps some hundred bytes about each, on top of its code. */
const functionsMax = 65_536

/** Reads function bodies one after another and hands each to `visit`. Throws a refusal for a body that nodes do not run. */
export function scanCode(
  bytes: Uint8Array,
  sections: Sections,
  declarations: Declarations,
  visit: (body: FunctionBody, index: number) => void,
): void {
  const range = sections.get(sectionId.code)
  if (range === undefined) return
  const reader = new ByteReader(bytes, range.start, range.end)
  const count = reader.u32()
  if (count > functionsMax) throw featureNotGranted(`more than ${functionsMax} functions`)
  for (let index = 0; index < count; index += 1) {
    const sizeBytes = reader.u32()
    if (sizeBytes > functionBytesMax) throw featureNotGranted(`a function of more than ${functionBytesMax} bytes`)
    const start = reader.offset
    reader.skip(sizeBytes)
    const signature = declarations.signatures[declarations.functionTypes[index] ?? -1]
    visit(readFunctionBody(new ByteReader(bytes, start, reader.offset), signature, declarations), index)
  }
  if (!reader.isAtEnd) throw malformed('the code section is longer than its list', reader.offset)
}
