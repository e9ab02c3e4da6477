import { honestMode } from './agents/poster.ts'
import { type TamperName, tamperNames } from './agents/tampers/tampers.ts'
import type { GameSetup } from './game.ts'

/** A way to play, to be combined with a seed. */
export type Strategy = Omit<GameSetup, 'seed' | 'without'>

export const strategies = {
  honest: { mode: honestMode },
  griefed: { mode: honestMode, hasGriefers: true, isStalled: false },
  stalled: { mode: honestMode, hasGriefers: true, isStalled: true },
  guarded: { mode: honestMode, hasGriefers: true, hasGuardian: true },
  silent: { mode: { ...honestMode, silentFrom: 130 } },
  frozen: { mode: { ...honestMode, cutFrozenFrom: 60 } },
  withholding: { mode: { ...honestMode, tampers: tamperNames, withholds: true } },
  outvoted: { mode: { ...honestMode, tampers: tamperNames }, hasGriefers: true, isStalled: false, isDeaf: true },
  mixed: { mode: { ...honestMode, tampers: tamperNames }, hasGuardian: true },
  poor: { mode: { ...honestMode, tampers: ['hiddenDebit'] }, posterBond: 2500 },
} satisfies Record<string, Strategy>

/** A poster that falsifies in the ways named, whenever it can. */
export function tampering(...names: readonly TamperName[]): Strategy {
  return { mode: { ...honestMode, tampers: names } }
}

/** The watcher looks at an epoch only just before its window ends. */
export function watchedLate(strategy: Strategy, delaySeconds = 54): Strategy {
  return { ...strategy, watcherDelaySeconds: delaySeconds }
}

/** The ledger lets receipts that are handed in fall under the table, so that they are pushed. */
export function deaf(strategy: Strategy): Strategy {
  return { ...strategy, isDeaf: true }
}

/** Holds end soon after their deadline, so that pushes come shortly before. */
export function shortHolds(strategy: Strategy): Strategy {
  return { ...strategy, params: { graceSeconds: 20 } }
}
