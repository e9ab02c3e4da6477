import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Status } from './messages.ts'
import type { Mutant } from './mutants.ts'
import { oneLine, reasonFor } from './reasons.ts'
import type { Results } from './results.ts'

const UNTOLD = 'no spec tells these apart yet'
const COLUMNS: readonly Status[] = ['killed', 'timedOut', 'survived', 'equivalent', 'notCompiled']
const root = join(import.meta.dirname, '../..')

/** Writes `docs/mutation-contracts.md` and returns a line that sums it up. */
export function writeReport(mutants: readonly Mutant[], results: Results): string {
  const tried = mutants.filter(({ key }) => results.has(key))
  const survivors = tried.filter(({ key }) => results.get(key) === 'survived')
  const byReason = [...Map.groupBy(survivors, mutant => reasonFor(mutant) ?? UNTOLD)].sort(
    ([a, one], [b, other]) => Number(b === UNTOLD) - Number(a === UNTOLD) || other.length - one.length,
  )
  const byFile = [...Map.groupBy(mutants, ({ file }) => file)]
  const page = `# Mutation testing of the contracts

\`npm run contracts:mutation\` changes \`contracts/src\` in one place at a time and runs the contract specs that reach the place, until one of them fails; a change
that none notices survives. [Decision 0030](decisions/0030-own-mutation-tool-for-the-contracts.md) says how, and what is left out. This page is written by that
command out of [\`contracts/mutation/results.json\`](../contracts/mutation/results.json), which each run continues.

**Tried: ${tried.length} of ${mutants.length} changes. Score: ${scoreOf(tried, results)}** of those that make another contract.

${row(['file', 'changes', 'tried', 'noticed', 'hung', 'survived', 'same code', 'no code', 'score'])}
|${'---|'.repeat(9)}
${byFile.map(([file, list]) => row([file.replace('src/', ''), ...cells(list, results)])).join('\n')}
${row(['**all**', ...cells(mutants, results)])}

*Same code*: the compiler makes the same bytecode of it, in every contract. *No code*: it does not compile. Both are left out of the score.

## What survived, and why

${byReason.map(([reason, list]) => `### ${list.length}: ${reason}\n\n${list.map(shownChange).join('\n')}`).join('\n\n')}
`
  writeFileSync(join(root, 'docs/mutation-contracts.md'), page)
  return `${scoreOf(tried, results)} of the changes tried were noticed; tried ${tried.length} of ${mutants.length}\n`
}

function cells(list: readonly Mutant[], results: Results): readonly (string | number)[] {
  const tried = list.filter(({ key }) => results.has(key))
  return [list.length, tried.length, ...COLUMNS.map(status => countOf(tried, results, status)), scoreOf(tried, results)]
}

function scoreOf(tried: readonly Mutant[], results: Results): string {
  const noticed = countOf(tried, results, 'killed') + countOf(tried, results, 'timedOut')
  const all = noticed + countOf(tried, results, 'survived')
  return all === 0 ? '–' : `${((100 * noticed) / all).toFixed(1)} %`
}

function countOf(list: readonly Mutant[], results: Results, status: Status): number {
  return list.filter(({ key }) => results.get(key) === status).length
}

function shownChange({ file, line, original, replacement }: Mutant): string {
  return `- ${file.replace('src/', '')}:${line} \`${shown(original)}\` → \`${shown(replacement)}\``
}

function shown(text: string): string {
  const short = oneLine(text).replaceAll('`', '′').replaceAll('|', '\\|')
  return short.length > 70 ? `${short.slice(0, 69)}…` : short
}

function row(values: readonly (string | number)[]): string {
  return `| ${values.join(' | ')} |`
}
