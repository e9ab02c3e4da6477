/**
 * Changes the contracts in one place at a time and asks the specs whether they notice: `node mutation/run.ts --help`. What earlier runs found out
 * stands in `results.json` and is not tried again; at the end `docs/mutation-contracts.md` is written out of all of it.
 */

import { parseArgs } from 'node:util'
import type { Status } from './messages.ts'
import { listMutants, type Mutant, mutatedSource } from './mutants.ts'
import { reasonFor } from './reasons.ts'
import { writeReport } from './report.ts'
import { readResults, writeResults } from './results.ts'
import { shuffled } from './sample.ts'
import { listSpecFiles } from './spec-files.ts'
import { SpecProcess, SpecProcessError } from './spec-process.ts'
import { TestOrder } from './test-order.ts'
import { runUnchanged, type Unchanged } from './unchanged.ts'

const HELP = `Options:
  --files TEXT     only sources whose path has the text
  --sample N       at most N mutants of each source, those of earlier runs among them
  --seed S         another sample, and another order (1)
  --again          before the others those that survived without a reason or timed out: the specs may have changed
  --minutes M      begin no further mutant when M minutes are over, beside what the unchanged contracts take
  --processes P    how many at once (2)
  --report         write only the page
`
/** A process that has seen as many mutants is replaced: the compiler does not give memory back. */
const MUTANTS_PER_PROCESS = 40
const FIRST_OF_EACH = 5
const { values: options } = parseArgs({
  options: {
    files: { type: 'string', default: '' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    again: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    processes: { type: 'string', default: '2' },
    report: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const { mutants, deployable } = listMutants()
const results = readResults(mutants)
if (options.help) process.stdout.write(HELP)
else if (options.report) process.stdout.write(writeReport(mutants, results))
else await run()

async function run(): Promise<void> {
  const specs = listSpecFiles()
  const names = [...new Set(specs.flatMap(({ contracts }) => contracts))]
  console.log('all specs run once without a change')
  const unchanged = await runUnchanged(new Map(names.map(name => [name, fileOf(name)])))
  const { tests, usualMs, compileMs, needOptimised } = unchanged
  const order = new TestOrder(specs, tests, usualMs, compileMs, needOptimised)
  const until = options.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(options.minutes) * 60_000
  const queue = chosen()
  const countAll = queue.length
  console.log(`${tests.length} tests, ${mutants.length} mutants, ${countAll} to try`)
  for (const test of needOptimised) console.log(`on optimised code only: ${test}`)

  const tried = (mutant: Mutant, status: Status, detail: string) => {
    results.set(mutant.key, status)
    writeResults(mutants, results)
    const change = `${mutant.original.replaceAll(/\s+/g, ' ').slice(0, 60)} → ${mutant.replacement.slice(0, 40)}`
    console.log(`${countAll - queue.length}/${countAll} ${status} ${mutant.file}:${mutant.line} ${change} ${detail}`)
  }
  const work = async () => {
    while (queue.length > 0 && Date.now() < until) await workOnBatch(queue, until, order, unchanged, tried)
  }
  await Promise.all(Array.from({ length: Number(options.processes) }, work))
  process.stdout.write(writeReport(mutants, results))
}

function chosen(): Mutant[] {
  const countMax = options.sample === undefined ? Number.POSITIVE_INFINITY : Number(options.sample)
  const isUnexplained = (mutant: Mutant) => results.get(mutant.key) === 'survived' && reasonFor(mutant) === undefined
  const isAgain = (mutant: Mutant) => options.again && (isUnexplained(mutant) || results.get(mutant.key) === 'timedOut')
  const isOpen = (mutant: Mutant) => !results.has(mutant.key)
  const seed = Number(options.seed)
  const byFile = Map.groupBy(
    mutants.filter(({ file }) => file.includes(options.files)),
    ({ file }) => file,
  )
  const samples = [...byFile.values()].map(list => shuffled(list, seed).slice(0, countMax))
  // A run that is cut short has seen something of each source.
  const first = samples.flatMap(list => list.slice(0, FIRST_OF_EACH))
  const rest = samples.flatMap(list => list.slice(FIRST_OF_EACH))
  const inOrder = [...shuffled(first, seed), ...shuffled(rest, seed)]
  return [...inOrder.filter(isAgain), ...inOrder.filter(isOpen)]
}

/** Works with one process until it has seen enough, then asks it whether what failed passes without any change. */
async function workOnBatch(
  queue: Mutant[],
  until: number,
  order: TestOrder,
  { plain, usualMs, needOptimised }: Unchanged,
  tried: (mutant: Mutant, status: Status, detail: string) => void,
): Promise<void> {
  const specs = await SpecProcess.start(plain)
  const noticed: { readonly mutant: Mutant; readonly test: string }[] = []
  try {
    for (let count = 0; count < MUTANTS_PER_PROCESS && Date.now() < until && !specs.isOver; count++) {
      const mutant = queue.shift()
      if (mutant === undefined) break
      const contracts = Object.fromEntries(mutant.contracts.map(name => [name, fileOf(name)]))
      const mutated = { file: mutant.file, content: mutatedSource(mutant) }
      const startedAt = Date.now()
      const { status, test, failure } = await specs.run({ mutated, contracts, ...order.of(mutant) }, usualMs)
      if (test !== undefined) {
        noticed.push({ mutant, test })
        order.noticed(mutant, test)
      }
      const why = test === undefined ? '' : `by ${test}: ${failure?.split('\n')[0]?.slice(0, 120)}`
      tried(mutant, status, `${Date.now() - startedAt} ms ${why}`)
    }
    if (specs.isOver || noticed.length === 0) return
    const again = [...new Set(noticed.map(({ test }) => test))]
    const isOptimised = (id: string) => needOptimised.has(id)
    const task = {
      contracts: {},
      order: again.filter(id => !isOptimised(id)),
      orderOptimised: again.filter(isOptimised),
    }
    const { status, test, failure } = await specs.run(task, usualMs)
    if (status !== 'killed') return
    console.error(`${test} fails without a change too, so its process is not believed: ${failure}`)
    for (const { mutant } of noticed) results.delete(mutant.key)
    queue.push(...noticed.map(({ mutant }) => mutant))
  } catch (error) {
    if (!(error instanceof SpecProcessError)) throw error
    console.error(`A process is given up: ${error.message}`)
  } finally {
    await specs.end()
  }
}

/** Throws when there is no such contract. */
function fileOf(contract: string): string {
  const file = deployable.get(contract)
  if (file === undefined) throw new RangeError(`There is no contract ${contract}.`)
  return file
}
