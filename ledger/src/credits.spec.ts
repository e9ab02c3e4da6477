import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatCredits, isAmount, microcreditsMax, parseCredits, weiPerMicrocredit } from './credits.ts'

describe('an amount of credits', () => {
  it('is not read from signs, blanks, exponents, separators, bare points or a seventh digit', () => {
    const texts = [
      '',
      ' ',
      '-1',
      '+1',
      ' 1',
      '1 ',
      '1e3',
      '1,5',
      '1.',
      '.5',
      '1.0000001',
      '0x1',
      '1_000',
      '１',
      '1\n',
      'NaN',
    ]
    for (const text of texts) assert.equal(parseCredits(text), undefined, JSON.stringify(text))
  })

  it('is not read above the token’s cap', () => {
    assert.equal(parseCredits('1000000000'), microcreditsMax)
    assert.equal(parseCredits('1000000000.000001'), undefined)
    assert.equal(parseCredits('9999999999'), undefined)
    assert.equal(parseCredits('10000000000'), undefined)
  })

  it('can be moved from one microcredit up to the cap', () => {
    const judged = [-1n, 0n, 1n, microcreditsMax, microcreditsMax + 1n].map(isAmount)
    assert.deepEqual(judged, [false, false, true, true, false])
  })

  it('is written without trailing zeros', () => {
    const written = [0n, 1n, 10n, 1_000_000n, 1_500_000n, -1n, -2_000_000n, microcreditsMax].map(formatCredits)
    assert.deepEqual(written, ['0', '0.000001', '0.00001', '1', '1.5', '-0.000001', '-2', '1000000000'])
  })

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, microcreditsMax), amount => {
        assert.equal(parseCredits(formatCredits(amount)), amount)
      }),
    )
  })

  it('is a whole number of wei: a credit is one DPC of 18 decimals', () => {
    assert.equal(1_000_000n * weiPerMicrocredit, 10n ** 18n)
  })
})
