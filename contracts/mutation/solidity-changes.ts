import { numbersBeside } from './number-changes.ts'
import { type Change, child, isNode, operatorRange, type Range, rangeOf, type SyntaxNode, textOf } from './syntax.ts'

/** What may stand where an operator stands. Boundaries first, then the opposite. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '==': ['!='],
  '!=': ['=='],
  '&&': ['||'],
  '||': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '**': ['*'],
  '<<': ['>>'],
  '>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
  '^': ['&'],
}

const ASSIGNMENTS: Readonly<Record<string, string>> = {
  '+=': '-=',
  '-=': '+=',
  '*=': '/=',
  '/=': '*=',
  '|=': '&=',
  '&=': '|=',
  '<<=': '>>=',
  '>>=': '<<=',
}

/** Every change of one node itself, not of what is below it. Ranges are inside the node. */
export function solidityChanges(source: Buffer, node: SyntaxNode): readonly Change[] {
  switch (node.nodeType) {
    case 'BinaryOperation':
      return [...exchanged(source, node, OPERATORS[String(node['operator'])] ?? []), ...operandsFixed(node)]
    case 'Assignment':
      return exchanged(source, node, [ASSIGNMENTS[String(node['operator'])] ?? []].flat())
    case 'UnaryOperation':
      return unary(source, node)
    case 'Literal':
      return literal(source, node)
    case 'IfStatement':
    case 'Conditional':
      return fixed(child(node, 'condition'), 'true', 'false')
    case 'WhileStatement':
    case 'ForStatement':
      return isNode(node['condition']) ? fixed(node['condition'], 'false') : []
    case 'ExpressionStatement':
    case 'EmitStatement':
    case 'RevertStatement':
    case 'Continue':
    case 'Break':
      return [deletion(source, node)]
    case 'Return':
      return isNode(node['expression']) ? returned(source, node['expression']) : []
    case 'FunctionDefinition':
      return (node['modifiers'] as readonly SyntaxNode[])
        .filter(({ kind }) => kind === 'modifierInvocation')
        .map(modifier => ({ ...rangeOf(modifier), replacement: '', operator: 'modifier' }))
    default:
      return []
  }
}

function exchanged(source: Buffer, node: SyntaxNode, others: readonly string[]): readonly Change[] {
  if (others.length === 0) return []
  const isAssignment = node.nodeType === 'Assignment'
  const left = child(node, isAssignment ? 'leftHandSide' : 'leftExpression')
  const right = child(node, isAssignment ? 'rightHandSide' : 'rightExpression')
  const range = operatorRange(source, left, right, String(node['operator']))
  return others.map(replacement => ({ ...range, replacement, operator: 'operator' }))
}

/** An operand that does not decide: true of what is joined by `&&`, false by `||`. */
function operandsFixed(node: SyntaxNode): readonly Change[] {
  const { operator } = node
  if (operator !== '&&' && operator !== '||') return []
  const operands = [child(node, 'leftExpression'), child(node, 'rightExpression')]
  return operands.flatMap(operand => fixed(operand, operator === '&&' ? 'true' : 'false'))
}

function fixed(condition: SyntaxNode, ...values: readonly string[]): readonly Change[] {
  return values.map(replacement => ({ ...rangeOf(condition), replacement, operator: 'condition' }))
}

function unary(source: Buffer, node: SyntaxNode): readonly Change[] {
  const operator = String(node['operator'])
  const range = rangeOf(node)
  const operand = child(node, 'subExpression')
  if (operator === '!' || operator === '~' || operator === '-')
    return [{ ...range, replacement: textOf(source, rangeOf(operand)), operator: 'negation' }]
  if (operator !== '++' && operator !== '--') return []
  const other = operator === '++' ? '--' : '++'
  const text = textOf(source, rangeOf(operand))
  return [{ ...range, replacement: node['prefix'] === true ? other + text : text + other, operator: 'operator' }]
}

function literal(source: Buffer, node: SyntaxNode): readonly Change[] {
  const range = rangeOf(node)
  if (node['kind'] === 'bool')
    return [{ ...range, replacement: node['value'] === 'true' ? 'false' : 'true', operator: 'literal' }]
  if (node['kind'] !== 'number') return []
  // A unit, as in `1 days`, stays.
  const number = /^\S+/.exec(textOf(source, range))?.[0] ?? ''
  const end = range.start + number.length
  return numbersBeside(number).map(replacement => ({ start: range.start, end, replacement, operator: 'literal' }))
}

function deletion(source: Buffer, node: SyntaxNode): Change {
  const range = rangeOf(node)
  // The range of a call is without its semicolon, that of others with it.
  const hasSemicolon = textOf(source, range).endsWith(';')
  const semicolon = source.indexOf(';', range.end)
  return { start: range.start, end: hasSemicolon ? range.end : semicolon + 1, replacement: '{}', operator: 'deletion' }
}

/** Nothing instead of what is returned: zero, false and true, one value of several at a time. */
function returned(source: Buffer, expression: SyntaxNode): readonly Change[] {
  const components =
    expression.nodeType === 'TupleExpression' ? (expression['components'] as readonly unknown[]) : [expression]
  return components.filter(isNode).flatMap(value => {
    const range: Range = rangeOf(value)
    const text = textOf(source, range)
    const nothing = nothingOf(String((value['typeDescriptions'] as { typeString?: string })?.typeString))
    return nothing
      .filter(replacement => replacement !== text)
      .map(replacement => ({ ...range, replacement, operator: 'returned' }))
  })
}

function nothingOf(type: string): readonly string[] {
  if (type === 'bool') return ['true', 'false']
  if (/^u?int\d+$/.test(type)) return ['0']
  if (type === 'address') return ['address(0)']
  const bytes = /^bytes\d+$/.exec(type)
  return bytes === null ? [] : [`${type}(0)`]
}
