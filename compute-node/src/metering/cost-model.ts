/**
 * What WebAssembly costs, in fuel. This file is the whole price list.
 *
 * Fuel counts instructions. Code is cut into regions: straight runs of instructions that start at a function's entry, at
 * a label or behind a conditional branch, and end before the next such place. A region is charged as a whole when control
 * enters it, so a call that ends the program in the middle of a region has paid for the rest of it. The charge happens
 * before the work; fuel below zero traps.
 *
 * The same module on the same input burns the same fuel on every machine, with two exceptions: the depth at which a call
 * stack overflows, and the sign and payload of a floating-point NaN, which WebAssembly leaves open. The ledger prices fuel at the rate of a core
 * that burns 10^9 of it a second. A change of a number or rule in this file is a new fuel model: receipts that were signed under the
 * old one cannot be checked by running again.
 */

/** Fuel of one instruction of a region. */
export const instructionFuel = 1

/**
 * Instructions that compile to nothing cost nothing: nop, block, loop, else, end. No loop consists of them alone, since
 * going round needs a branch or a call.
 */
export const freeOpcodes: ReadonlySet<number> = new Set([0x01, 0x02, 0x03, 0x05, 0x0b])

/** Entering a function clears its declared locals; each started group of this many costs one fuel, on top of its region. */
export const localsPerFuel = 8

/** Moving or clearing memory (memory.copy, memory.fill, memory.init): full groups of this many bytes cost one fuel, as a power of two. */
export const bulkBytesPerFuelLog2 = 3

/** Each page of 65 536 bytes that memory.grow obtains, at the rate of clearing it. A refused growth costs its instruction. */
export const memoryPageFuelLog2 = 16 - bulkBytesPerFuelLog2

/** Each table element that table.copy, table.fill, table.init touch or table.grow obtains costs one fuel, as a power of two. */
export const tableElementFuelLog2 = 0

/** Any call of a host function, on top of its instruction: leaving and entering the sandbox takes about this many. */
export const hostCallFuel = 100n

/** Bytes that a host function copies in or out: each started group of this many costs one fuel. */
export const hostBytesPerFuel = 8

/**
 * Each piece of memory that a host function looks up (a list of I/O vectors, each of them, an argument, a variable), on top of its
 * bytes, so that pieces without bytes cost what they take too: some 300 ns each on a core that burns 10^9 fuel a second.
 */
export const hostPieceFuel = 300

/** Fuel that moving one piece of `bytes` costs, on top of its call. */
export function hostPieceCost(bytes: number): bigint {
  return BigInt(hostPieceFuel) + BigInt(Math.ceil(bytes / hostBytesPerFuel))
}

/** Each byte of randomness that a host function makes costs one fuel. */
export const randomByteFuel = 1n
