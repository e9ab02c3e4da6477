import type { Random } from './random.ts'

/** How likely each fault is for one call between two parts. */
export type CallFaults = {
  /** The request never arrives. */
  readonly loseRequest: number
  /** What was asked happens, and the answer never arrives. */
  readonly loseAnswer: number
  /** The request arrives after its sender has given up, possibly after somebody else has taken the sender's place. */
  readonly delayRequest: number
  /** The request arrives twice. */
  readonly repeatRequest: number
  /** The connection is refused: nothing happens, and the caller knows. */
  readonly refuse: number
  /** The caller's process dies before it sends, or before the answer reaches it. */
  readonly crash: number
}

/** What may befall the whole, each on or off for a seed. */
export const disturbances = [
  'crash',
  'partition',
  'clockJump',
  'clockDay',
  'steal',
  'shallowReorg',
  'deepReorg',
  'cancelEpoch',
  'nodeStake',
  'secondRelay',
  'secondSettlement',
  'rewind',
] as const

export type Disturbance = (typeof disturbances)[number]

export type Faults = {
  readonly call: CallFaults
  readonly disturbances: readonly Disturbance[]
  /** Mean time between two disturbances. */
  readonly calmUs: number
}

export const noCallFaults: CallFaults = {
  loseRequest: 0,
  loseAnswer: 0,
  delayRequest: 0,
  repeatRequest: 0,
  refuse: 0,
  crash: 0,
}

/**
 * The faults of a seed. Each kind is left out in a good part of the seeds, because some mistakes show only where nothing else disturbs
 * what leads to them.
 */
export function drawFaults(random: Random): Faults {
  const some = (max: number): number => (random.chance(0.4) ? 0 : random.next() * max)
  return {
    call: {
      loseRequest: some(0.02),
      loseAnswer: some(0.03),
      delayRequest: some(0.02),
      repeatRequest: some(0.04),
      refuse: some(0.02),
      crash: some(0.001),
    },
    disturbances: disturbances.filter(() => random.chance(0.5)),
    calmUs: random.between(1_000_000, 6_000_000),
  }
}
