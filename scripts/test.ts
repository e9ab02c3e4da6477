import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestSuite, testSuites } from './test-suites.ts'

type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number }

const folder = mkdtempSync(join(tmpdir(), 'deparrow-tests-'))

/** Runs suites by name, one after another, prints their counts, and last a line `N passed, N failed` over all of them. */
async function runSuites(names: readonly string[]): Promise<Counts> {
  let total: Counts = { passed: 0, failed: 0, skipped: 0 }
  for (const name of names) {
    const suite = testSuites[name]
    if (suite === undefined) throw new RangeError(`no suite ${name}; there are ${Object.keys(testSuites).join(', ')}`)
    const counts = await runSuite(suite)
    console.log(`\n${suite.name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
    total = add(total, counts)
  }
  return total
}

/** A suite that ends badly without a failed test could not run, and counts as one failure. */
async function runSuite(suite: TestSuite): Promise<Counts> {
  const countsFile = join(folder, `${suite.name.replaceAll(' ', '-')}.json`)
  const { exitCode, output } =
    suite.specs === undefined ? await run(suite, suite.command ?? []) : await runSpecs(suite, countsFile)
  const counts = suite.specs === undefined ? countsOf(output) : readCounts(countsFile)
  const isUnexplained = counts.failed === 0 && (exitCode !== 0 || counts.passed === 0)
  return isUnexplained ? { ...counts, failed: 1 } : counts
}

function runSpecs(suite: TestSuite, countsFile: string) {
  const reporters = ['spec', './scripts/count-reporter.mjs'].map(reporter => `--test-reporter=${reporter}`)
  const destinations = ['stdout', 'stderr'].map(destination => `--test-reporter-destination=${destination}`)
  const limits = [`--test-concurrency=${suite.concurrency}`, '--test-timeout=600000']
  const args = ['--test', '--enable-source-maps', ...reporters, ...destinations, ...limits, ...(suite.specs ?? [])]
  return run(suite, [process.execPath, ...args], { DEPARROW_TEST_COUNTS: countsFile })
}

function run(suite: TestSuite, [command = '', ...args]: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...suite.env, ...env },
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk)
    output += chunk.toString()
  })
  return new Promise<{ readonly exitCode: number; readonly output: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ exitCode: code ?? 1, output }))
  })
}

function readCounts(file: string): Counts {
  try {
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    return lines.map(line => JSON.parse(line) as Counts).reduce(add)
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }
  }
}

/** Hardhat closes with `N passing` and, where there are any, `N failing`; Forge with `N tests passed, N failed`. */
function countsOf(output: string): Counts {
  const last = (word: string) => Number([...output.matchAll(new RegExp(`(\\d+) ${word}`, 'g'))].at(-1)?.[1] ?? 0)
  return { passed: last('(?:passing|tests passed)'), failed: last('(?:failing|failed)'), skipped: 0 }
}

function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

const total = await runSuites(process.argv.slice(2))
rmSync(folder, { recursive: true })
if (process.env['DEPARROW_TEST_TOTALS'] !== undefined) {
  appendFileSync(process.env['DEPARROW_TEST_TOTALS'], `${total.passed} ${total.failed}\n`)
}
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0
