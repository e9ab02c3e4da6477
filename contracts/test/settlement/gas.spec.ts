import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, pad, toHex } from 'viem'
import { encodeRows, type PayoutRow } from '../../rows/rows.ts'
import { INBOX_AGE_SECONDS, loadContracts, networkHelpers, publicClient } from '../support/chain.ts'
import { headerFor, postFinalEpoch } from '../support/operator.ts'

const PAYEES = 1_000

describe('gas', () => {
  it('of a part with 1 000 rows stays below 1 000 a row', async t => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const accounts = Array.from({ length: PAYEES - 3 }, (_, i): Address => pad(toHex(i + 1), { size: 20 }))
    for (let at = 0; at < accounts.length; at += 250)
      await settlement.write.registerPayees([accounts.slice(at, at + 250)])

    const first = rowsOf(amountOf, amountOf, 0)
    const previous = await postFinalEpoch(contracts, { parts: [first] })
    const second = rowsOf(amountOf, i => 2n * amountOf(i), Number(previous))
    const header = await headerFor(contracts, { rows: second })
    await networkHelpers.time.increase(INBOX_AGE_SECONDS)
    const hash = await settlement.write.postEpoch([header, encodeRows(second)])
    const { gasUsed } = await publicClient.getTransactionReceipt({ hash })
    t.diagnostic(`${PAYEES} rows: ${gasUsed} gas, ${gasUsed / BigInt(PAYEES)} a row`)
    assert.ok(gasUsed < 1_000n * BigInt(PAYEES), `${gasUsed} gas`)
  })
})

/** Between one and a hundred credits. */
const amountOf = (i: number) => 1_000_003n + 99_000n * BigInt(i)

function rowsOf(
  increment: (i: number) => bigint,
  cumulative: (i: number) => bigint,
  previousEpoch: number,
): PayoutRow[] {
  return Array.from({ length: PAYEES }, (_, i) => ({
    payeeId: i + 1,
    incrementMicrocredits: increment(i),
    cumulativeMicrocredits: cumulative(i),
    previousEpoch,
  }))
}
