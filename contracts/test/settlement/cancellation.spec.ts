import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { numberToHex } from 'viem'
import { encodeRows, type PayoutRow, rowProof } from '../../rows/rows.ts'
import { CANCEL_REASON, EPOCH_STATUS, guardian, loadContracts, poster, stranger, viem } from '../support/chain.ts'
import { firstRow, headerFor, passWindow, postEpoch } from '../support/operator.ts'

const { revertWithCustomErrorWithArgs: reverts, revertWithCustomError, emitWithArgs } = viem.assertions
const anybody = { account: stranger.account }

function nextRow(previous: PayoutRow, epoch: bigint, incrementMicrocredits: bigint): PayoutRow {
  const cumulativeMicrocredits = previous.cumulativeMicrocredits + incrementMicrocredits
  return { ...previous, incrementMicrocredits, cumulativeMicrocredits, previousEpoch: Number(epoch) }
}

const proofOf = (epoch: bigint, rows: PayoutRow[], index = 0, part = 0) => rowProof({ epoch, part, rows, index })

describe('cancelling by two rows', () => {
  it('cancels an epoch whose row adds more than it says', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const one = [firstRow(1, 5n), firstRow(2, 6n)]
    const first = await postEpoch(contracts, { parts: [one] })
    const greedy = { ...nextRow(firstRow(2, 6n), first, 4n), cumulativeMicrocredits: 11n }
    const second = await postEpoch(contracts, { parts: [[greedy]] })
    const cancelling = settlement.write.cancelWrongRow([proofOf(second, [greedy]), proofOf(first, one, 1)], anybody)
    await emitWithArgs(cancelling, settlement, 'EpochCancelled', [second, second, first, CANCEL_REASON.wrongCumulative])
    assert.equal(await settlement.read.headEpoch(), first)
    assert.equal(await settlement.read.epochStatus([second]), EPOCH_STATUS.cancelled)
    assert.equal(await settlement.read.epochStatus([first]), EPOCH_STATUS.pending)
  })

  it('cancels an epoch whose row skips a newer one', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const one = firstRow(1, 5n)
    const first = await postEpoch(contracts, { parts: [[one]] })
    const two = nextRow(one, first, 3n)
    const second = await postEpoch(contracts, { parts: [[two]] })
    const skipping = nextRow(one, first, 2n)
    const third = await postEpoch(contracts, { parts: [[skipping]] })
    const cancelling = settlement.write.cancelWrongRow([proofOf(third, [skipping]), proofOf(second, [two])], anybody)
    await emitWithArgs(cancelling, settlement, 'EpochCancelled', [third, third, second, CANCEL_REASON.skippedRow])
  })

  it('cancels an epoch that calls a payee new that was paid before, however long before', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n)]
    const first = await postEpoch(contracts, { parts: [rows] })
    for (const happen of [undefined, passWindow, () => settlement.write.finalise([first])]) {
      await happen?.()
      const second = await postEpoch(contracts, { parts: [rows] })
      await settlement.write.cancelWrongRow([proofOf(second, rows), proofOf(first, rows)], anybody)
      assert.equal(await settlement.read.headEpoch(), first)
    }
  })

  it('takes the descendants and the open epoch with it, and the next epoch builds on what is left', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n)]
    const first = await postEpoch(contracts, { parts: [rows] })
    const second = await postEpoch(contracts, { parts: [rows] })
    const third = await postEpoch(contracts)
    const unfinished = [firstRow(2, 1n), firstRow(3, 1n)]
    await settlement.write.postEpoch([await headerFor(contracts, { rows: unfinished }), encodeRows([firstRow(2, 1n)])])
    const cancelling = settlement.write.cancelWrongRow([proofOf(second, rows), proofOf(first, rows)], anybody)
    await emitWithArgs(cancelling, settlement, 'EpochCancelled', [second, 4n, first, CANCEL_REASON.skippedRow])
    await emitWithArgs(cancelling, settlement, 'EpochLapsed', [4n])
    assert.equal(await settlement.read.epochStatus([third]), EPOCH_STATUS.cancelled)
    await reverts(settlement.write.postRows([4n, encodeRows([firstRow(3, 1n)])]), settlement, 'EpochNotOpen', [4n])
    const fifth = await postEpoch(contracts)
    assert.equal((await settlement.read.epoch([fifth])).parent, first)
    await passWindow()
    await reverts(settlement.write.finalise([second]), settlement, 'EpochNotFinal', [second, EPOCH_STATUS.cancelled])
  })

  it('refuses rows that add up', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const one = firstRow(1, 5n)
    const first = await postEpoch(contracts, { parts: [[one]] })
    const two = nextRow(one, first, 3n)
    const second = await postEpoch(contracts, { parts: [[two]] })
    const right = settlement.write.cancelWrongRow([proofOf(second, [two]), proofOf(first, [one])], anybody)
    await reverts(right, settlement, 'RowNotWrong', [second, 1])
    const three = nextRow(two, second, 3n)
    const third = await postEpoch(contracts, { parts: [[three]] })
    const older = settlement.write.cancelWrongRow([proofOf(third, [three]), proofOf(first, [one])], anybody)
    await reverts(older, settlement, 'RowNotWrong', [third, 1])
  })

  it('refuses rows of two payees, of one epoch, or in the wrong order', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n), firstRow(2, 6n)]
    const first = await postEpoch(contracts, { parts: [rows] })
    const second = await postEpoch(contracts, { parts: [rows] })
    const pairs = [
      [proofOf(second, rows, 0), proofOf(first, rows, 1)],
      [proofOf(second, rows, 0), proofOf(second, rows, 0)],
      [proofOf(first, rows, 0), proofOf(second, rows, 0)],
    ] as const
    for (const pair of pairs)
      await revertWithCustomError(settlement.write.cancelWrongRow(pair, anybody), settlement, 'RowsUnrelated')
  })

  it('refuses an earlier row of a cancelled epoch', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n)]
    const first = await postEpoch(contracts, { parts: [rows] })
    await settlement.write.cancel([first], { account: guardian.account })
    const second = await postEpoch(contracts, { parts: [rows] })
    const cancelling = settlement.write.cancelWrongRow([proofOf(second, rows), proofOf(first, rows)], anybody)
    await revertWithCustomError(cancelling, settlement, 'RowsUnrelated')
  })

  it('refuses an altered row, index, part, epoch and proof', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n), firstRow(2, 6n), firstRow(3, 7n)]
    const first = await postEpoch(contracts, { parts: [rows] })
    const second = await postEpoch(contracts, { parts: [rows] })
    const right = proofOf(second, rows, 0)
    const altered = [
      { ...right, row: proofOf(second, [firstRow(1, 9n)]).row },
      { ...right, index: 1 },
      { ...right, index: 3 },
      { ...right, part: 1 },
      { ...right, epoch: second + 1n },
      { ...right, siblings: right.siblings.slice(1) },
      { ...right, siblings: [...right.siblings, ...right.siblings] },
    ]
    for (const proof of altered) {
      const cancelling = settlement.write.cancelWrongRow([proof, proofOf(first, rows, 0)], anybody)
      await reverts(cancelling, settlement, 'RowProofInvalid', [proof.epoch, proof.part, proof.index])
    }
  })

  it('refuses an earlier row that was not posted', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n), firstRow(2, 6n)]
    const first = await postEpoch(contracts, { parts: [rows] })
    const next = [nextRow(firstRow(1, 5n), first, 1n)]
    const second = await postEpoch(contracts, { parts: [next] })
    const madeUp = { ...proofOf(first, rows, 0), row: proofOf(first, [firstRow(1, 9n)]).row }
    const cancelling = settlement.write.cancelWrongRow([proofOf(second, next), madeUp], anybody)
    await reverts(cancelling, settlement, 'RowProofInvalid', [first, 0, 0])
  })

  it('comes too late when the window has passed', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n)]
    const first = await postEpoch(contracts, { parts: [rows] })
    const second = await postEpoch(contracts, { parts: [rows] })
    await passWindow()
    const late = settlement.write.cancelWrongRow([proofOf(second, rows), proofOf(first, rows)], anybody)
    await reverts(late, settlement, 'EpochNotPending', [second, EPOCH_STATUS.final])
  })
})

