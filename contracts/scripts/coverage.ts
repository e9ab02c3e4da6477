/**
 * Fails unless the specs execute every statement of `src/` and take every condition both ways: `npm run contracts:coverage`. Instrumented contracts
 * have other bytecode, so everything is done in a copy below `cache/`, which is generated, built and tested anew. What cannot be reached, and
 * why, stands in `coverage-exclusions.ts`.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BRANCHES_FOLDER, type Branch } from './branches.ts'
import { exclusions } from './coverage-exclusions.ts'

const contracts = fileURLToPath(new URL('..', import.meta.url))
const copy = `${contracts}cache/coverage/`
const copied = [
  'src',
  'test',
  'bench',
  'deploy',
  'rows',
  'generated',
  'model',
  'scripts',
  'hardhat.config.ts',
  'package.json',
]

/** A statement that no spec executed, or a condition that only went one way. */
type Gap = { readonly file: string; readonly line: number; readonly what: string }

run()

function run(): void {
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  for (const name of copied) cpSync(contracts + name, copy + name, { recursive: true })
  step('hardhat', 'build', '--quiet')
  step('node', 'scripts/generate.ts')
  // Games on the contracts are played without: they add no line, and take longest. Specs of the mutation tool run no contract.
  step('hardhat', 'test', 'nodejs', ...globSync('test/!(model|mutation)/*.spec.ts', { cwd: copy }).sort())
  const branches = readBranches()
  const gaps = [...missedBranches(branches), ...missedLines()]
  const unexplained = gaps.filter(gap => !exclusions.some(exclusion => covers(exclusion, gap)))
  const needless = exclusions.filter(exclusion => !gaps.some(gap => covers(exclusion, gap)))
  for (const { file, line, what } of unexplained) console.log(`${file}:${line}: ${what}`)
  for (const { file, what } of needless) console.log(`${file}: is reached, so its exclusion must go: ${what}`)
  const failed = unexplained.length + needless.length
  console.log(
    `${branches.length} branches, ${gaps.length - unexplained.length} excluded, ${unexplained.length} not taken`,
  )
  process.exitCode = failed === 0 ? 0 : 1
}

/** Runs a step in the copy. Throws when it fails. */
function step(command: string, ...args: readonly string[]): void {
  const env = { ...process.env, HARDHAT_COVERAGE: 'true' }
  const { status } = spawnSync(command, args, { cwd: copy, stdio: 'inherit', env })
  if (status !== 0) throw new Error(`${command} ${args[0]} failed, so nothing was measured`)
}

function readBranches(): Branch[] {
  const files = globSync(`${copy}${BRANCHES_FOLDER}/**/*.json`)
  const branches = files.flatMap(file => JSON.parse(readFileSync(file, 'utf8')) as Branch[])
  if (branches.length === 0) throw new Error('no branch was instrumented, so nothing was measured')
  return branches
}

function missedBranches(branches: readonly Branch[]): Gap[] {
  const files = globSync(`${copy}coverage/data/nodejs/*.json`)
  const taken = new Set(files.flatMap(file => Object.keys(JSON.parse(readFileSync(file, 'utf8')))))
  return branches
    .filter(({ tag }) => !taken.has(tag))
    .map(({ file, line, condition, isMet }) => ({ file, line, what: `${isMet ? 'never' : 'always'} ${condition}` }))
}

/** Reads Hardhat's own report: `SF` names a file, `DA` a line and how often it was executed. */
function missedLines(): Gap[] {
  const gaps: Gap[] = []
  let file = ''
  for (const entry of readFileSync(`${copy}coverage/lcov.info`, 'utf8').split('\n')) {
    if (entry.startsWith('SF:')) file = entry.slice(3)
    const line = Number(/^DA:(\d+),0$/.exec(entry)?.[1] ?? 0)
    if (line === 0 || !file.startsWith('src/')) continue
    const text = readFileSync(copy + file, 'utf8').split('\n')[line - 1] ?? ''
    gaps.push({ file, line, what: `not executed: ${text.trim()}` })
  }
  return gaps
}

function covers(exclusion: (typeof exclusions)[number], { file, what }: Gap): boolean {
  return exclusion.file === file && exclusion.what === what
}
