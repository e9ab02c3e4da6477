import type { ByteWriter } from './byte-writer.ts'
import { bulkBytesPerFuelLog2, memoryPageFuelLog2, tableElementFuelLog2 } from './cost-model.ts'
import { op } from './opcodes.ts'
import type { LengthKind } from './regions.ts'

/**
 * The meter block: one shared memory of its own, which the job cannot name, so that the node reads the meter exactly at
 * any moment, even of a job that it has just ended. Offsets in bytes; little endian.
 */
export const meterLayout = {
  /** i64: fuel left; negative once the job ran out. */
  fuelLeft: 0,
  /** i32: pages of linear memory that the job holds. It never gives any back, so this is its peak. */
  memoryPages: 8,
  /** i32: 1 once a memory.grow was refused. */
  isGrowthRefused: 12,
} as const

/** Indices that metering code in one function uses. */
export type MeterScope = {
  /** Index of the meter block's memory. */
  readonly meterMemory: number
  /** A spare i64 local. */
  readonly fuelLocal: number
  /** The first of two spare i32 locals. */
  readonly lengthLocal: number
}

const emptyBlockType = 0x40

/** Takes a fixed amount off the fuel and traps when it falls below zero. */
export function writeFixedCharge(code: ByteWriter, scope: MeterScope, fuel: number): void {
  writeFuelLoad(code, scope)
  code.byte(op.i64Const).signed(BigInt(fuel))
  writeFuelStore(code, scope)
}

/** Replaces an instruction that takes a length from the top of the stack by itself and a charge for that length. */
export function writeLengthCharged(
  code: ByteWriter,
  scope: MeterScope,
  kind: LengthKind,
  instruction: Uint8Array,
): void {
  code.byte(op.localTee).u32(scope.lengthLocal)
  if (kind === 'memoryGrow') return writeGrowth(code, scope, instruction, memoryPageFuelLog2, true)
  if (kind === 'tableGrow') return writeGrowth(code, scope, instruction, tableElementFuelLog2, false)
  writeLengthCharge(code, scope, op.i64ShrU, kind === 'bytes' ? bulkBytesPerFuelLog2 : tableElementFuelLog2)
  code.bytes(instruction)
}

/** A growth is charged when it succeeded: a refused one did no work, and programs probe for it. */
function writeGrowth(
  code: ByteWriter,
  scope: MeterScope,
  instruction: Uint8Array,
  fuelLog2: number,
  isMemory: boolean,
): void {
  const resultLocal = scope.lengthLocal + 1
  code.bytes(instruction).byte(op.localTee).u32(resultLocal)
  code.byte(op.i32Const).signed(-1n).byte(op.i32Eq).byte(op.if).byte(emptyBlockType)
  if (isMemory) {
    code.byte(op.i32Const).byte(0).byte(op.i32Const).byte(1)
    writeMemoryArgument(code.byte(op.i32Store), 2, scope.meterMemory, meterLayout.isGrowthRefused)
  }
  code.byte(op.else)
  if (isMemory) {
    code.byte(op.i32Const).byte(0).byte(op.memorySize).byte(0)
    writeMemoryArgument(code.byte(op.i32Store), 2, scope.meterMemory, meterLayout.memoryPages)
  }
  writeLengthCharge(code, scope, op.i64Shl, fuelLog2)
  code.byte(op.end).byte(op.localGet).u32(resultLocal)
}

function writeLengthCharge(code: ByteWriter, scope: MeterScope, shift: number, fuelLog2: number): void {
  writeFuelLoad(code, scope)
  code.byte(op.localGet).u32(scope.lengthLocal).byte(op.i64ExtendI32U)
  if (fuelLog2 > 0) code.byte(op.i64Const).byte(fuelLog2).byte(shift)
  writeFuelStore(code, scope)
}

/** Leaves the address for the store and the fuel on the stack. */
function writeFuelLoad(code: ByteWriter, scope: MeterScope): void {
  code.byte(op.i32Const).byte(0).byte(op.i32Const).byte(0)
  writeMemoryArgument(code.byte(op.i64Load), 3, scope.meterMemory, meterLayout.fuelLeft)
}

/** Takes the charge off the fuel below it on the stack, stores what is left and traps if that is negative. */
function writeFuelStore(code: ByteWriter, scope: MeterScope): void {
  code.byte(op.i64Sub).byte(op.localTee).u32(scope.fuelLocal)
  writeMemoryArgument(code.byte(op.i64Store), 3, scope.meterMemory, meterLayout.fuelLeft)
  code.byte(op.localGet).u32(scope.fuelLocal).byte(op.i64Const).byte(0).byte(op.i64LtS)
  code.byte(op.if).byte(emptyBlockType).byte(op.unreachable).byte(op.end)
}

/** Bit 6 of the alignment says that a memory index follows; index 0 goes without. */
function writeMemoryArgument(code: ByteWriter, alignLog2: number, memory: number, offset: number): void {
  if (memory === 0) code.byte(alignLog2)
  else code.byte(alignLog2 | 0x40).u32(memory)
  code.u32(offset)
}
