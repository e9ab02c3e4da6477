import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, pad, toHex } from 'viem'
import { encodeRows, type PayoutRow } from '../../rows/rows.ts'
import { type Contracts, loadContracts, networkHelpers, publicClient } from '../support/chain.ts'
import { headerFor, postFinalEpoch } from '../support/operator.ts'

const PAYEES = 1_000
/** As measured, 1 132 923 and 865, rounded up. */
const GAS_MAX = 1_150_000n
const ROW_GAS_MAX = 880n

describe('gas', () => {
  it('of a posting with 1 000 rows stays below what was measured, and so does that of each row', async t => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const accounts = Array.from({ length: PAYEES - 3 }, (_, i): Address => pad(toHex(i + 1), { size: 20 }))
    for (let at = 0; at < accounts.length; at += 250)
      await settlement.write.registerPayees([accounts.slice(at, at + 250)])
    const previous = await postFinalEpoch(contracts, { parts: [rowsOf(PAYEES, 0)] })

    const half = await gasOfPosting(contracts, rowsOf(PAYEES / 2, Number(previous)))
    const all = await gasOfPosting(contracts, rowsOf(PAYEES, Number(previous)))
    const perRow = (all - half) / BigInt(PAYEES / 2)
    t.diagnostic(`${PAYEES} rows: ${all} gas; a further row: ${perRow} gas`)
    assert.ok(all < GAS_MAX, `${all} gas for ${PAYEES} rows`)
    assert.ok(perRow < ROW_GAS_MAX, `${perRow} gas a row`)
  })
})

/** Posts the rows and takes it back. */
async function gasOfPosting(contracts: Contracts, rows: PayoutRow[]): Promise<bigint> {
  const before = await networkHelpers.takeSnapshot()
  const header = await headerFor(contracts, { rows })
  const hash = await contracts.settlement.write.postEpoch([header, encodeRows(rows)])
  const { gasUsed } = await publicClient.getTransactionReceipt({ hash })
  await before.restore()
  return gasUsed
}

/** Each payee earns between one and a hundred credits, the same in each epoch. */
function rowsOf(count: number, previousEpoch: number): PayoutRow[] {
  return Array.from({ length: count }, (_, i) => {
    const incrementMicrocredits = 1_000_003n + 99_000n * BigInt(i)
    const cumulativeMicrocredits = incrementMicrocredits * (previousEpoch === 0 ? 1n : 2n)
    return { payeeId: i + 1, incrementMicrocredits, cumulativeMicrocredits, previousEpoch }
  })
}
