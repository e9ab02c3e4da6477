import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRow, rowProof, rowsRoot } from '@deparrow/contracts/rows'
import fc from 'fast-check'
import { findRowIndex } from './row-index.ts'

const rowsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    payeeId: at + 1,
    incrementMicrocredits: BigInt(at + 1),
    cumulativeMicrocredits: BigInt(at + 1),
    previousEpoch: 0,
  }))

const parts = fc.integer({ min: 1, max: 40 }).chain(count => fc.tuple(fc.constant(count), fc.nat(count - 1)))

test('the index of every row is found by its proof', () => {
  fc.assert(
    fc.property(parts, ([rowCount, index]) => {
      const rows = rowsOf(rowCount)
      const { row, siblings } = rowProof({ epoch: 1n, part: 0, rows, index })
      assert.equal(findRowIndex(row, siblings, { root: rowsRoot(rows), rowCount }), index)
    }),
    { numRuns: 60 },
  )
})

test('a row that was not posted, a shortened proof and a foreign root are found nowhere', () => {
  fc.assert(
    fc.property(parts, ([rowCount, index]) => {
      const rows = rowsOf(rowCount)
      const { row, siblings } = rowProof({ epoch: 1n, part: 0, rows, index })
      const root = rowsRoot(rows)
      const forged = encodeRow({
        payeeId: index + 1,
        incrementMicrocredits: 9n,
        cumulativeMicrocredits: 99n,
        previousEpoch: 0,
      })
      assert.equal(findRowIndex(forged, siblings, { root, rowCount }), undefined)
      assert.equal(findRowIndex(row, siblings, { root: rowsRoot(rowsOf(rowCount + 1)), rowCount }), undefined)
      assert.equal(findRowIndex(row, [...siblings, root], { root, rowCount }), undefined)
      if (siblings.length > 0) assert.equal(findRowIndex(row, siblings.slice(1), { root, rowCount }), undefined)
    }),
    { numRuns: 40 },
  )
})
