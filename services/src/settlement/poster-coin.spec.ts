import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { rowsPerPart } from './epoch-parts.ts'
import { answerGas, partGas, payeeGas } from './poster-coin.ts'

type Figures = Readonly<Record<string, number>>

/** What `npm run bench:gas` measured, by hardfork. */
const measured = Object.entries(
  JSON.parse(readFileSync(new URL('../../../contracts/bench/gas.json', import.meta.url), 'utf8')) as Readonly<
    Record<string, Figures>
  >,
)

/** A figure as the limit of a transaction, which leaves room for a state that moves: the chain wants coin for all of it. */
function limitOf(figures: Figures, name: string): bigint {
  const gas = figures[name]
  assert.ok(gas !== undefined, `gas.json has no ${name}`)
  return (BigInt(gas) * 5n) / 4n
}

describe('the gas that the poster has coin for', () => {
  for (const [hardfork, figures] of measured) {
    it(`is not below what a part of an epoch was measured to take on ${hardfork}`, () => {
      const limit = limitOf(figures, `epoch_part_${rowsPerPart}`)
      assert.ok(partGas >= limit, `${partGas} is below ${limit}`)
    })

    it(`is not below what a statement and any answer were measured to take on ${hardfork}`, () => {
      for (const answer of ['answer', 'point_entry']) {
        const limit = limitOf(figures, 'state') + limitOf(figures, answer)
        assert.ok(answerGas >= limit, `${answerGas} is below ${limit} of ${answer}`)
      }
    })
  }

  it('is not below what it was measured to take to register a payee today', () => {
    const limit = limitOf(measured[0]?.[1] ?? {}, 'register_payee')
    assert.ok(payeeGas >= limit, `${payeeGas} is below ${limit}`)
  })

  it('is known for today’s hardfork and for the next', () => {
    assert.deepEqual(
      measured.map(([hardfork]) => hardfork),
      ['osaka', 'amsterdam'],
    )
  })
})
