import { ByteReader } from './byte-reader.ts'
import { featureNotGranted, malformed } from './module-refused.ts'

/** Section numbers of section 5.5.2 of the WebAssembly 2.0 specification. */
export const sectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const

/** The order in which sections stand in a file: data count comes before code. */
export const sectionOrder: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11]

/** Where the content of each section stands, but for the custom ones, which carry names and debugging data and are dropped. */
export type Sections = ReadonlyMap<number, { readonly start: number; readonly end: number }>

const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

/** Splits a binary into its sections. Throws a refusal for a wrong header, an unknown section or a wrong order. */
export function readSections(bytes: Uint8Array): Sections {
  const reader = new ByteReader(bytes)
  for (const expected of header) {
    if (reader.isAtEnd || reader.byte() !== expected) throw malformed('wrong magic number or version', 0)
  }
  const sections = new Map<number, { start: number; end: number }>()
  let lastPosition = -1
  while (!reader.isAtEnd) {
    const id = reader.byte()
    const sizeBytes = reader.u32()
    const start = reader.offset
    reader.skip(sizeBytes)
    if (id === sectionId.custom) continue
    const position = sectionOrder.indexOf(id)
    if (position < 0) throw featureNotGranted(id === 13 ? 'exception tags' : `the section kind ${id}`)
    if (position <= lastPosition) throw malformed(`section ${id} is out of order`, reader.offset)
    lastPosition = position
    sections.set(id, { start, end: reader.offset })
  }
  return sections
}

/** Reads every item of a section that is a list, and insists that the list fills the section. */
export function readSectionItems<Item>(
  bytes: Uint8Array,
  sections: Sections,
  id: number,
  readItem: (reader: ByteReader) => Item,
): Item[] {
  const range = sections.get(id)
  if (range === undefined) return []
  const reader = new ByteReader(bytes, range.start, range.end)
  const items = reader.vector(() => readItem(reader))
  if (!reader.isAtEnd) throw malformed(`section ${id} is longer than its list`, reader.offset)
  return items
}
