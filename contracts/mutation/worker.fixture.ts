/** Keeps all specs loaded and answers, mutant by mutant, which test notices it first. Started by `run.ts` as a process of its own. */
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fastCheck from 'fast-check'
import { artifacts } from 'hardhat'
import { type ContractCode, compile, type Effort } from './compiler.ts'
import type { Answer, PlainCodes, Task } from './messages.ts'
import { startFile, type Test, tests } from './node-test.ts'
import { exchangeStanding, keepBeginning, returnToBeginning, watchChains } from './spec-chains.ts'
import { listSpecFiles, type SpecFile } from './spec-files.ts'

const folder = pathToFileURL(`${join(import.meta.dirname, '..')}/`).href
const live = new URL('mutation/live-generated.ts', folder).href
registerHooks({
  resolve(specifier, context, next) {
    const isOfSpecs = context.parentURL?.startsWith(new URL('test/', folder).href)
    if (specifier === 'node:test' && isOfSpecs) return next(new URL('mutation/node-test.ts', folder).href, context)
    const resolved = next(specifier, context)
    const isGenerated = resolved.url === new URL('generated/index.ts', folder).href && context.parentURL !== live
    return isGenerated ? { ...resolved, url: live } : resolved
  },
})
const { setBytecode } = (await import(live)) as typeof import('./live-generated.ts')

// A property that fails has been noticed: its smallest example is not looked for.
fastCheck.configureGlobal({ endOnFailure: true })
// Of what a failed test does not wait for any more.
process.on('unhandledRejection', () => undefined)

const specFiles = listSpecFiles()
const originals = new Map<string, ContractCode>()
const readArtifact = artifacts.readArtifact.bind(artifacts)
for (const name of new Set(specFiles.flatMap(({ contracts }) => contracts)))
  originals.set(name, (await readArtifact(name)) as unknown as ContractCode)

let codes = new Map<string, ContractCode>()
artifacts.readArtifact = (async (name: string) => ({
  ...(await readArtifact(name)),
  ...codes.get(name),
})) as typeof readArtifact

watchChains()
for (const { file } of specFiles) {
  startFile(file)
  await import(new URL(file, folder).href)
}
await keepBeginning(originals)

const testsById = new Map(tests.map(test => [test.id, test]))
let plain: ReadonlyMap<string, ContractCode> = new Map()

/** First comes the code to compare with, then one task after another. */
process.on('message', async (message: PlainCodes | Task) => {
  if (!('order' in message)) {
    plain = new Map(message)
    return
  }
  try {
    const answered = await answer(message)
    await deploy(new Map())
    send(answered)
  } catch (error) {
    send({ type: 'broken', message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})
send({ type: 'ready', tests: tests.map(({ id, file }) => ({ id, file })) })

async function answer(task: Task): Promise<Answer> {
  const { mutated, contracts, order, orderOptimised } = task
  if (mutated === undefined) {
    await deploy(plain)
    const found = await firstFailure(order)
    await deploy(originals)
    return found ?? (await firstFailure(orderOptimised)) ?? { type: 'done', status: 'survived' }
  }
  const reached = new Set<string>()
  const quick = await ask(order, 'plain', task, reached)
  if (quick !== undefined) return quick
  for (const id of orderOptimised) for (const name of specOf(id).contracts) if (name in contracts) reached.add(name)
  const wanted = new Map(Object.entries(contracts).filter(([name]) => reached.has(name)))
  const codes = compile(wanted, 'optimised', mutated)
  if (codes === undefined) return { type: 'done', status: 'notCompiled' }
  if (differing(codes, originals).length === 0) return { type: 'done', status: 'equivalent' }
  await deploy(codes)
  return (await firstFailure(orderOptimised)) ?? { type: 'done', status: 'survived' }
}

/** Runs tests, and compiles what each file of them needs when its turn comes. */
async function ask(
  order: readonly string[],
  effort: Effort,
  task: Task,
  reached: Set<string>,
): Promise<Answer | undefined> {
  const tried = new Map<string, ContractCode>()
  for (const id of order) {
    const { contracts } = specOf(id)
    const wanted = Object.entries(task.contracts).filter(([name]) => contracts.includes(name) && !tried.has(name))
    if (wanted.length > 0) {
      const compiled = compile(new Map(wanted), effort, task.mutated)
      if (compiled === undefined) return { type: 'done', status: 'notCompiled' }
      for (const [name, code] of compiled) tried.set(name, code)
      for (const [name] of wanted) reached.add(name)
      // What fixtures have put on the chain may be of before this code.
      if (differing(compiled, plain).length > 0) await deploy(tried)
    }
    if (!differing(tried, plain).some(name => contracts.includes(name))) continue
    const failure = await firstFailure([id])
    if (failure !== undefined) return failure
  }
  return undefined
}

async function firstFailure(order: readonly string[]): Promise<Answer | undefined> {
  for (const id of order) {
    const test = testsById.get(id)
    if (test === undefined) throw new RangeError(`there is no test ${id}`)
    const failure = await fails(test)
    if (failure !== undefined) return { type: 'done', status: 'killed', test: id, failure }
  }
  return undefined
}

async function fails(test: Test): Promise<string | undefined> {
  send({ type: 'test', id: test.id })
  try {
    await test.run()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 500) : String(error)
  }
}

/** From now on these contracts have this code, and the others that of the build, wherever a spec deploys them or has deployed them. */
async function deploy(next: ReadonlyMap<string, ContractCode>): Promise<void> {
  await returnToBeginning()
  codes = new Map(next)
  setBytecode(codes)
  await exchangeStanding(codes)
}

function differing(
  codes: ReadonlyMap<string, ContractCode>,
  from: ReadonlyMap<string, ContractCode>,
): readonly string[] {
  const isSame = (code: ContractCode, original: ContractCode | undefined) =>
    code.bytecode === original?.bytecode && code.deployedBytecode === original.deployedBytecode
  return [...codes].filter(([name, code]) => !isSame(code, from.get(name))).map(([name]) => name)
}

function specOf(id: string): SpecFile {
  const spec = specFiles.find(({ file }) => file === testsById.get(id)?.file)
  if (spec === undefined) throw new RangeError(`there is no test ${id}`)
  return spec
}

function send(message: Answer): void {
  process.send?.(message)
}
