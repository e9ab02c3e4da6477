import type { ByteReader } from './byte-reader.ts'
import { featureNotGranted, malformed } from './module-refused.ts'
import { bulk, hex, op } from './opcodes.ts'
import { readReferenceType, readValueType } from './value-types.ts'

type Immediates =
  | 'none'
  | 'blockType'
  | 'index'
  | 'labels'
  | 'typeAndTable'
  | 'memoryArgument'
  | 'types'
  | 'memory'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'heapType'
  | 'bulk'
  | 'vector'

const immediatesOf = new Map<number, Immediates>()

function assign(immediates: Immediates, ...ranges: readonly (readonly [number, number])[]): void {
  for (const [first, last] of ranges) {
    for (let opcode = first; opcode <= last; opcode += 1) immediatesOf.set(opcode, immediates)
  }
}

assign('none', [0x00, 0x01], [0x05, 0x05], [0x0b, 0x0b], [0x0f, 0x0f], [0x1a, 0x1b], [0x45, 0xc4], [0xd1, 0xd1])
assign('blockType', [0x02, 0x04])
assign('index', [0x0c, 0x0d], [0x10, 0x10], [0x20, 0x26], [0xd2, 0xd2])
assign('labels', [0x0e, 0x0e])
assign('typeAndTable', [0x11, 0x11])
assign('types', [0x1c, 0x1c])
assign('memoryArgument', [0x28, 0x3e])
assign('memory', [0x3f, 0x40])
assign('i32', [0x41, 0x41])
assign('i64', [0x42, 0x42])
assign('f32', [0x43, 0x43])
assign('f64', [0x44, 0x44])
assign('heapType', [0xd0, 0xd0])
assign('bulk', [0xfc, 0xfc])
assign('vector', [0xfd, 0xfd])

/**
 * Steps over what follows `opcode`. Returns the labels that the instruction may branch to, as depths; most have none.
 * Throws a refusal for instructions beyond WebAssembly 2.0: threads, tail calls, exceptions, garbage collection.
 */
export function skipImmediates(reader: ByteReader, opcode: number): readonly number[] {
  switch (immediatesOf.get(opcode)) {
    case 'none':
      return noLabels
    case 'blockType':
      skipBlockType(reader)
      return noLabels
    case 'index':
      return opcode === op.br || opcode === op.brIf ? [reader.u32()] : skipIndices(reader, 1)
    case 'labels':
      return [...reader.vector(() => reader.u32()), reader.u32()]
    case 'typeAndTable':
      return skipIndices(reader, 2)
    case 'memoryArgument':
      skipMemoryArgument(reader)
      return noLabels
    case 'types':
      reader.vector(() => readValueType(reader))
      return noLabels
    case 'memory':
      skipMemoryIndex(reader)
      return noLabels
    case 'i32':
      reader.skipSigned(5)
      return noLabels
    case 'i64':
      reader.skipSigned(10)
      return noLabels
    case 'f32':
      reader.skip(4)
      return noLabels
    case 'f64':
      reader.skip(8)
      return noLabels
    case 'heapType':
      readReferenceType(reader)
      return noLabels
    case 'bulk':
      skipBulkImmediates(reader)
      return noLabels
    case 'vector':
      skipVectorImmediates(reader)
      return noLabels
    case undefined:
      throw featureNotGranted(`the instruction ${hex(opcode)}`)
  }
}

/** Reads a constant expression up to and with its end. Constant expressions are not charged: the module's size bounds them. */
export function skipConstantExpression(reader: ByteReader): void {
  for (;;) {
    const opcode = reader.byte()
    if (opcode === op.end) return
    if (skipImmediates(reader, opcode).length > 0 || opcode === op.block) {
      throw malformed('control flow in a constant expression', reader.offset)
    }
  }
}

const noLabels: readonly number[] = []

/** The last instruction behind prefix 0xFD in WebAssembly 2.0; what follows is relaxed, that is, differs between machines. */
const lastVectorOpcode = 255

/** Alignment and offset; bit 6 of the alignment would name another memory. */
function skipMemoryArgument(reader: ByteReader): void {
  if (reader.u32() >= 0x40) throw featureNotGranted('more than one memory')
  reader.u32()
}

function skipIndices(reader: ByteReader, count: number): readonly number[] {
  for (let index = 0; index < count; index += 1) reader.u32()
  return noLabels
}

function skipBlockType(reader: ByteReader): void {
  const first = reader.bytes[reader.offset] ?? 0
  const isTypeIndex = (first & 0xc0) !== 0x40
  if (isTypeIndex) reader.skipSigned(5)
  else if (first === 0x40) reader.byte()
  else readValueType(reader)
}

function skipMemoryIndex(reader: ByteReader): void {
  if (reader.byte() !== 0) throw featureNotGranted('more than one memory')
}

/** Instructions behind prefix 0xFC, by the number of plain indices that follow; memory indices are checked to be 0. */
function skipBulkImmediates(reader: ByteReader): void {
  const subOpcode = reader.u32()
  if (subOpcode <= 7) return
  switch (subOpcode) {
    case bulk.memoryInit:
      reader.u32()
      return skipMemoryIndex(reader)
    case bulk.memoryCopy:
      skipMemoryIndex(reader)
      return skipMemoryIndex(reader)
    case bulk.memoryFill:
      return skipMemoryIndex(reader)
    case bulk.dataDrop:
    case bulk.elementDrop:
    case bulk.tableGrow:
    case bulk.tableSize:
    case bulk.tableFill:
      reader.u32()
      return
    case bulk.tableInit:
    case bulk.tableCopy:
      skipIndices(reader, 2)
      return
    default:
      throw featureNotGranted(`the instruction 0xfc ${subOpcode}`)
  }
}

/** Steps over a 128-bit vector instruction's own number and its immediates: section 5.4.8 of the WebAssembly 2.0 specification. */
function skipVectorImmediates(reader: ByteReader): void {
  const opcode = reader.u32()
  if (opcode > lastVectorOpcode) throw featureNotGranted(`the relaxed vector instruction 0xfd ${opcode}`)
  const isLoadOrStore = opcode <= 11 || opcode === 92 || opcode === 93
  const isLaneLoadOrStore = opcode >= 84 && opcode <= 91
  const isLaneAccess = opcode >= 21 && opcode <= 34
  if (isLoadOrStore || isLaneLoadOrStore) skipMemoryArgument(reader)
  if (opcode === 12 || opcode === 13) reader.skip(16)
  if (isLaneAccess || isLaneLoadOrStore) reader.skip(1)
}
