import { creditTampers } from './credit-tampers.ts'
import { debitTampers } from './debit-tampers.ts'
import { leafTampers } from './leaf-tampers.ts'
import { nodeTampers } from './node-tampers.ts'
import { rowTampers } from './row-tampers.ts'
import type { Tamper } from './workshop.ts'

const all = { ...debitTampers, ...leafTampers, ...creditTampers, ...rowTampers, ...nodeTampers }

export type TamperName = keyof typeof all & string

/** Every way to falsify an epoch, by its name. */
export const tampers: Record<TamperName, Tamper> = all

export const tamperNames = Object.keys(all) as readonly TamperName[]
