import { numbersBeside } from './number-changes.ts'
import { type Change, child, rangeOf, type SyntaxNode, textOf } from './syntax.ts'

const CALLS: Readonly<Record<string, string>> = {
  add: 'sub',
  sub: 'add',
  mul: 'div',
  div: 'mul',
  mod: 'div',
  lt: 'gt',
  gt: 'lt',
  slt: 'sgt',
  sgt: 'slt',
  and: 'or',
  or: 'and',
  xor: 'and',
  shl: 'shr',
  shr: 'shl',
}

/** Every change of one node of inline assembly itself, not of what is below it. */
export function yulChanges(source: Buffer, node: SyntaxNode): readonly Change[] {
  const range = rangeOf(node)
  switch (node.nodeType) {
    case 'YulFunctionCall':
      return call(source, node)
    case 'YulLiteral':
      if (node['kind'] !== 'number') return []
      return numbersBeside(textOf(source, range)).map(replacement => ({ ...range, replacement, operator: 'literal' }))
    case 'YulExpressionStatement':
    case 'YulAssignment':
    case 'YulBreak':
    case 'YulContinue':
    case 'YulLeave':
      return [{ ...range, replacement: '{}', operator: 'deletion' }]
    case 'YulIf':
      return ['0', '1'].map(replacement => ({
        ...rangeOf(child(node, 'condition')),
        replacement,
        operator: 'condition',
      }))
    case 'YulForLoop':
      return [{ ...rangeOf(child(node, 'condition')), replacement: '0', operator: 'condition' }]
    default:
      return []
  }
}

function call(source: Buffer, node: SyntaxNode): readonly Change[] {
  const called = child(node, 'functionName')
  const name = String(called['name'])
  const range = rangeOf(node)
  const [first] = node['arguments'] as readonly SyntaxNode[]
  if (name === 'iszero' && first !== undefined)
    return [{ ...range, replacement: textOf(source, rangeOf(first)), operator: 'negation' }]
  if (name === 'eq') return [{ ...range, replacement: `iszero(${textOf(source, range)})`, operator: 'negation' }]
  const other = CALLS[name]
  return other === undefined ? [] : [{ ...rangeOf(called), replacement: other, operator: 'operator' }]
}
