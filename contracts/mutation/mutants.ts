import { createHash } from 'node:crypto'
import { hasCode, readDeclarations } from './affected.ts'
import { readSource, readSyntax } from './compiler.ts'
import { solidityChanges } from './solidity-changes.ts'
import { type Change, childrenOf, rangeOf, type SyntaxNode, textOf } from './syntax.ts'
import { yulChanges } from './yul-changes.ts'

/** One change of one source, and what it may change in what is deployed. */
export type Mutant = Change & {
  /** Names the change by its function and what becomes of it; another function in the file may change without the key. */
  readonly key: string
  /** Relative to `contracts/`. */
  readonly file: string
  readonly line: number
  /** `Contract.function`. */
  readonly place: string
  readonly original: string
  /** Names of the contracts that the function is compiled into. */
  readonly contracts: readonly string[]
}

/** All mutants of the sources in `src`, by file and place, and the file of every contract by name. */
export function listMutants() {
  const { declarations, deployable, contractsWith } = readDeclarations(readSyntax())
  const mutants = declarations
    .filter(declared => declared.file.startsWith('src/') && hasCode(declared))
    .flatMap(({ id, node, file, contract }) => {
      const source = readSource(file)
      const place = [contract, nameOf(node)].filter(name => name !== undefined).join('.')
      const affected = contractsWith(id)
      return affected.length === 0
        ? []
        : changesIn(source, node).map(change => describe(source, file, node, place, affected, change))
    })
  mutants.sort((a, b) => (a.file === b.file ? a.start - b.start : a.file < b.file ? -1 : 1))
  return { mutants, deployable }
}

/** Every change of a function, a modifier or a constant, each once. */
export function changesIn(source: Buffer, declared: SyntaxNode): readonly Change[] {
  const byPlace = new Map<string, Change>()
  const visit = (node: SyntaxNode, isHeader: boolean): void => {
    // What a loop's header does cannot be left out: the grammar has no empty statement there.
    const changes = [...solidityChanges(source, node), ...yulChanges(source, node)]
    for (const change of changes) {
      if (isHeader && change.operator === 'deletion') continue
      byPlace.set(`${change.start}:${change.end}:${change.replacement}`, change)
    }
    for (const below of childrenOf(node)) {
      if (below.nodeType === 'ElementaryTypeName' || below.nodeType === 'ArrayTypeName') continue
      visit(below, node.nodeType === 'ForStatement' && below !== node['body'])
    }
  }
  visit(declared, false)
  return [...byPlace.values()]
}

function nameOf(node: SyntaxNode): string {
  return String(node['name'] || node['kind'])
}

function describe(
  source: Buffer,
  file: string,
  node: SyntaxNode,
  place: string,
  contracts: readonly string[],
  change: Change,
): Mutant {
  const { start, end, replacement } = change
  const function_ = rangeOf(node)
  const at = `${start - function_.start}:${end - function_.start}`
  const content = [file, textOf(source, function_), at, replacement].join('\0')
  return {
    ...change,
    key: createHash('sha256').update(content).digest('hex').slice(0, 12),
    file,
    line: textOf(source, { start: 0, end: start }).split('\n').length,
    place,
    original: textOf(source, change),
    contracts,
  }
}

/** The file as the mutant has it. */
export function mutatedSource({ file, start, end, replacement }: Mutant): string {
  const source = readSource(file)
  return `${textOf(source, { start: 0, end: start })}${replacement}${textOf(source, { start: end, end: source.length })}`
}
