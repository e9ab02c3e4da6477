import type { Mutant } from './mutants.ts'
import type { SpecFile } from './spec-files.ts'
import type { TestName } from './spec-process.ts'

/** As many tests as have noticed a change of the same function, and of the same file, go before all others. */
const KILLERS_OF_PLACE = 8
const KILLERS_OF_FILE = 4

/** Remembers which tests notice what, and tells which to ask first. */
export class TestOrder {
  private readonly kills = new Map<string, Map<string, number>>()
  private readonly specs: readonly SpecFile[]
  private readonly tests: readonly TestName[]
  private readonly usualMs: ReadonlyMap<string, number>
  private readonly compileMs: ReadonlyMap<string, number>
  private readonly needOptimised: ReadonlySet<string>

  /** `usualMs` is by test, `compileMs` by contract, `needOptimised` are the tests that fail without the optimiser. */
  constructor(
    specs: readonly SpecFile[],
    tests: readonly TestName[],
    usualMs: ReadonlyMap<string, number>,
    compileMs: ReadonlyMap<string, number>,
    needOptimised: ReadonlySet<string>,
  ) {
    this.specs = specs
    this.tests = tests
    this.usualMs = usualMs
    this.compileMs = compileMs
    this.needOptimised = needOptimised
  }

  /** Every test that runs a contract the mutant is part of: those that noticed its like, then by file, what is soon done first. */
  of({ place, file, contracts }: Mutant): {
    readonly order: readonly string[]
    readonly orderOptimised: readonly string[]
  } {
    const reaching = this.specs.filter(spec => spec.contracts.some(name => contracts.includes(name)))
    const files = new Set(reaching.map(spec => spec.file))
    const killers = [...this.killersOf(place, KILLERS_OF_PLACE), ...this.killersOf(file, KILLERS_OF_FILE)]
    const cost = new Map(reaching.map(spec => [spec.file, this.costOf(spec, contracts)]))
    const others = this.tests
      .filter(test => files.has(test.file))
      .sort((a, b) => (cost.get(a.file) ?? 0) - (cost.get(b.file) ?? 0))
    const all = [...new Set([...killers, ...others.map(({ id }) => id)])]
    const isOptimised = (id: string) => this.needOptimised.has(id)
    return { order: all.filter(id => !isOptimised(id)), orderOptimised: all.filter(isOptimised) }
  }

  noticed({ place, file }: Mutant, test: string): void {
    for (const subject of [place, file]) {
      const counts = this.kills.get(subject) ?? new Map<string, number>()
      counts.set(test, (counts.get(test) ?? 0) + 1)
      this.kills.set(subject, counts)
    }
  }

  private killersOf(subject: string, countMax: number): readonly string[] {
    const counts = [...(this.kills.get(subject) ?? [])].sort(([, a], [, b]) => b - a)
    return counts.slice(0, countMax).map(([test]) => test)
  }

  private costOf(spec: SpecFile, contracts: readonly string[]): number {
    const compiled = spec.contracts.filter(name => contracts.includes(name))
    const compileMs = compiled.reduce((sum, name) => sum + (this.compileMs.get(name) ?? 0), 0)
    const own = this.tests.filter(({ file }) => file === spec.file)
    return own.reduce((sum, { id }) => sum + (this.usualMs.get(id) ?? 0), compileMs)
  }
}
