import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeWire, encodeWire } from './wire.ts'

describe('the wire', () => {
  it('refuses what is no JSON', () => {
    for (const text of ['', '{', '{"value":1n}', 'undefined']) assert.throws(() => decodeWire(text), SyntaxError)
  })

  it('takes no text of a user for an amount, whatever it looks like', () => {
    for (const text of ['5n', '-5n', '~5n', '~~-12n', 'n', '-n', '~', '5', '+5n', ' 5n']) {
      assert.deepEqual(decodeWire(encodeWire({ text })), { text })
    }
  })

  it('brings amounts, texts and numbers of any size as they are', () => {
    const text = fc.oneof(
      fc.string(),
      fc.bigInt().map(value => `${value}n`),
      fc.bigInt().map(value => `~${value}n`),
    )
    const leaf = fc.oneof(
      text,
      fc.bigInt(),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    )
    const { value } = fc.letrec(tie => ({
      value: fc.oneof({ maxDepth: 4 }, leaf, fc.constant(null), tie('list'), tie('members')),
      list: fc.array(tie('value'), { maxLength: 4 }),
      members: fc.dictionary(fc.string({ maxLength: 6 }), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    }))
    fc.assert(
      fc.property(value, sent => {
        const line = encodeWire({ sent })
        assert.ok(!line.includes('\n'))
        assert.deepEqual(decodeWire(line), { sent: withoutNegativeZero(sent) })
      }),
      { numRuns: 300 },
    )
  })

  it('leaves members out that are undefined', () => {
    assert.equal(encodeWire({ value: { a: undefined, b: 1n } }), '{"value":{"b":"1n"}}')
    assert.deepEqual(decodeWire(encodeWire({ value: undefined })), {})
  })

  it('sets no prototype', () => {
    const read = decodeWire('{"__proto__":{"isWriter":true}}') as { isWriter?: boolean }
    assert.equal(read.isWriter, undefined)
  })
})

/** JSON has one zero. */
function withoutNegativeZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0
  if (Array.isArray(value)) return value.map(withoutNegativeZero)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutNegativeZero(member)]))
}
