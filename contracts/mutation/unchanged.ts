import { artifacts } from 'hardhat'
import { type ContractCode, compile } from './compiler.ts'
import type { PlainCodes } from './messages.ts'
import { SpecProcess, type TestName } from './spec-process.ts'

/** What a run has to know of the contracts and the specs as they are. */
export type Unchanged = {
  readonly plain: PlainCodes
  readonly compileMs: ReadonlyMap<string, number>
  readonly tests: readonly TestName[]
  readonly usualMs: ReadonlyMap<string, number>
  /** Tests that ask for the gas or the size that only optimised code has. */
  readonly needOptimised: ReadonlySet<string>
}

/** Bytes of code without the optimiser that come out in a millisecond, about. */
const BYTES_PER_MS = 30

/**
 * Runs all specs once, on code without the optimiser and those that fail there on that of the build. Throws when a spec fails on both, and when what is built is not
 * what the sources give.
 */
export async function runUnchanged(files: ReadonlyMap<string, string>): Promise<Unchanged> {
  const built = compile(files, 'optimised')
  const compiled = compile(files, 'plain')
  if (built === undefined || compiled === undefined) throw new Error('The contracts do not compile.')
  for (const [name, { bytecode }] of built) {
    const artifact = (await artifacts.readArtifact(name)) as unknown as ContractCode
    if (bytecode !== artifact.bytecode)
      throw new Error(`The artifact of ${name} is not of these sources: hardhat build`)
  }
  const plain = [...compiled]
  const compileMs = new Map(plain.map(([name, { bytecode }]) => [name, bytecode.length / 2 / BYTES_PER_MS]))
  const specs = await SpecProcess.start(plain)
  try {
    return { plain, compileMs, tests: specs.tests, ...(await runAll(specs)) }
  } finally {
    await specs.end()
  }
}

async function runAll(specs: SpecProcess): Promise<Pick<Unchanged, 'usualMs' | 'needOptimised'>> {
  const needOptimised = new Set<string>()
  const usualMs = new Map<string, number>()
  let order = specs.tests.map(({ id }) => id)
  while (order.length > 0) {
    const startedAt: (readonly [id: string, atMs: number])[] = []
    const task = { contracts: {}, order, orderOptimised: [] }
    const { status, test } = await specs.run(task, new Map(), id => startedAt.push([id, Date.now()]))
    for (const [index, [id, at]] of startedAt.entries()) usualMs.set(id, (startedAt[index + 1]?.[1] ?? Date.now()) - at)
    if (status === 'timedOut') throw new Error(`Without a change ${startedAt.at(-1)?.[0]} does not end.`)
    if (test === undefined) break
    needOptimised.add(test)
    order = order.slice(order.indexOf(test) + 1)
  }
  const task = { contracts: {}, order: [], orderOptimised: [...needOptimised] }
  const { status, test, failure } = await specs.run(task, new Map())
  if (status === 'killed' || status === 'timedOut') throw new Error(`Without a change ${test} fails: ${failure}`)
  return { usualMs, needOptimised }
}