describe('cancelling a row without a previous one', () => {
  const paid = [firstRow(1, 5n), firstRow(3, 7n)]
  /** Payee 2 claims to have been paid in the first epoch, where only 1 and 3 were. */
  const invented = (epoch: bigint) => [
    { ...firstRow(2, 1n), cumulativeMicrocredits: 900n, previousEpoch: Number(epoch) },
  ]

  it('cancels when two adjacent rows leave no place for it', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const first = await postEpoch(contracts, { parts: [paid] })
    const rows = invented(first)
    const second = await postEpoch(contracts, { parts: [rows] })
    const neighbours = [proofOf(first, paid, 0), proofOf(first, paid, 1)]
    const cancelling = settlement.write.cancelRowWithoutPrevious([proofOf(second, rows), 0, neighbours], anybody)
    await emitWithArgs(cancelling, settlement, 'EpochCancelled', [second, second, first, CANCEL_REASON.noPreviousRow])
  })

  it('cancels when the id lies before, between or after the parts, or there are none', async () => {
    for (const [parts, part] of [
      [[[firstRow(3, 7n)]], 0],
      [[[firstRow(1, 5n)], [firstRow(3, 7n)]], 1],
      [[[firstRow(1, 5n)]], 1],
      [[], 0],
    ] as const) {
      const contracts = await loadContracts()
      const { settlement } = contracts
      const first = await postEpoch(contracts, { parts: parts.map(rows => [...rows]) })
      const rows = invented(first)
      const second = await postEpoch(contracts, { parts: [rows] })
      await settlement.write.cancelRowWithoutPrevious([proofOf(second, rows), part, []], anybody)
      assert.equal(await settlement.read.epochStatus([second]), EPOCH_STATUS.cancelled)
    }
  })

  it('cancels when the epoch named is cancelled itself', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const first = await postEpoch(contracts, { parts: [[firstRow(2, 5n)]] })
    await settlement.write.cancel([first], { account: guardian.account })
    const rows = invented(first)
    const second = await postEpoch(contracts, { parts: [rows] })
    await settlement.write.cancelRowWithoutPrevious([proofOf(second, rows), 0, []], anybody)
    assert.equal(await settlement.read.headEpoch(), 0n)
  })

  it('refuses when the row is there', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const one = [firstRow(1, 5n), firstRow(2, 6n), firstRow(3, 7n)]
    const first = await postEpoch(contracts, { parts: [one] })
    const rows = [nextRow(firstRow(2, 6n), first, 1n)]
    const second = await postEpoch(contracts, { parts: [rows] })
    const attempts = [
      [0, []],
      [1, []],
      [2, []],
      [0, [proofOf(first, one, 0), proofOf(first, one, 1)]],
      [0, [proofOf(first, one, 1), proofOf(first, one, 2)]],
      [0, [proofOf(first, one, 0), proofOf(first, one, 2)]],
      [0, [proofOf(first, one, 0)]],
      [0, [proofOf(second, rows, 0), proofOf(first, one, 2)]],
      [1, [proofOf(first, one, 0), proofOf(first, one, 2)]],
    ] as const
    for (const [part, neighbours] of attempts) {
      const cancelling = settlement.write.cancelRowWithoutPrevious([proofOf(second, rows), part, neighbours], anybody)
      await revertWithCustomError(cancelling, settlement, 'RowsUnrelated')
    }
  })

  it('looks for the row in epochs that are final and finalised, too', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const first = await postEpoch(contracts, { parts: [paid] })
    await passWindow()
    const [honest, made] = [[nextRow(firstRow(1, 5n), first, 1n)], invented(first)]
    for (const status of [EPOCH_STATUS.final, EPOCH_STATUS.finalised]) {
      const next = await postEpoch(contracts, { parts: [honest] })
      assert.equal(await settlement.read.epochStatus([first]), status)
      const right = settlement.write.cancelRowWithoutPrevious([proofOf(next, honest), 0, []], anybody)
      await revertWithCustomError(right, settlement, 'RowsUnrelated')
      const last = await postEpoch(contracts, { parts: [made] })
      const neighbours = [proofOf(first, paid, 0), proofOf(first, paid, 1)]
      await settlement.write.cancelRowWithoutPrevious([proofOf(last, made), 0, neighbours], anybody)
      await settlement.write.cancel([next], { account: guardian.account })
      if (status === EPOCH_STATUS.final) await settlement.write.finalise([first])
    }
  })

  it('refuses when the row is the first or the last one of its part', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const parts = [[firstRow(1, 5n), firstRow(2, 6n)], [firstRow(3, 7n)]]
    const first = await postEpoch(contracts, { parts })
    for (const row of parts.flat()) {
      const rows = [nextRow(row, first, 1n)]
      const next = await postEpoch(contracts, { parts: [rows] })
      for (const part of [0, 1, 2, 3]) {
        const cancelling = settlement.write.cancelRowWithoutPrevious([proofOf(next, rows), part, []], anybody)
        await revertWithCustomError(cancelling, settlement, 'RowsUnrelated')
      }
      await settlement.write.cancel([next], { account: guardian.account })
    }
  })

  it('refuses a row that was not posted', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const first = await postEpoch(contracts, { parts: [[firstRow(1, 5n)]] })
    const rows = [nextRow(firstRow(1, 5n), first, 1n)]
    const second = await postEpoch(contracts, { parts: [rows] })
    const madeUp = proofOf(second, [nextRow(firstRow(2, 6n), first, 1n)])
    const cancelling = settlement.write.cancelRowWithoutPrevious([madeUp, 1, []], anybody)
    await reverts(cancelling, settlement, 'RowProofInvalid', [second, 0, 0])
  })

  it('refuses neighbours of the payee that were not posted', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const one = [firstRow(1, 5n), firstRow(2, 6n), firstRow(3, 7n)]
    const first = await postEpoch(contracts, { parts: [one] })
    const rows = [nextRow(firstRow(2, 6n), first, 1n)]
    const second = await postEpoch(contracts, { parts: [rows] })
    const madeUp = (index: number, row: PayoutRow) => ({
      ...proofOf(first, one, index),
      row: proofOf(first, [row]).row,
    })
    const attempts = [
      [madeUp(1, firstRow(1, 6n)), proofOf(first, one, 2), 1],
      [proofOf(first, one, 0), madeUp(1, firstRow(3, 6n)), 1],
    ] as const
    for (const [below, above, wrong] of attempts) {
      const cancelling = settlement.write.cancelRowWithoutPrevious([proofOf(second, rows), 0, [below, above]], anybody)
      await reverts(cancelling, settlement, 'RowProofInvalid', [first, 0, wrong])
    }
  })

  it('refuses neighbours of the payee that stand in another epoch or in another part', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await settlement.write.registerPayees([[11, 12, 13, 14].map(name => numberToHex(name, { size: 20 }))])
    const parts = [
      [firstRow(1, 5n), firstRow(3, 6n), firstRow(5, 7n)],
      [firstRow(6, 8n), firstRow(7, 9n)],
    ] as const
    const [one, two] = parts.map(rows => [...rows]) as [PayoutRow[], PayoutRow[]]
    const first = await postEpoch(contracts, { parts: [one, two] })
    const [nearBelow, nearBoth]: [PayoutRow[], PayoutRow[]] = [
      [firstRow(1, 5n), firstRow(2, 5n)],
      [firstRow(2, 5n), firstRow(4, 5n)],
    ]
    const second = await postEpoch(contracts, { parts: [nearBelow] })
    const third = await postEpoch(contracts, { parts: [nearBoth] })
    const rows = [nextRow(firstRow(3, 6n), first, 1n)]
    const last = await postEpoch(contracts, { parts: [rows] })
    const attempts = [
      [0, proofOf(second, nearBelow, 1), proofOf(first, one, 2)],
      [0, proofOf(first, one, 0), proofOf(third, nearBoth, 1)],
      [0, proofOf(third, nearBoth, 0), proofOf(third, nearBoth, 1)],
      [0, proofOf(first, one, 0), proofOf(first, two, 1, 1)],
      [1, proofOf(first, one, 0), proofOf(first, two, 1, 1)],
    ] as const
    for (const [part, below, above] of attempts) {
      const cancelling = settlement.write.cancelRowWithoutPrevious([proofOf(last, rows), part, [below, above]], anybody)
      await revertWithCustomError(cancelling, settlement, 'RowsUnrelated')
    }
  })

  it('refuses a first row, which names no previous epoch', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const first = await postEpoch(contracts, { parts: [paid] })
    const cancelling = settlement.write.cancelRowWithoutPrevious([proofOf(first, paid), 0, []], anybody)
    await reverts(cancelling, settlement, 'RowNotWrong', [first, 1])
  })
})

