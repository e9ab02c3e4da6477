import type { ByteReader } from './byte-reader.ts'
import { freeOpcodes, instructionFuel, localsPerFuel } from './cost-model.ts'
import type { Declarations, Signature } from './declarations.ts'
import { skipImmediates } from './immediates.ts'
import { featureNotGranted, malformed } from './module-refused.ts'
import { bulk, op } from './opcodes.ts'
import { OperandStack, parameterCountOf } from './operand-stack.ts'
import { readValueType } from './value-types.ts'

/** An instruction that is charged by a length it takes from the stack, on top of its region. */
export type LengthKind = 'bytes' | 'elements' | 'memoryGrow' | 'tableGrow'

/** A place in a function where metering adds code: a region's start, or an instruction charged by length. */
export type MeterPoint =
  | { readonly kind: 'region'; readonly offset: number; fuel: number }
  | { readonly kind: LengthKind; readonly offset: number; readonly end: number }

export type FunctionBody = {
  /** Where the list of local declarations stands. */
  readonly localsStart: number
  readonly localGroupCount: number
  readonly localGroupsStart: number
  readonly localCount: number
  /** Where the instructions stand; the last one is the function's own end. */
  readonly codeStart: number
  readonly codeEnd: number
  /** In the order of their offsets. */
  readonly points: readonly MeterPoint[]
}

/** Reads one function, from its local declarations to the end of `reader`. */
export function readFunctionBody(
  reader: ByteReader,
  signature: Signature | undefined,
  declarations: Declarations,
): FunctionBody {
  const localsStart = reader.offset
  const localGroupCount = reader.u32()
  const localGroupsStart = reader.offset
  let localCount = 0
  for (let index = 0; index < localGroupCount; index += 1) {
    localCount += reader.u32()
    readValueType(reader)
  }
  const codeStart = reader.offset
  const values = { locals: parameterCountOf(signature) + localCount, stack: new OperandStack(declarations) }
  const points = readRegions(reader, Math.ceil(localCount / localsPerFuel), values)
  return { localsStart, localGroupCount, localGroupsStart, localCount, codeStart, codeEnd: reader.end, points }
}

/** Deepest nesting of blocks: the compiler takes 1.3 kB for each. A compiled switch nests as many as it has cases. */
const nestingMax = 16_384

/**
 * Most values that a function may hold in its locals and on its operand stack, summed over its regions: the compiler notes where
 * each of them is at each region and keeps that until it is done with the function; some 20 bytes apiece when it compiles for the
 * first time, 120 when it optimizes.
 */
const regionValuesMax = 4 * 1024 * 1024

type Values = { readonly locals: number; readonly stack: OperandStack }

type Frame = { readonly opcode: number; isBranchTarget: boolean }

function readRegions(reader: ByteReader, entryFuel: number, { locals, stack }: Values): readonly MeterPoint[] {
  const frames: Frame[] = [{ opcode: op.block, isBranchTarget: false }]
  let region = { kind: 'region' as const, offset: reader.offset, fuel: entryFuel }
  const points: MeterPoint[] = [region]
  let regionValues = locals
  while (frames.length > 0) {
    if (frames.length - 1 > nestingMax) throw featureNotGranted(`blocks nested deeper than ${nestingMax}`)
    if (regionValues > regionValuesMax) throw featureNotGranted('a function of too many values times branches')
    const offset = reader.offset
    const opcode = reader.byte()
    if (!freeOpcodes.has(opcode)) region.fuel += instructionFuel
    stack.step(opcode, reader)
    const lengthKind = lengthKindOf(opcode, reader)
    for (const depth of skipImmediates(reader, opcode)) markTarget(frames, depth, offset)
    if (lengthKind !== undefined) {
      points.push({ kind: lengthKind, offset, end: reader.offset })
      regionValues += locals + stack.height
    }
    if (endsRegion(frames, opcode)) {
      regionValues += locals + stack.height
      region = { kind: 'region', offset: reader.offset, fuel: 0 }
      points.push(region)
    }
  }
  if (!reader.isAtEnd) throw malformed('a function goes on behind its end', reader.offset)
  return points
}

function markTarget(frames: readonly Frame[], depth: number, offset: number): void {
  const frame = frames[frames.length - 1 - depth]
  if (frame === undefined) throw malformed('branch to a label that does not exist', offset)
  frame.isBranchTarget = true
}

/**
 * Whether a new region starts behind `opcode`; follows the nesting on the way. The end of a block that nothing branches
 * to is no place where control can arrive from elsewhere, so it starts none. Neither does the end of a loop.
 */
function endsRegion(frames: Frame[], opcode: number): boolean {
  switch (opcode) {
    case op.block:
      frames.push({ opcode, isBranchTarget: false })
      return false
    case op.loop:
    case op.if:
      frames.push({ opcode, isBranchTarget: false })
      return true
    case op.end: {
      const frame = frames.pop()
      return frame?.opcode === op.if || (frame?.opcode === op.block && frame.isBranchTarget)
    }
    case op.else:
    case op.br:
    case op.brIf:
    case op.brTable:
    case op.return:
    case op.unreachable:
      return true
    default:
      return false
  }
}

const bulkLengthKinds: ReadonlyMap<number, LengthKind> = new Map([
  [bulk.memoryInit, 'bytes'],
  [bulk.memoryCopy, 'bytes'],
  [bulk.memoryFill, 'bytes'],
  [bulk.tableInit, 'elements'],
  [bulk.tableCopy, 'elements'],
  [bulk.tableFill, 'elements'],
  [bulk.tableGrow, 'tableGrow'],
] as const)

function lengthKindOf(opcode: number, reader: ByteReader): LengthKind | undefined {
  if (opcode === op.memoryGrow) return 'memoryGrow'
  if (opcode !== op.bulkPrefix) return undefined
  const start = reader.offset
  const kind = bulkLengthKinds.get(reader.u32())
  reader.offset = start
  return kind
}
