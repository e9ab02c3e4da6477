import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

type Source = { readonly content: string }

const require = createRequire(import.meta.url)
const contracts = join(import.meta.dirname, '..')

/**
 * Compiles `contracts/src` with the compiler from npm and writes into `folder` the sources and one build record in the form that Slither reads
 * (that of Hardhat 2), so that the analyser needs no compiler of its own. The optimiser is off: the analyser reads the syntax tree.
 * Throws when the contracts do not compile.
 */
export function compileForSlither(folder: string): void {
  const sources: Record<string, Source> = {}
  for (const path of solidityFiles('src')) sources[path] = { content: readFileSync(join(contracts, path), 'utf8') }
  const imported: Record<string, Source> = {}
  const input = {
    language: 'Solidity',
    sources,
    settings: {
      evmVersion: 'osaka',
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode', 'evm.deployedBytecode', 'metadata'], '': ['ast'] } },
    },
  }
  const solc = require('solc') as { compile(input: string, options: object): string; version(): string }
  const read = (path: string) => {
    const contents = readFileSync(require.resolve(path), 'utf8')
    imported[path] = { content: contents }
    return { contents }
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read })) as {
    readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  }
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'))

  const all = { ...sources, ...imported }
  for (const [path, { content }] of Object.entries(all)) write(join(folder, path), content)
  const record = {
    id: 'contracts',
    _format: 'hh-sol-build-info-1',
    solcVersion: '0.8.37',
    solcLongVersion: solc.version(),
    input: { ...input, sources: all },
    output,
  }
  write(join(folder, 'artifacts/build-info/contracts.json'), JSON.stringify(record))
  write(join(folder, 'hardhat.config.js'), 'module.exports = {}\n')
}

function solidityFiles(folder: string): readonly string[] {
  const entries = readdirSync(join(contracts, folder), { withFileTypes: true, recursive: true })
  const files = entries.filter(entry => entry.isFile() && entry.name.endsWith('.sol'))
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(contracts.length + 1)).sort()
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}
