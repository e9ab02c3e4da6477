import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/**
 * Writes docs/mutation.md out of what a mutation run came to, and `reasons.json`: rules of which the first that fits a survivor says why
 * it lives. A rule names a file or a folder, and may name the kind of the change (`mutator`) and a piece of the code that was changed (`code`).
 */
const here = import.meta.dirname
const root = join(here, '../..')
const run = JSON.parse(readFileSync(join(here, 'reports/mutation.json'), 'utf8'))
const rules = JSON.parse(readFileSync(join(here, 'reasons.json'), 'utf8'))

const mutants = Object.entries(run.files).flatMap(([file, { source, mutants: found }]) =>
  found.map(mutant => ({ ...mutant, file: relative('src', file), code: codeAt(source, mutant.location) })),
)

function codeAt(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1)
  lines[0] = lines[0].slice(start.column - 1)
  return lines.map(line => line.trim()).join(' ')
}

function count(list, ...statuses) {
  return list.filter(({ status }) => statuses.includes(status)).length
}

function scoreOf(list) {
  const found = count(list, 'Killed', 'Timeout')
  const all = found + count(list, 'Survived', 'NoCoverage')
  return all === 0 ? '–' : `${((100 * found) / all).toFixed(1)} %`
}

function reasonFor({ file, mutatorName, code }) {
  const fits = ({ in: place, mutator, code: piece }) =>
    file.startsWith(place) &&
    (mutator === undefined || mutator === mutatorName) &&
    (piece === undefined || code.includes(piece))
  return rules.find(fits)?.reason ?? 'no spec tells these apart yet'
}

function shown(text) {
  const short = text.replaceAll(/\s+/g, ' ').replaceAll('`', '′').replaceAll('|', '\\|')
  return short.length > 70 ? `${short.slice(0, 69)}…` : short
}

const columns = list => [
  count(list, 'Killed'),
  count(list, 'Timeout'),
  count(list, 'Survived'),
  count(list, 'NoCoverage'),
  count(list, 'Ignored'),
  scoreOf(list),
]
const row = cells => `| ${cells.join(' | ')} |`
const folders = Map.groupBy(mutants, ({ file }) => (file.includes('/') ? file.split('/')[0] : '(top)'))
const survivors = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
const byReason = [...Map.groupBy(survivors, reasonFor)].sort(([, a], [, b]) => b.length - a.length)

const text = `# Mutation testing of the ledger

\`npm run test:mutation\` changes \`ledger/src\` in one place at a time, ${mutants.length} times, and runs the ledger's own specs that reach the place; a change that
no spec notices survives. [Decision 0021](decisions/0021-mutation-testing.md) says how, and what is left out. This page is written by that command.

**Score: ${scoreOf(mutants)}** of the ${mutants.length - count(mutants, 'Ignored')} changes that were tried.

${row(['folder', 'noticed', 'hung', 'survived', 'not reached', 'left out', 'score'])}
|---|---|---|---|---|---|---|
${[...folders]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([folder, list]) => row([folder, ...columns(list)]))
  .join('\n')}
${row(['**all**', ...columns(mutants)])}

## What survived, and why

${byReason
  .map(([reason, list]) => {
    const places = list.map(({ file, location, code, replacement }) => {
      return `- ${file}:${location.start.line} \`${shown(code)}\` → \`${shown(replacement ?? '')}\``
    })
    return `### ${list.length}: ${reason}\n\n${places.join('\n')}`
  })
  .join('\n\n')}
`

writeFileSync(join(root, 'docs/mutation.md'), text)
process.stdout.write(`${scoreOf(mutants)} of ${mutants.length - count(mutants, 'Ignored')} changes were noticed\n`)
