import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bytesToHex, concatBytes, HexError, hexToBytes, isHexOf, lowerHex, uintToBytes } from './hex.ts'

describe('hexadecimal', () => {
  it('is refused without 0x, with half a byte, with other characters and with a line break', () => {
    for (const text of ['', '00', '0x0', '0x0g', '0x 00', '0X00', '0x00\n', '0x٠٠']) {
      assert.throws(() => hexToBytes(text), HexError, JSON.stringify(text))
    }
  })

  it('does not put more than a little of a hostile text into the error', () => {
    assert.throws(
      () => hexToBytes('z'.repeat(100_000)),
      (error: unknown) => error instanceof HexError && error.message.length < 200,
    )
  })

  it('has the length that is asked for, and is a text', () => {
    assert.equal(isHexOf(`0x${'ab'.repeat(20)}`, 20), true)
    for (const value of [
      `0x${'ab'.repeat(19)}`,
      `0x${'ab'.repeat(21)}`,
      `0x${'ag'.repeat(20)}`,
      'ab'.repeat(21),
      7,
      null,
    ]) {
      assert.equal(isHexOf(value, 20), false)
    }
  })

  it('gives the bytes back, in any letter case', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        const hex = bytesToHex(bytes)
        assert.deepEqual(hexToBytes(hex), bytes)
        assert.deepEqual(hexToBytes(`0x${hex.slice(2).toUpperCase()}`), bytes)
        assert.equal(lowerHex(`0x${hex.slice(2).toUpperCase()}`), hex)
      }),
    )
  })

  it('writes integers big-endian in the number of bytes that is asked for', () => {
    assert.deepEqual(uintToBytes(0x010203n, 4), Uint8Array.of(0, 1, 2, 3))
    assert.deepEqual(uintToBytes(2n ** 64n - 1n, 8), new Uint8Array(8).fill(255))
    assert.deepEqual(concatBytes(Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3)), Uint8Array.of(1, 2, 3))
  })

  it('writes any integer big-endian into any number of bytes that it fits', () => {
    for (let byteCount = 1; byteCount <= 33; byteCount++) {
      for (let bits = 0; bits <= byteCount * 8; bits++) {
        for (const value of [
          (1n << BigInt(bits)) - 1n,
          1n << BigInt(Math.max(0, bits - 1)),
          0xa5n ** BigInt(bits >> 3),
        ]) {
          const expected = `0x${value.toString(16).padStart(byteCount * 2, '0')}`
          assert.equal(bytesToHex(uintToBytes(value, byteCount)), expected)
        }
      }
    }
  })

  it('refuses an integer that does not fit its bytes rather than cut it', () => {
    for (const value of [256n, -1n, 2n ** 64n]) assert.throws(() => uintToBytes(value, 1), RangeError)
  })

  it('has no digits but 0 to 9, a to f and A to F', () => {
    const digits = '0123456789abcdefABCDEF'
    for (let code = 0; code < 128; code++) {
      const character = String.fromCharCode(code)
      const isDigit = digits.includes(character)
      assert.equal(isHexOf(`0x0${character}`, 1), isDigit, JSON.stringify(character))
      assert.equal(isHexOf(`0x${character}0`, 1), isDigit, JSON.stringify(character))
    }
    assert.deepEqual(
      hexToBytes(`0x0${[...digits].join('0')}`),
      Uint8Array.from(digits, digit => Number.parseInt(digit, 16)),
    )
  })

  it('is written of bytes of any length, long ones after short ones', () => {
    for (const length of [0, 1, 127, 128, 129, 255, 1_000, 3]) {
      assert.equal(bytesToHex(new Uint8Array(length).fill(0xa5)), `0x${'a5'.repeat(length)}`)
    }
  })

  it('is named in its error with the beginning of the text', () => {
    const message = (text: string) => `expected whole bytes of hexadecimal after 0x, found ${JSON.stringify(text)}`
    assert.throws(() => hexToBytes('0xzz'), { name: 'HexError', message: message('0xzz') })
    assert.throws(() => hexToBytes('z'.repeat(81)), { name: 'HexError', message: message('z'.repeat(80)) })
  })

  it('says which integer does not fit how many bytes', () => {
    assert.throws(() => uintToBytes(256n, 1), { name: 'RangeError', message: '256 does not fit 1 bytes' })
    assert.throws(() => uintToBytes(-1n, 8), { name: 'RangeError', message: '-1 does not fit 8 bytes' })
  })
})
