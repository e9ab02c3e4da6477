import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { SyntaxNode } from './syntax.ts'

/** What a mutant, or nothing, puts in the place of a source file. */
export type Replaced = { readonly file: string; readonly content: string }

type References = Readonly<
  Record<string, Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>>
>

/** The code of a contract, as Hardhat's artifacts keep it. */
export type ContractCode = {
  readonly bytecode: `0x${string}`
  readonly deployedBytecode: `0x${string}`
  readonly linkReferences: References
  readonly deployedLinkReferences: References
  readonly immutableReferences: References
}

type Output = {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, CompiledContract>>>>
  readonly sources?: Readonly<Record<string, { readonly ast: SyntaxNode }>>
}

type CompiledContract = { readonly evm: { readonly bytecode: Code; readonly deployedBytecode: Code } }
type Code = { readonly object: string; readonly linkReferences: References; readonly immutableReferences?: References }

const require = createRequire(import.meta.url)
const contracts = join(import.meta.dirname, '..')
/** Hardhat gives the project's sources this folder, which stands in the name of a library where its address belongs. */
const PROJECT = 'project/'
const CODE = [
  ...['evm.bytecode.object', 'evm.bytecode.linkReferences'],
  ...['evm.deployedBytecode.object', 'evm.deployedBytecode.linkReferences', 'evm.deployedBytecode.immutableReferences'],
]
const solc = require('solc') as { compile(input: string, options: object): string }

/** The project's sources of the contracts and of what specs call them by, relative to `contracts/`. */
export const sourceFiles: readonly string[] = ['src', 'test/harness'].flatMap(folder =>
  readdirSync(join(contracts, folder), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.sol'))
    .map(({ parentPath, name }) => join(parentPath, name).slice(contracts.length + 1))
    .sort(),
)

/** By file. Throws when the sources do not compile. */
export function readSyntax(): ReadonlyMap<string, SyntaxNode> {
  const output = run(sourceFiles, { '*': { '': ['ast'] } }, 'plain')
  if (output.sources === undefined) throw new Error('The contracts have no syntax tree.')
  const own = Object.entries(output.sources).filter(([path]) => path.startsWith(PROJECT))
  return new Map(own.map(([path, { ast }]) => [path.slice(PROJECT.length), ast]))
}

/** With the optimiser a contract is compiled as the build does; without it in a quarter of the time, to code that does the same. */
export type Effort = 'optimised' | 'plain'

/**
 * The code of some contracts, given as file by name; undefined when it does not compile. Warnings are not looked at: a change often leaves a name
 * unused.
 */
export function compile(
  wanted: ReadonlyMap<string, string>,
  effort: Effort,
  replaced?: Replaced,
): ReadonlyMap<string, ContractCode> | undefined {
  const selection: Record<string, Record<string, readonly string[]>> = {}
  for (const [name, file] of wanted) selection[PROJECT + file] = { ...selection[PROJECT + file], [name]: CODE }
  const output = run([...new Set(wanted.values())], selection, effort, replaced)
  if (output.errors?.some(({ severity }) => severity === 'error')) return undefined
  const entries = [...wanted].map(([name, file]) => [name, codeOf(output.contracts?.[PROJECT + file]?.[name])] as const)
  return new Map(entries)
}

export function readSource(file: string): Buffer {
  return readFileSync(join(contracts, file))
}

function run(entries: readonly string[], outputSelection: object, effort: Effort, replaced?: Replaced): Output {
  const contents = (path: string) => {
    if (!path.startsWith(PROJECT)) return readFileSync(require.resolve(path), 'utf8')
    const file = path.slice(PROJECT.length)
    return file === replaced?.file ? replaced.content : readFileSync(join(contracts, file), 'utf8')
  }
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(entries.map(file => [PROJECT + file, { content: contents(PROJECT + file) }])),
    settings: {
      evmVersion: 'osaka',
      optimizer: { enabled: effort === 'optimised', runs: 200 },
      metadata: { bytecodeHash: 'none' },
      outputSelection,
    },
  }
  return JSON.parse(
    solc.compile(JSON.stringify(input), { import: (path: string) => ({ contents: contents(path) }) }),
  ) as Output
}

function codeOf(compiled: CompiledContract | undefined): ContractCode {
  if (compiled === undefined) throw new Error('The compiler left out a contract that was asked for.')
  const { bytecode, deployedBytecode } = compiled.evm
  return {
    bytecode: `0x${bytecode.object}`,
    deployedBytecode: `0x${deployedBytecode.object}`,
    linkReferences: bytecode.linkReferences,
    deployedLinkReferences: deployedBytecode.linkReferences,
    immutableReferences: deployedBytecode.immutableReferences ?? {},
  }
}
