import type { ByteReader } from './byte-reader.ts'
import { type Declarations, type Signature, signatureOf } from './declarations.ts'
import { bulk, op } from './opcodes.ts'

type Frame = { readonly base: number; readonly parameterCount: number; readonly resultCount: number }

/** How many values each instruction adds to the operand stack; what is not listed leaves as many as there were, or more counted. */
const effects = new Map<number, number>()
const vectorEffects = new Map<number, number>()

function assign(map: Map<number, number>, effect: number, ...ranges: readonly (readonly [number, number])[]): void {
  for (const [first, last] of ranges) for (let opcode = first; opcode <= last; opcode += 1) map.set(opcode, effect)
}

assign(effects, 1, [0x20, 0x20], [0x23, 0x23], [0x3f, 0x3f], [0x41, 0x44], [0xd0, 0xd0], [0xd2, 0xd2])
assign(effects, -1, [0x0d, 0x0d], [0x1a, 0x1a], [0x21, 0x21], [0x24, 0x24], [0x46, 0x4f], [0x51, 0x66])
assign(effects, -1, [0x6a, 0x78], [0x7c, 0x8a], [0x92, 0x98], [0xa0, 0xa6])
assign(effects, -2, [0x1b, 0x1c], [0x26, 0x26], [0x36, 0x3e])
assign(vectorEffects, 1, [12, 12])
assign(vectorEffects, -1, [13, 14], [23, 23], [26, 26], [28, 28], [30, 30], [32, 32], [34, 76], [78, 81], [84, 87])
assign(vectorEffects, -1, [101, 102], [107, 115], [118, 121], [133, 134], [139, 147], [149, 153], [155, 159])
assign(vectorEffects, -1, [171, 174], [177, 177], [181, 186], [188, 191], [203, 206], [209, 209], [213, 223])
assign(vectorEffects, -1, [228, 235], [240, 247])
assign(vectorEffects, -2, [11, 11], [82, 82], [88, 91])

const bulkEffects: ReadonlyMap<number, number> = new Map([
  [bulk.memoryInit, -3],
  [bulk.memoryCopy, -3],
  [bulk.memoryFill, -3],
  [bulk.tableInit, -3],
  [bulk.tableCopy, -3],
  [bulk.tableFill, -3],
  [bulk.tableGrow, -1],
  [bulk.tableSize, 1],
])

/** Follows how many values the operand stack of a valid function holds: never too few, and exactly so behind each block's end. */
export class OperandStack {
  height = 0
  private readonly frames: Frame[] = [{ base: 0, parameterCount: 0, resultCount: 0 }]

  constructor(private readonly declarations: Declarations) {}

  /** Takes one instruction; `reader` stands at what follows its opcode, and stays there. */
  step(opcode: number, reader: ByteReader): void {
    const offset = reader.offset
    this.apply(opcode, reader)
    reader.offset = offset
    this.height = Math.max(this.height, this.frames.at(-1)?.base ?? 0)
  }

  private apply(opcode: number, reader: ByteReader): void {
    const frame = this.frames.at(-1)
    switch (opcode) {
      case op.if:
        this.height -= 1
        return this.enter(reader)
      case op.block:
      case op.loop:
        return this.enter(reader)
      case op.else:
        this.height = (frame?.base ?? 0) + (frame?.parameterCount ?? 0)
        return
      case op.end:
        this.frames.pop()
        this.height = (frame?.base ?? 0) + (frame?.resultCount ?? 0)
        return
      case op.unreachable:
      case op.br:
      case op.brTable:
      case op.return:
        this.height = frame?.base ?? 0
        return
      case op.call:
        return this.call(signatureOf(this.declarations, reader.u32()))
      case op.callIndirect:
        this.height -= 1
        return this.call(this.declarations.signatures[reader.u32()])
      case op.bulkPrefix:
        this.height += bulkEffects.get(reader.u32()) ?? 0
        return
      case op.vectorPrefix:
        this.height += vectorEffects.get(reader.u32()) ?? 0
        return
      default:
        this.height += effects.get(opcode) ?? 0
    }
  }

  private enter(reader: ByteReader): void {
    const first = reader.bytes[reader.offset] ?? 0
    const isTypeIndex = (first & 0xc0) !== 0x40
    const signature = isTypeIndex ? this.declarations.signatures[reader.u32()] : undefined
    const parameterCount = parameterCountOf(signature)
    const resultCount = isTypeIndex ? resultCountOf(signature) : first === 0x40 ? 0 : 1
    this.frames.push({ base: Math.max(0, this.height - parameterCount), parameterCount, resultCount })
  }

  private call(signature: Signature | undefined): void {
    this.height += resultCountOf(signature) - parameterCountOf(signature)
  }
}

export function parameterCountOf(signature: Signature | undefined): number {
  return signature === undefined ? 0 : signature.indexOf(':')
}

function resultCountOf(signature: Signature | undefined): number {
  return signature === undefined ? 0 : signature.length - signature.indexOf(':') - 1
}
