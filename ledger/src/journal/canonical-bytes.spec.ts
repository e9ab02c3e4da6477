import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canonicalJson, type Json } from '../canonical-json.ts'
import { bytesToHex, concatBytes, hexToBytes, zeroHash } from '../hex.ts'
import { StoreDamagedError } from '../ports/event-store.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { CanonicalBytes, isAmbiguousText } from './canonical-bytes.ts'
import { chainHash, decodeEvent, sealEvent } from './codec.ts'
import type { LedgerEvent } from './event.ts'

function written(value: unknown, bytes = new CanonicalBytes()): string {
  bytes.begin(0)
  bytes.value(value)
  return bytes.textFrom(0)
}

describe('the bytes of an event', () => {
  const values: readonly (readonly [unknown, string])[] = [
    [null, 'null'],
    [[null, [], {}], '[null,[],{}]'],
    [{ b: undefined, a: null }, '{"a":null}'],
    [true, 'true'],
    [-7n, '"-7n"'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['', '""'],
    ['~ \u007f\u0080', '"~ \u007f\u0080"'],
    ['a"b\\c\n', '"a\\"b\\\\c\\n"'],
    ['\u001f!', '"\\u001f!"'],
    ['€😀', '"€😀"'],
  ]
  for (const [value, text] of values) {
    it(`of ${typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)} are ${JSON.stringify(text)}`, () => {
      assert.equal(written(value), text)
    })
  }

  it('are those of canonical JSON at any length, from one instance after another value', () => {
    const bytes = new CanonicalBytes()
    for (const length of [8_100, 8_190, 8_191, 8_192, 8_193, 20_000, 3, 100_000]) {
      for (const character of ['x', '"', 'é', '€']) {
        const value: Json = { before: [1, 2, 3], text: character.repeat(length), until: ['z', null, true] }
        assert.equal(written(value, bytes), canonicalJson(value))
      }
      const list: Json = Array.from({ length: length >> 2 }, (_, index) => index)
      assert.equal(written(list, bytes), canonicalJson(list))
    }
  })

  it('stand behind the room that was asked for, and keep what was filled in there', () => {
    const bytes = new CanonicalBytes()
    bytes.begin(4).set([1, 2, 3, 4])
    bytes.value('x'.repeat(20_000))
    assert.deepEqual([...bytes.written().subarray(0, 6)], [1, 2, 3, 4, 0x22, 0x78])
    assert.equal(bytes.textFrom(4), `"${'x'.repeat(20_000)}"`)
  })

  it('are none of a number that is no safe integer, nor of a text that would be read as a number', () => {
    for (const value of [0.5, Number.NaN, 2 ** 53]) {
      const message = `${value} is not a safe integer; write it as a decimal string`
      assert.throws(() => written({ a: [value] }), { name: 'CanonicalJsonError', message })
    }
    for (const text of ['1n', '-12n', '007n']) {
      const message = `the text "${text}" cannot stand in an event`
      assert.throws(() => written([text]), { name: 'AmbiguousTextError', message })
    }
    for (const text of ['n', '-n', '1', '1m', 'x1n', '1n ', '1.0n']) assert.equal(isAmbiguousText(text), false, text)
  })
})

describe('the chain hash', () => {
  it('is that of the hash before and the payload’s UTF-8, however long', () => {
    const before = bytesToHex(new Uint8Array(32).fill(0xcd))
    for (const length of [0, 1, 2_719, 2_720, 2_721, 8_192, 50_000, 5]) {
      for (const character of ['x', '€', '😀']) {
        const payload = character.repeat(length)
        const bytes = concatBytes(hexToBytes(before), new TextEncoder().encode(payload))
        assert.equal(chainHash(ethersCrypto, before, payload), bytesToHex(ethersCrypto.keccak256(bytes)))
      }
    }
  })

  it('of a sealed event is that of its payload, however long', () => {
    for (const length of [10, 9_000, 40_000, 10]) {
      const event = {
        position: 1,
        type: 'CommandRefused',
        data: { text: '€'.repeat(length) },
      } as unknown as LedgerEvent
      const { payload, hash, position } = sealEvent(ethersCrypto, zeroHash, event)
      assert.deepEqual([position, hash], [1, chainHash(ethersCrypto, zeroHash, payload)])
    }
  })
})

describe('a stored event that cannot be read', () => {
  const stored = (payload: string, position = 7) => ({ position, payload, hash: zeroHash })

  it('is named by its position, with the cause', () => {
    assert.throws(
      () => decodeEvent(stored('{')),
      (error: unknown) =>
        error instanceof StoreDamagedError &&
        error.name === 'StoreDamagedError' &&
        error.message === 'the event at position 7 is not readable' &&
        error.cause instanceof SyntaxError,
    )
  })

  it('does not belong where it does not say its own position', () => {
    const message = 'the event at position 7 does not belong there'
    for (const payload of [
      'null',
      '7',
      '"7n"',
      '[]',
      '{}',
      '{"position":8}',
      '{"position":"7n"}',
      '{"position":"7"}',
    ]) {
      assert.throws(() => decodeEvent(stored(payload)), { name: 'StoreDamagedError', message }, payload)
    }
  })
})