describe('the guardian', () => {
  it('is the only one who cancels without a proof', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const epoch = await postEpoch(contracts)
    for (const { account } of [stranger, poster])
      await reverts(settlement.write.cancel([epoch], { account }), settlement, 'CallerNotGuardian', [account.address])
    const cancelling = settlement.write.cancel([epoch], { account: guardian.account })
    await emitWithArgs(cancelling, settlement, 'EpochCancelled', [epoch, epoch, 0n, CANCEL_REASON.guardian])
  })

  it('cannot cancel what is final, cancelled or unknown', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const { account } = guardian
    const cancelled = await postEpoch(contracts)
    await settlement.write.cancel([cancelled], { account })
    const final = await postEpoch(contracts)
    await passWindow()
    const expected = [
      [cancelled, EPOCH_STATUS.cancelled],
      [final, EPOCH_STATUS.final],
      [9n, EPOCH_STATUS.unknown],
      [0n, EPOCH_STATUS.finalised],
    ] as const
    for (const [epoch, status] of expected)
      await reverts(settlement.write.cancel([epoch], { account }), settlement, 'EpochNotPending', [epoch, status])
    await settlement.write.finalise([final])
    const late = settlement.write.cancel([final], { account })
    await reverts(late, settlement, 'EpochNotPending', [final, EPOCH_STATUS.finalised])
  })

  it('can drop an epoch that is still open', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 1n), firstRow(2, 1n)]
    await postEpoch(contracts)
    await settlement.write.postEpoch([await headerFor(contracts, { rows }), encodeRows(rows.slice(0, 1))])
    await settlement.write.cancel([2n], { account: guardian.account })
    assert.equal(await settlement.read.epochStatus([2n]), EPOCH_STATUS.lapsed)
    assert.equal(await settlement.read.headEpoch(), 1n)
  })
})
