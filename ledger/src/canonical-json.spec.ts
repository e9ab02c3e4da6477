import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { CanonicalJsonError, canonicalJson, type Json } from './canonical-json.ts'

describe('canonical JSON', () => {
  it('refuses every number that is no safe integer, wherever it stands', () => {
    for (const number of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 53)]) {
      for (const value of [number, [number], { a: { b: number } }]) {
        assert.throws(() => canonicalJson(value), CanonicalJsonError)
      }
    }
  })

  it('orders keys by UTF-16 units as RFC 8785 does, not by code points or locale', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7, a: 8, B: 9 }
    assert.equal(
      canonicalJson(value),
      '{"\\r":2,"1":4,"B":9,"a":8,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    )
  })

  it('leaves out what is undefined, and has no white space', () => {
    assert.equal(canonicalJson({ b: undefined, a: [1, null, true, 'x y'] }), '{"a":[1,null,true,"x y"]}')
  })

  it('keeps keys that mean something to the language', () => {
    const hostile = JSON.parse('{"__proto__":1,"constructor":2}') as Json
    assert.equal(canonicalJson(hostile), '{"__proto__":1,"constructor":2}')
  })

  it('is the same whatever the order of insertion, and JSON reads it back', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.maxSafeInteger(), fc.string(), fc.boolean())), members => {
        const turned = Object.fromEntries(Object.entries(members).reverse())
        assert.equal(canonicalJson(turned), canonicalJson(members))
        assert.deepEqual(JSON.parse(canonicalJson(members)), { ...members })
      }),
    )
  })

  it('writes a lone surrogate as an escape, so that its UTF-8 bytes tell it apart', () => {
    assert.equal(canonicalJson('\ud800'), '"\\ud800"')
  })

  it('says which number it refuses, and what to write in its place', () => {
    assert.throws(() => canonicalJson({ a: [0.5] }), {
      name: 'CanonicalJsonError',
      message: '0.5 is not a safe integer; write it as a decimal string',
    })
  })
})
