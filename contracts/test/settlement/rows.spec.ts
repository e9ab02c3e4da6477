import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, type Hex, pad, toHex } from 'viem'
import { encodeRow, encodeRows, type PayoutRow, rowsRoot } from '../../rows/rows.ts'
import { type Contracts, guardian, INBOX_AGE_SECONDS, loadContracts, networkHelpers, viem } from '../support/chain.ts'
import { firstRow, headerFor, postEpoch } from '../support/operator.ts'

const { revertWithCustomErrorWithArgs: reverts } = viem.assertions
const LIMIT = 2n ** 64n - 1n

type Fault = { readonly change: Partial<PayoutRow>; readonly error: string; readonly args: readonly unknown[] }

/** What can be wrong with a row of the second epoch behind one of another payee, 0 for none. */
function faultsOf(row: PayoutRow, lastPayeeId: number): Fault[] {
  const { payeeId, incrementMicrocredits: increment } = row
  const [below, above] = [increment - 1n, increment + 1n]
  return [
    ...[lastPayeeId, Math.max(lastPayeeId - 1, 0)].map(id => ({
      change: { payeeId: id },
      error: 'RowsNotAscending',
      args: [lastPayeeId, id],
    })),
    ...[0n, 1n].map(cumulativeMicrocredits => ({
      change: { incrementMicrocredits: 0n, cumulativeMicrocredits, previousEpoch: Number(cumulativeMicrocredits) },
      error: 'RowIncrementZero',
      args: [payeeId],
    })),
    ...[2, 3, 2 ** 32 - 1].map(previousEpoch => ({
      change: { cumulativeMicrocredits: above, previousEpoch },
      error: 'RowPreviousEpochInvalid',
      args: [payeeId, previousEpoch, 2n],
    })),
    ...(
      [
        [below, 0],
        [above, 0],
        [below, 1],
        [increment, 1],
      ] as const
    ).map(([cumulativeMicrocredits, previousEpoch]) => ({
      change: { cumulativeMicrocredits, previousEpoch },
      error: 'RowCumulativeInvalid',
      args: [payeeId, increment, cumulativeMicrocredits, previousEpoch],
    })),
  ]
}

/** As many payees as are asked for, three of whom every chain has. */
async function payees(settlement: Contracts['settlement'], count: number): Promise<void> {
  const accounts = Array.from({ length: count - 3 }, (_, i): Address => pad(toHex(i + 1), { size: 20 }))
  for (let at = 0; at < accounts.length; at += 100)
    await settlement.write.registerPayees([accounts.slice(at, at + 100)])
}

/** Starts the posting of one part with these bytes, in the second epoch. */
async function posting(rows: PayoutRow[], data: Hex = encodeRows(rows)) {
  const contracts = await loadContracts()
  await postEpoch(contracts)
  const header = { ...(await headerFor(contracts, {})), rowCount: Math.max(rows.length, 1) }
  return { settlement: contracts.settlement, post: contracts.settlement.write.postEpoch([header, data]) }
}

