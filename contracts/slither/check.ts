/**
 * Runs Slither over the contracts and compares what it finds with `justified.json`: `node slither/check.ts`. A finding that has no reason there, and
 * a reason that no finding needs any more, fail. `SLITHER` names the program; without it `slither` is taken from the path.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileForSlither } from './compile.ts'

type Element = {
  readonly type: string
  readonly name: string
  readonly type_specific_fields?: { readonly parent?: Element }
}

type Finding = { readonly check: string; readonly description: string; readonly elements: readonly Element[] }

/** Why a finding is no fault. `where` is `Contract.function`, `Contract`, or `*` for a whole check. */
type Justified = { readonly check: string; readonly where: string; readonly reason: string }

const folder = mkdtempSync(join(tmpdir(), 'deparrow-slither-'))
try {
  compileForSlither(folder)
  const findings = runSlither(folder)
  const justified = JSON.parse(readFileSync(new URL('justified.json', import.meta.url), 'utf8')) as readonly Justified[]
  const open = findings.filter(finding => !justified.some(reason => covers(reason, finding)))
  const stale = justified.filter(reason => !findings.some(finding => covers(reason, finding)))
  for (const { check, description } of open) console.error(`not justified: ${check}: ${description.trim()}`)
  for (const { check, where } of stale) console.error(`no longer found: ${check} in ${where}`)
  console.log(
    `Slither: ${findings.length} findings, ${findings.length - open.length} justified, ${stale.length} stale reasons`,
  )
  process.exitCode = open.length + stale.length > 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true })
}

function runSlither(project: string): readonly Finding[] {
  const report = join(project, 'report.json')
  const framework = ['--compile-force-framework', 'hardhat', '--hardhat-ignore-compile']
  const options = ['--hardhat-artifacts-directory', 'artifacts', '--filter-paths', '@openzeppelin', '--json', report]
  const run = spawnSync(process.env['SLITHER'] ?? 'slither', ['.', ...framework, ...options], {
    cwd: project,
    encoding: 'utf8',
    timeout: 300_000,
  })
  if (run.error !== undefined) throw new Error(`Slither did not start: ${run.error.message}`)
  const { success, error, results } = readReport(report, run.stderr)
  if (!success) throw new Error(`Slither failed: ${error ?? run.stderr}`)
  return results.detectors ?? []
}

function readReport(path: string, stderr: string) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as {
      readonly success: boolean
      readonly error: string | null
      readonly results: { readonly detectors?: readonly Finding[] }
    }
  } catch {
    throw new Error(`Slither wrote no report: ${stderr}`)
  }
}

function covers({ check, where }: Justified, finding: Finding): boolean {
  return check === finding.check && (where === '*' || placesOf(finding).includes(where))
}

/** The contract that a finding names first, and the function or the variable of it. */
function placesOf({ elements }: Finding): readonly string[] {
  const [element] = elements
  if (element === undefined) return []
  const names = namesUpTo(element)
  const contract = names.at(-1) ?? ''
  return [contract, `${contract}.${names.at(-2) ?? ''}`]
}

/** Names from an element through what it stands in to the contract. */
function namesUpTo({ name, type_specific_fields: fields }: Element): readonly string[] {
  const parent = fields?.parent
  return parent === undefined || parent.type === 'file' ? [name] : [name, ...namesUpTo(parent)]
}
