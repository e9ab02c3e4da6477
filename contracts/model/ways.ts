import type { Answer, Demand } from './demands.ts'

/** What was demanded, and in which way it was answered where the protocol has several for it. */
export function wayOf({ kind }: Demand, { orderAnswer }: Answer): string {
  return orderAnswer === undefined ? kind : `${kind} ${orderAnswer.way}`
}

/** Every way in which an honest poster answers; its ledger certifies no order that its books do not know. */
export const honestWays: readonly string[] = [
  ...['leaf', 'statement', 'reveal', 'entry', 'hold', 'lane', 'credit', 'forced'],
  ...['kept kept', 'kept settled', 'kept ended', 'kept released', 'kept worthless'],
  ...['receipt paid', 'receipt ended', 'receipt released', 'receipt other-receipt'],
]