describe('payout rows in calldata', () => {
  it('must be whole rows', async () => {
    const row = encodeRow(firstRow(1, 5n))
    for (const data of ['0x', row.slice(0, -2), `${row}00`] as Hex[]) {
      const { settlement, post } = await posting([firstRow(1, 5n)], data)
      await reverts(post, settlement, 'RowsLengthInvalid', [BigInt(data.length / 2 - 1)])
    }
  })

  it('must name registered payees', async () => {
    const unknown = await posting([firstRow(3, 5n), firstRow(4, 5n)])
    await reverts(unknown.post, unknown.settlement, 'RowPayeeUnknown', [4])
  })

  it('must ascend, and no payee has the id 0', async () => {
    const zero = await posting([firstRow(0, 5n)])
    await reverts(zero.post, zero.settlement, 'RowsNotAscending', [0, 0])
    const twice = await posting([firstRow(2, 5n), firstRow(2, 5n)])
    await reverts(twice.post, twice.settlement, 'RowsNotAscending', [2, 2])
    const descending = await posting([firstRow(2, 5n), firstRow(1, 5n)])
    await reverts(descending.post, descending.settlement, 'RowsNotAscending', [2, 1])
  })

  it('must pay something', async () => {
    const { settlement, post } = await posting([firstRow(1, 5n), firstRow(2, 0n)])
    await reverts(post, settlement, 'RowIncrementZero', [2])
  })

  it('must have a cumulative that can follow from the increment', async () => {
    for (const [incrementMicrocredits, cumulativeMicrocredits, previousEpoch] of [
      [5n, 4n, 0],
      [5n, 6n, 0],
      [5n, 4n, 1],
      [5n, 5n, 1],
      [LIMIT, 0n, 1],
    ] as const) {
      const { settlement, post } = await posting([
        { payeeId: 1, incrementMicrocredits, cumulativeMicrocredits, previousEpoch },
      ])
      const args = [1, incrementMicrocredits, cumulativeMicrocredits, previousEpoch] as const
      await reverts(post, settlement, 'RowCumulativeInvalid', [...args])
    }
  })

  it('must name an earlier epoch as the previous one', async () => {
    for (const previousEpoch of [2, 3, 2 ** 32 - 1]) {
      const row = { ...firstRow(1, 5n), cumulativeMicrocredits: 6n, previousEpoch }
      const { settlement, post } = await posting([row])
      await reverts(post, settlement, 'RowPreviousEpochInvalid', [1, previousEpoch, 2n])
    }
  })

  it('are refused for each fault, wherever in the tree it stands', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await payees(settlement, 10)
    await postEpoch(contracts)
    for (const count of [1, 2, 3, 4, 5]) {
      const rows = Array.from({ length: count }, (_, i) => firstRow(2 * i + 2, 5n))
      const header = { ...(await headerFor(contracts, {})), rowCount: count }
      for (const [at, right] of rows.entries())
        for (const { change, error, args } of faultsOf(right, 2 * at)) {
          const post = settlement.write.postEpoch([header, encodeRows(rows.with(at, { ...right, ...change }))])
          await reverts(post, settlement, error as never, args as never)
        }
    }
  })

  it('ascend from part to part', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await postEpoch(contracts)
    const header = { ...(await headerFor(contracts, {})), rowCount: 4 }
    await settlement.write.postEpoch([header, encodeRows([firstRow(1, 5n), firstRow(2, 5n)])])
    for (const payeeIds of [[1], [2], [1, 3], [2, 3]]) {
      const post = settlement.write.postRows([2n, encodeRows(payeeIds.map(id => firstRow(id, 5n)))])
      await reverts(post, settlement, 'RowsNotAscending', [2, payeeIds[0] as number])
    }
  })

  it('may name the epoch before as the previous one, wherever in the tree they stand', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await payees(settlement, 5)
    await postEpoch(contracts)
    for (const count of [1, 2, 3, 4, 5]) {
      const rows = Array.from({ length: count }, (_, i) => ({
        ...{ payeeId: i + 1, incrementMicrocredits: BigInt(2 * i + 1) },
        ...{ cumulativeMicrocredits: BigInt(2 * i + 2), previousEpoch: 1 },
      }))
      const epoch = await postEpoch(contracts, { parts: [rows] })
      assert.equal((await settlement.read.rowsPart([epoch, 0])).root, rowsRoot(rows), `${count} rows`)
      await settlement.write.cancel([epoch], { account: guardian.account })
    }
  })

  it('have the root of their tree where there are a hundred of them', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await payees(settlement, 130)
    for (const count of [31, 33, 97, 130]) {
      const rows = Array.from({ length: count }, (_, i) => firstRow(i + 1, BigInt(i + 1)))
      const epoch = await postEpoch(contracts, { parts: [rows] })
      const { root, rowCount, firstPayeeId, lastPayeeId } = await settlement.read.rowsPart([epoch, 0])
      assert.deepEqual([root, rowCount, firstPayeeId, lastPayeeId], [rowsRoot(rows), count, 1, count])
      await settlement.write.cancel([epoch], { account: guardian.account })
    }
  })

  it('have the root of their tree, whatever their number, and are refused for a wrong one at any place', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await payees(settlement, 17)
    for (const count of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17]) {
      const rows = Array.from({ length: count }, (_, i) => firstRow(i + 1, BigInt(i + 1)))
      await networkHelpers.time.increase(INBOX_AGE_SECONDS)
      const header = await headerFor(contracts, { rows })
      for (const [at, right] of rows.entries()) {
        const wrong = rows.with(at, { ...right, cumulativeMicrocredits: 99n })
        const { payeeId, incrementMicrocredits } = right
        const expected = [payeeId, incrementMicrocredits, 99n, 0] as const
        const post = settlement.write.postEpoch([header, encodeRows(wrong)])
        await reverts(post, settlement, 'RowCumulativeInvalid', [...expected])
      }
      await settlement.write.postEpoch([header, encodeRows(rows)])
      const epoch = await settlement.read.lastEpoch()
      assert.equal((await settlement.read.rowsPart([epoch, 0])).root, rowsRoot(rows), `${count} rows`)
      await settlement.write.cancel([epoch], { account: guardian.account })
    }
  })

  it('cannot overflow the books', async () => {
    const contracts = await loadContracts()
    const rows = [1, 2, 3].map(id => firstRow(id, LIMIT))
    const { leavesTotalMicrocredits, ...header } = await headerFor(contracts, {})
    const post = contracts.settlement.write.postEpoch([
      { ...header, leavesTotalMicrocredits, rowCount: 3 },
      encodeRows(rows),
    ])
    const accounted = leavesTotalMicrocredits + 3n * LIMIT
    await reverts(post, contracts.settlement, 'BooksDoNotClose', [leavesTotalMicrocredits, accounted])
    assert.equal(await contracts.settlement.read.lastEpoch(), 0n)
  })
})
