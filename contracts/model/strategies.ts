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
