import { appendFileSync } from 'node:fs'
import { readOptions, type SimulationOptions, UsageError, usage } from './options.ts'
import { Report } from './report.ts'
import { runSeed } from './run-seed.ts'
import { runSeeds } from './run-seeds.ts'

/** Runs the seeds of the command line; the last line says how many of them hold and how many do not. */
async function main(): Promise<void> {
  const options = optionsOrEnd()
  const startedMs = performance.now()
  const report = new Report(options, line => console.log(line))
  if (options.isTraced) {
    const { firstSeed: seed, commands } = options
    report.add(await runSeed({ seed, commands, print: line => console.log(line) }))
  } else await runSeeds(options, result => report.add(result))
  report.end(performance.now() - startedMs)
  const { DEPARROW_TEST_TOTALS: totals } = process.env
  if (totals !== undefined) appendFileSync(totals, `${report.passed} ${report.failed}\n`)
  console.log(`${report.passed} passed, ${report.failed} failed`)
  process.exitCode = report.failed > 0 ? 1 : 0
}

function optionsOrEnd(): SimulationOptions {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n${usage}`)
    process.exit(2)
  }
}

await main()
