/** A node of solc's syntax tree, of Solidity or of inline assembly, which has its own kinds. */
export type SyntaxNode = {
  readonly nodeType: string
  readonly src: string
  readonly id?: number
  readonly [field: string]: unknown
}

/** Bytes, not characters, of a source file, as solc counts them. `end` is the first byte behind. */
export type Range = { readonly start: number; readonly end: number }

/** What a part of a source file is replaced by. `operator` says which kind of change it is. */
export type Change = Range & { readonly replacement: string; readonly operator: string }

export function rangeOf({ src }: SyntaxNode): Range {
  const [start = 0, length = 0] = src.split(':').map(Number)
  return { start, end: start + length }
}

export function textOf(source: Buffer, { start, end }: Range): string {
  return source.subarray(start, end).toString()
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'nodeType' in value && 'src' in value
}

/** The nodes directly below one, in the order of its fields. */
export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  return Object.values(node)
    .flatMap(value => (Array.isArray(value) ? value : [value]))
    .filter(isNode)
}

/** A node and all below it. */
export function* nodesIn(node: SyntaxNode): Generator<SyntaxNode> {
  yield node
  for (const child of childrenOf(node)) yield* nodesIn(child)
}

/** A child that the grammar promises. Throws when it is not there. */
export function child(node: SyntaxNode, field: string): SyntaxNode {
  const value = node[field]
  if (!isNode(value)) throw new TypeError(`${node.nodeType} has no ${field}`)
  return value
}

/** Where the operator of two operands stands. Throws when it is not between them. */
export function operatorRange(source: Buffer, left: SyntaxNode, right: SyntaxNode, operator: string): Range {
  const from = rangeOf(left).end
  const between = textOf(source, { start: from, end: rangeOf(right).start })
  // A comment could hold the operator too: its bytes are blanked, one for each.
  const blanked = between.replaceAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, comment => ' '.repeat(Buffer.byteLength(comment)))
  const at = Buffer.from(blanked).indexOf(operator)
  if (at === -1) throw new RangeError(`no ${operator} at byte ${from}`)
  return { start: from + at, end: from + at + operator.length }
}
