import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { readDeclarations } from '../../mutation/affected.ts'
import { changesIn } from '../../mutation/mutants.ts'
import { numbersBeside } from '../../mutation/number-changes.ts'
import { shuffled } from '../../mutation/sample.ts'
import { nodesIn, type SyntaxNode, textOf } from '../../mutation/syntax.ts'

const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string }

describe('the changes of a source', () => {
  it('spare what decides nothing: types, texts, addresses and declarations', () => {
    assert.deepEqual(changesOf('uint256[4] memory x; string memory y = "3"; address z;'), [])
    assert.deepEqual(numbersBeside('0x52908400098527886E0F7030069857D2E4169EE7'), [])
    assert.deepEqual(numbersBeside('1.5'), [])
  })

  it('leave nothing out of the header of a loop, but what it counts and when it ends', () => {
    assert.deepEqual(changesOf('for (uint256 i; i < a; i++) a;'), [
      '< → <=',
      '< → >=',
      'a; → {}',
      'i < a → false',
      'i++ → i--',
    ])
  })

  it('move boundaries and turn comparisons round', () => {
    assert.deepEqual(changesOf('flag = a < b;'), ['< → <=', '< → >=', 'flag = a < b; → {}'])
    assert.deepEqual(changesOf('flag = a == b;'), ['== → !=', 'flag = a == b; → {}'])
  })

  it('exchange operators where they stand, whatever is written between', () => {
    assert.deepEqual(changesOf('a = (a /* × - */ + b);'), ['+ → -', 'a = (a /* × - */ + b); → {}'])
    assert.deepEqual(changesOf('a -= b;'), ['-= → +=', 'a -= b; → {}'])
  })

  it('let each operand of a condition decide nothing, and the whole everything', () => {
    assert.deepEqual(changesOf('if (flag && !isSet) a;'), [
      '!isSet → isSet',
      '!isSet → true',
      '&& → ||',
      'a; → {}',
      'flag && !isSet → false',
      'flag && !isSet → true',
      'flag → true',
    ])
  })

  it('count one more and one less, in the unit that stands there', () => {
    assert.deepEqual(changesOf('a = 2 days;'), ['2 → 1', '2 → 3', 'a = 2 days; → {}'])
    assert.deepEqual(numbersBeside('0'), ['1'])
    assert.deepEqual(numbersBeside('1e3'), ['1001', '999'])
    assert.deepEqual(numbersBeside('0xff'), ['256', '254'])
  })

  it('leave out requirements, events, errors and modifiers', () => {
    const changes = changesOf('require(flag, No()); emit Yes(); revert No();', 'once')
    assert.deepEqual(changes, ['emit Yes(); → {}', 'once → ', 'require(flag, No()); → {}', 'revert No(); → {}'])
  })

  it('reach into inline assembly', () => {
    assert.deepEqual(changesOf('assembly { if lt(a, 1) { a := add(b, 2) } }'), [
      '1 → 0',
      '1 → 2',
      '2 → 1',
      '2 → 3',
      'a := add(b, 2) → {}',
      'add → sub',
      'lt → gt',
      'lt(a, 1) → 0',
      'lt(a, 1) → 1',
    ])
  })
})

describe('the contracts that a function is part of', () => {
  const syntax = parse(`
    library Sums { function add(uint256 a) internal pure returns (uint256) { return a + 1; }
      function twice(uint256 a) external pure returns (uint256) { return 2 * add(a); } }
    contract Base { function kept() internal pure returns (uint256) { return 3; } }
    contract Inlined is Base { using Sums for uint256; function f(uint256 a) external pure returns (uint256) { return a.add(); } }
    contract Linked { function f(uint256 a) external pure returns (uint256) { return Sums.twice(a); } }
    contract Creator { function f() external { new Inlined(); } }`)
  const { declarations, contractsWith } = readDeclarations(new Map([['One.sol', syntax]]))
  const contractsOf = (name: string) =>
    declarations
      .filter(({ node }) => node['name'] === name)
      .flatMap(({ id }) => contractsWith(id))
      .sort()

  it('are not those that only call it where it is deployed', () => {
    assert.deepEqual(contractsOf('twice'), ['Sums'])
  })

  it('are those that it is compiled into, and those that create these', () => {
    assert.deepEqual(contractsOf('add'), ['Creator', 'Inlined', 'Sums'])
    assert.deepEqual(contractsOf('kept'), ['Base', 'Creator', 'Inlined'])
  })
})

describe('a sample', () => {
  const list = Array.from({ length: 100 }, (_, index) => index)

  it('is another one with another seed', () => {
    assert.notDeepEqual(shuffled(list, 1), shuffled(list, 2))
  })

  it('is the same with the same seed, and forgets nothing', () => {
    assert.deepEqual(shuffled(list, 7), shuffled(list, 7))
    assert.deepEqual(
      [...shuffled(list, 7)].sort((a, b) => a - b),
      list,
    )
  })
})

/** `original → replacement` of every change of a function with this body, sorted. */
function changesOf(body: string, modifier = ''): readonly string[] {
  const content = `
    contract One {
      error No();
      event Yes();
      modifier once() { _; }
      function f(uint256 a, uint256 b, bool flag, bool isSet) public ${modifier} { ${body} }
    }`
  const declared = [...nodesIn(parse(content))].find(({ nodeType }) => nodeType === 'FunctionDefinition')
  if (declared === undefined) throw new Error('the source has no function')
  const source = Buffer.from(content)
  return changesIn(source, declared)
    .map(change => `${textOf(source, change)} → ${change.replacement}`)
    .sort()
}

function parse(content: string): SyntaxNode {
  const settings = { outputSelection: { '*': { '': ['ast'] } } }
  const input = { language: 'Solidity', sources: { 'One.sol': { content } }, settings }
  const { sources, errors } = JSON.parse(solc.compile(JSON.stringify(input))) as {
    readonly sources: Readonly<Record<string, { readonly ast?: SyntaxNode }>>
    readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  }
  const refused = errors?.find(({ severity }) => severity === 'error')
  const { ast } = sources['One.sol'] ?? {}
  if (refused !== undefined || ast === undefined) throw new Error(refused?.formattedMessage ?? 'no syntax tree')
  return ast
}
