import { type Disturbance, drawFaults, type Faults } from './faults.ts'
import type { Machine } from './machine.ts'
import { Random } from './random.ts'
import { Scheduler } from './scheduler.ts'
import type { Trace } from './trace.ts'

/** An invariant that did not hold, with what was found instead. */
export type Violation = { readonly invariant: string; readonly detail: string }

/** Where all simulated clocks begin, in Unix milliseconds. */
export const simStartMs = 1_800_000_000_000

/** What everything in one simulated world shares: time, chance, faults, and the record of what happened. */
export class Sim {
  readonly scheduler = new Scheduler()
  readonly random: Random
  readonly faults: Faults
  readonly machines: Machine[] = []
  /** The first invariant that did not hold. */
  violation: Violation | undefined
  /** From now on nothing fails any more that has not failed yet. */
  isHealed = false
  readonly counts = new Map<string, number>()

  constructor(
    readonly seed: number,
    readonly trace: Trace,
    disturbances?: readonly Disturbance[],
  ) {
    this.random = new Random(seed)
    const faults = drawFaults(this.random.fork())
    this.faults = disturbances === undefined ? faults : { ...faults, disturbances }
  }

  get nowMs(): number {
    return Math.floor(this.scheduler.nowUs / 1_000)
  }

  note(line: string): void {
    this.trace.add(`${(this.scheduler.nowUs / 1_000).toFixed(3)} ${line}`)
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by)
  }

  fail(invariant: string, detail: string): void {
    if (this.violation !== undefined) return
    this.violation = { invariant, detail }
    this.note(`VIOLATION ${invariant}: ${detail}`)
  }

  require(holds: boolean, invariant: string, detail: () => string): void {
    if (!holds) this.fail(invariant, detail())
  }
}
