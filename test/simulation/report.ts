import { ledgerEventTypes } from '@deparrow/ledger/testing'
import type { SimulationOptions } from './options.ts'
import type { SeedResult } from './run-seed.ts'

/** With so many seeds everything that can happen has happened in one of them. */
const coveringSeeds = 150

/** What the runs of seeds came to. */
export class Report {
  passed = 0
  failed = 0
  private answered = 0
  private steps = 0
  private simulatedMs = 0
  private readonly counts = new Map<string, number>()

  constructor(
    private readonly options: SimulationOptions,
    private readonly print: (line: string) => void,
  ) {}

  add(result: SeedResult): void {
    const { violation, counts } = result
    this.answered += result.answered
    this.steps += result.steps
    this.simulatedMs += result.simulatedMs
    for (const [what, count] of counts) this.counts.set(what, (this.counts.get(what) ?? 0) + count)
    if (violation === undefined) this.passed++
    else this.fail(result)
    const ran = this.passed + this.failed
    if (ran % 40 === 0) this.print(`${ran} of ${this.options.seeds} seeds, ${this.answered} commands answered`)
  }

  /** Closes the report; a run of many seeds in which something never happened proves too little and fails. */
  end(elapsedMs: number): void {
    const missing = ledgerEventTypes.filter(type => !this.counts.has(type))
    if (this.options.seeds >= coveringSeeds) {
      if (missing.length === 0) this.passed++
      else this.failed++
      this.print(missing.length === 0 ? 'every kind of event has happened' : `never happened: ${missing.join(', ')}`)
    }
    for (const [what, count] of [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1))) this.print(`  ${what}: ${count}`)
    this.print(
      `${this.options.seeds} seeds, ${this.answered} commands answered, ${this.steps} steps, ` +
        `${Math.round(this.simulatedMs / 60_000)} simulated minutes in ${Math.round(elapsedMs / 1_000)} s`,
    )
  }

  private fail({ seed, violation, lastSteps, traceHash }: SeedResult): void {
    this.failed++
    this.print(`\nseed ${seed} FAILED: ${violation?.invariant}\n  ${violation?.detail}\nthe last steps:`)
    for (const step of lastSteps) this.print(`  ${step}`)
    this.print(`trace ${traceHash}`)
    this.print(`again: npm run test:sim -- --seed ${seed} --commands ${this.options.commands} --trace\n`)
  }
}
