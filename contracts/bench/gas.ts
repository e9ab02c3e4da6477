/**
 * What the contracts cost: `npm run bench:gas`, with `-- --json` one line for programs last. Each figure is the gas of a whole transaction as
 * its receipt has it, on a chain in this process, on today's hardfork and on the next. `gas.json` holds the figures that were reviewed: a
 * run compares, and fails when a figure rose or passed its budget; `-- --write` writes them anew.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { disputeFigures } from './disputes.ts'
import { type GasFigure, gasJson, gasTable, type HardforkFigures } from './figure.ts'
import { claimFigures, depositFigures, epochFigures, transferFigures } from './payments.ts'
import { type Hardfork, openSetting } from './setting.ts'

const snapshotUrl = new URL('gas.json', import.meta.url)

type Snapshot = Readonly<Record<string, Readonly<Record<string, number>>>>

async function measure(hardfork: Hardfork): Promise<HardforkFigures> {
  const setting = await openSetting(hardfork)
  const figures: GasFigure[] = []
  for (const section of [transferFigures, depositFigures, epochFigures, claimFigures, disputeFigures]) {
    figures.push(...(await section(setting)))
  }
  return { hardfork, figures }
}

/** What is above its budget on Osaka, or above what was reviewed. */
function problems(runs: readonly HardforkFigures[], reviewed: Snapshot): readonly string[] {
  return runs.flatMap(({ hardfork, figures }) =>
    figures.flatMap(({ name, gas, budget }) => {
      const before = reviewed[hardfork]?.[name]
      if (hardfork === 'osaka' && budget !== undefined && gas > budget) return `${name} takes ${gas} gas of ${budget}`
      if (before === undefined) return `${name} on ${hardfork} is not in gas.json`
      return gas > before ? `${name} on ${hardfork} rose from ${before} to ${gas} gas` : []
    }),
  )
}

const runs = [await measure('osaka'), await measure('amsterdam')]
console.log(
  'gas of whole transactions, as receipts have it; budgets are for osaka; baselines are measured in the same run',
)
console.log(gasTable(runs))
if (process.argv.includes('--write')) {
  const snapshot = Object.fromEntries(
    runs.map(({ hardfork, figures }) => [hardfork, Object.fromEntries(figures.map(({ name, gas }) => [name, gas]))]),
  )
  writeFileSync(snapshotUrl, `${JSON.stringify(snapshot, null, 2)}\n`)
} else {
  const found = problems(runs, JSON.parse(readFileSync(snapshotUrl, 'utf8')) as Snapshot)
  for (const problem of found) console.error(problem)
  process.exitCode = found.length > 0 ? 1 : 0
}
if (process.argv.includes('--json')) console.log(gasJson(runs))
