import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  decodeRows,
  encodeRow,
  encodeRows,
  type PayoutRow,
  RowsLengthError,
  rowProof,
  rowsRoot,
} from '../../rows/rows.ts'
import { loadContracts, networkHelpers, stranger } from '../support/chain.ts'
import { claimArguments, firstRow, passWindow, postEpoch } from '../support/operator.ts'

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const uint32 = fc.nat({ max: 2 ** 32 - 1 })
const anyRow: fc.Arbitrary<PayoutRow> = fc.record(
  {
    payeeId: uint32,
    incrementMicrocredits: uint64,
    cumulativeMicrocredits: uint64,
    previousEpoch: uint32,
  },
  { noNullPrototype: true },
)

describe('payout rows in TypeScript', () => {
  it('take 24 bytes each, big endian', () => {
    const row = { payeeId: 1, incrementMicrocredits: 2n, cumulativeMicrocredits: 3n, previousEpoch: 4 }
    assert.equal(encodeRow(row), '0x000000010000000000000002000000000000000300000004')
  })

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 20 }), rows => assert.deepEqual(decodeRows(encodeRows(rows)), rows)),
    )
  })

  it('refuse fields that do not fit', () => {
    const row = firstRow(1, 1n)
    for (const wrong of [
      { ...row, payeeId: 2 ** 32 },
      { ...row, payeeId: -1 },
      { ...row, incrementMicrocredits: 2n ** 64n },
      { ...row, cumulativeMicrocredits: -1n },
      { ...row, previousEpoch: 2 ** 32 },
    ])
      assert.throws(() => encodeRow(wrong), { name: 'IntegerOutOfRangeError' })
  })

  it('refuse half a row, the root of nothing and a proof of a row that is not there', () => {
    assert.throws(() => decodeRows('0x0011'), RowsLengthError)
    assert.throws(() => rowsRoot([]), RowsLengthError)
    assert.throws(() => rowProof({ epoch: 1n, part: 0, rows: [firstRow(1, 1n)], index: 1 }), RangeError)
  })

  it('have the roots that the contract computes, and proofs that it accepts, for every shape of tree', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const accounts = Array.from({ length: 14 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, '0')}` as const)
    await settlement.write.registerPayees([accounts])
    const rows = Array.from({ length: 17 }, (_, i) => firstRow(i + 1, BigInt(i + 1)))
    const beforePosting = await networkHelpers.takeSnapshot()
    for (let count = 1; count <= rows.length; count++) {
      const posted = rows.slice(0, count)
      const epoch = await postEpoch(contracts, { parts: [posted] })
      assert.equal((await settlement.read.rowsPart([epoch, 0])).root, rowsRoot(posted))
      await passWindow()
      await settlement.write.finalise([epoch])
      for (let index = 0; index < count; index++) {
        const args = claimArguments(rowProof({ epoch, part: 0, rows: posted, index }))
        await settlement.write.claim(args, { account: stranger.account })
      }
      await beforePosting.restore()
    }
  })
})
