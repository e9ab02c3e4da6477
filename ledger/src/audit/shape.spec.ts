import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  amount,
  anyJson,
  count,
  flag,
  hex,
  hexAnyCase,
  list,
  object,
  optional,
  plain,
  readLowerHex,
  type Shape,
  ShapeError,
  signedAmount,
  text,
  texts,
  wholeText,
} from './shape.ts'

/** What a shape reads in a whole text; `undefined` when the text does not match at all. */
function read(shape: Shape<unknown>, whole: string): unknown {
  const match = wholeText(shape).exec(whole)
  return match === null ? undefined : { value: shape.read(match, 1) }
}

describe('a shape reads', () => {
  const pair = object({ yes: flag, no: optional(flag) })
  const cases: readonly (readonly [string, Shape<unknown>, string, unknown])[] = [
    ['true', flag, 'true', true],
    ['false', flag, 'false', false],
    ['a missing member', pair, '{"yes":false}', { yes: false }],
    ['a member that may be missing', pair, '{"no":false,"yes":true}', { no: false, yes: true }],
    ['the largest count', count, '9007199254740991', 9_007_199_254_740_991],
    ['an amount of 15 digits', amount, '"999999999999999n"', 999_999_999_999_999n],
    ['an amount of 16 digits', amount, '"9999999999999999n"', 9_999_999_999_999_999n],
    ['an amount of 40 digits', amount, `"${'9'.repeat(40)}n"`, 10n ** 40n - 1n],
    ['an amount below nothing', signedAmount, '"-70n"', -70n],
    ['a text of its length', plain(3), '"a:b"', 'a:b'],
    ['an empty text', text, '""', ''],
    ['a text that ends like an amount', text, '"a12n"', 'a12n'],
    ['a text that begins like an amount', text, '"12n "', '12n '],
    ['a text of one letter and an n', text, '"an"', 'an'],
    ['a text of an n alone', text, '"n"', 'n'],
    ['a text of a dash and an n', text, '"-n"', '-n'],
    ['an escaped text', text, '"a\\nb"', 'a\nb'],
    ['hexadecimal', hex(2), '"0x0aff"', '0x0aff'],
    ['hexadecimal in capitals', hexAnyCase(2), '"0x0AfF"', '0x0AfF'],
    ['an empty list', list(count), '[]', []],
    ['a list', list(count), '[1,2,30]', [1, 2, 30]],
    ['a list of texts', texts, '["a","]",""]', ['a', ']', '']],
    ['a free list', anyJson, '[1,"2n",[true,null]]', [1, 2n, [true, null]]],
    ['a free object', anyJson, '{"a":{"b":"-5n"},"c":["x","0n"]}', { a: { b: -5n }, c: ['x', 0n] }],
    ['a free text of no amount', anyJson, '"n5n"', 'n5n'],
  ]
  for (const [what, shape, whole, value] of cases) {
    it(what, () => assert.deepEqual(read(shape, whole), { value }))
  }
})

describe('a shape says', () => {
  const cases: readonly (readonly [string, Shape<unknown>, string, string])[] = [
    ['that a text is too short', plain(3), '"ab"', 'a text has 2 characters instead of 3'],
    ['that a text is too long', plain(3), '"abcd"', 'a text has 4 characters instead of 3'],
    ['that a text has an escape that it needs not', text, '"\\u0041n"', 'a text is not canonical'],
    ['that a text is no JSON', text, '"\\x"', 'a value is no JSON'],
    ['that a text looks like an amount', text, '"5n"', 'a text looks like a number'],
    ['that a text looks like an amount of more digits', text, '"512n"', 'a text looks like a number'],
    ['that a text looks like an amount below nothing', text, '"-12n"', 'a text looks like a number'],
    ['that hexadecimal is too short', hex(2), '"0x0af"', 'hexadecimal has 5 characters instead of 6'],
    ['that hexadecimal is too long', hex(2), '"0x0aff0"', 'hexadecimal has 7 characters instead of 6'],
    ['that hexadecimal has capitals', hex(2), '"0x0aFf"', 'hexadecimal has another character'],
    ['that hexadecimal has another letter first', hex(2), '"0xgaff"', 'hexadecimal has another character'],
    ['that hexadecimal has another letter last', hexAnyCase(2), '"0x0afg"', 'hexadecimal has another character'],
    ['that a count is no safe number', count, '9007199254740992', 'a number is too large'],
    ['that an amount has more digits than any', amount, `"${'9'.repeat(41)}n"`, 'a number is too large'],
    ['that a list ends in a comma', list(count), '[1,]', 'a list is not canonical'],
    ['that a list begins with a comma', list(count), '[,1]', 'a list is not canonical'],
    ['that a list lacks a comma', list(count), '[1 2]', 'a list is not canonical'],
    ['that a free value is no JSON', anyJson, '{"a"}', 'a value is no JSON'],
    ['that a free object has another order', anyJson, '{"b":1,"a":2}', 'a value is not canonical'],
    ['that a free list has white space', anyJson, '[1, 2]', 'a value is not canonical'],
    ['that a free number has a fraction', anyJson, '[0.5]', 'a number is no whole one'],
    ['that a free number is no safe one', anyJson, '9007199254740992', 'a number is no whole one'],
    ['that a free amount has a leading zero', anyJson, '"05n"', 'a number is not canonical'],
    ['that a free amount is a negative zero', anyJson, '["-0n"]', 'a number is not canonical'],
  ]
  for (const [what, shape, whole, message] of cases) {
    it(what, () => assert.throws(() => read(shape, whole), { name: 'ShapeError', message }))
  }

  it('nothing of a text that does not match', () => {
    for (const [shape, whole] of [
      [flag, 'yes'],
      [count, '01'],
      [amount, '"-1n"'],
      [signedAmount, '"-0n"'],
      [text, '"a"b"'],
      [object({ a: count }), '{"a":1,"b":2}'],
    ] as const) {
      assert.equal(read(shape, whole), undefined, whole)
    }
  })
})

describe('lower-case hexadecimal', () => {
  it('is read with its length, and refused otherwise', () => {
    assert.equal(readLowerHex('0xab', 1), '0xab')
    assert.throws(() => readLowerHex('0xab', 2), new ShapeError('hexadecimal has 4 characters instead of 6'))
    assert.throws(() => readLowerHex('0xAb', 1), new ShapeError('hexadecimal has another character'))
  })
})
