import { child, isNode, nodesIn, type SyntaxNode } from './syntax.ts'

/** What has code of its own and stands in a contract or a file: a function, a modifier, a constant. */
export type Declaration = {
  readonly id: number
  readonly node: SyntaxNode
  readonly file: string
  readonly contract: string | undefined
}

type Contract = {
  readonly name: string
  readonly file: string
  readonly node: SyntaxNode
  readonly declarations: readonly Declaration[]
}

const DECLARES = ['FunctionDefinition', 'ModifierDefinition', 'VariableDeclaration']

/** All declarations of all files, and which contracts' code each is part of. */
export function readDeclarations(syntax: ReadonlyMap<string, SyntaxNode>) {
  const contracts = new Map<number, Contract>()
  const declarations = new Map<number, Declaration>()
  const owners = new Map<number, SyntaxNode>()
  for (const [file, unit] of syntax) {
    for (const node of unit['nodes'] as readonly SyntaxNode[]) {
      const isContract = node.nodeType === 'ContractDefinition'
      const inside = isContract ? (node['nodes'] as readonly SyntaxNode[]) : [node]
      const name = isContract ? String(node['name']) : undefined
      const own = inside
        .filter(({ nodeType }) => DECLARES.includes(nodeType))
        .map(declared => ({ id: Number(declared.id), node: declared, file, contract: name }))
      for (const declared of own) declarations.set(declared.id, declared)
      if (!isContract) continue
      contracts.set(Number(node.id), { name: String(node['name']), file, node, declarations: own })
      for (const { id } of own) owners.set(id, node)
    }
  }

  /** Also functions of libraries that are compiled into what calls them; a call of another contract's code ends here. */
  const reach = (id: number, reached: Set<number>): void => {
    const declared = declarations.get(id)
    if (declared === undefined || reached.has(id)) return
    reached.add(id)
    for (const created of creationsIn(declared.node)) {
      const contract = contracts.get(created)
      if (contract !== undefined) reachContract(contract, reached)
    }
    for (const used of referencesIn(declared.node)) {
      if (!isCalledFromOutside(declarations.get(used)?.node, owners.get(used), owners.get(id))) reach(used, reached)
    }
  }
  const reachContract = (contract: Contract, reached: Set<number>): void => {
    for (const base of contract.node['linearizedBaseContracts'] as readonly number[])
      for (const { id } of contracts.get(base)?.declarations ?? []) reach(id, reached)
    for (const node of nodesIn(contract.node))
      if (node.nodeType === 'InheritanceSpecifier') for (const used of referencesIn(node)) reach(used, reached)
  }

  const deployable = [...contracts.values()].filter(isDeployable)
  const reachedBy = deployable.map(contract => {
    const reached = new Set<number>()
    reachContract(contract, reached)
    return { contract, reached }
  })
  return {
    declarations: [...declarations.values()],
    /** By name, the file of every contract that has code. */
    deployable: new Map(deployable.map(({ name, file }) => [name, file])),
    contractsWith: (id: number): readonly string[] =>
      reachedBy.filter(({ reached }) => reached.has(id)).map(({ contract }) => contract.name),
  }
}

function isDeployable({ node }: Contract): boolean {
  return node['contractKind'] !== 'interface' && node['abstract'] !== true
}

function isCalledFromOutside(
  used: SyntaxNode | undefined,
  owner: SyntaxNode | undefined,
  user: SyntaxNode | undefined,
): boolean {
  const isOpen = used?.['visibility'] === 'external' || used?.['visibility'] === 'public'
  return isOpen && used?.nodeType === 'FunctionDefinition' && owner?.['contractKind'] === 'library' && owner !== user
}

/** The contracts whose code stands in a function because it creates them. */
function* creationsIn(root: SyntaxNode): Generator<number> {
  for (const node of nodesIn(root)) {
    if (node.nodeType !== 'NewExpression') continue
    for (const used of referencesIn(child(node, 'typeName'))) yield used
  }
}

function* referencesIn(root: SyntaxNode): Generator<number> {
  for (const node of nodesIn(root)) {
    for (const field of ['referencedDeclaration', 'function']) if (typeof node[field] === 'number') yield node[field]
    if (node.nodeType !== 'InlineAssembly') continue
    for (const { declaration } of node['externalReferences'] as readonly { readonly declaration: number }[])
      yield declaration
  }
}

/** Whether the code of a declaration does anything. */
export function hasCode({ node }: Declaration): boolean {
  return isNode(node['body']) || (node.nodeType === 'VariableDeclaration' && isNode(node['value']))
}
