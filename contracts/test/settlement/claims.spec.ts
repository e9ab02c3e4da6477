import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress } from 'viem'
import { encodeRow, rowProof } from '../../rows/rows.ts'
import {
  alice,
  bob,
  EPOCH_STATUS,
  guardian,
  loadContracts,
  stranger,
  viem,
  WEI_PER_MICROCREDIT,
} from '../support/chain.ts'
import { claimArguments, claimOf, firstRow, passWindow, postEpoch, postFinalEpoch } from '../support/operator.ts'

const { revertWithCustomErrorWithArgs: reverts, emitWithArgs } = viem.assertions
const anybody = { account: stranger.account }

describe('a claim', () => {
  it('pays the registered address, whoever sends it', async () => {
    const contracts = await loadContracts()
    const { settlement, token } = contracts
    const rows = [firstRow(1, 5n), firstRow(2, 6n), firstRow(3, 7n)]
    const epoch = await postFinalEpoch(contracts, { parts: [rows] })
    const before = await token.read.balanceOf([bob.account.address])
    const claiming = settlement.write.claim(claimOf(epoch, rows, 1), anybody)
    await emitWithArgs(claiming, settlement, 'Claimed', [2, getAddress(bob.account.address), epoch, 6n, 6n])
    assert.equal(await token.read.balanceOf([bob.account.address]), before + 6n * WEI_PER_MICROCREDIT)
    assert.equal(await token.read.balanceOf([stranger.account.address]), 0n)
    assert.equal(await settlement.read.claimedMicrocredits([2]), 6n)
  })

  it('collects all earlier rows by the newest one', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const one = [firstRow(1, 5n)]
    const first = await postFinalEpoch(contracts, { parts: [one] })
    const two = [{ payeeId: 1, incrementMicrocredits: 3n, cumulativeMicrocredits: 8n, previousEpoch: Number(first) }]
    const second = await postFinalEpoch(contracts, { parts: [two] })
    const claiming = settlement.write.claim(claimOf(second, two, 0), anybody)
    await emitWithArgs(claiming, settlement, 'Claimed', [1, getAddress(alice.account.address), second, 8n, 8n])
    const older = settlement.write.claim(claimOf(first, one, 0), anybody)
    await reverts(older, settlement, 'NothingToClaim', [1, 8n, 5n])
  })

  it('pays what was added since the one before', async () => {
    const contracts = await loadContracts()
    const { settlement, token } = contracts
    const one = [firstRow(1, 5n)]
    const first = await postFinalEpoch(contracts, { parts: [one, [firstRow(2, 100n)]] })
    await settlement.write.claim(claimOf(first, one, 0), anybody)
    const two = [{ payeeId: 1, incrementMicrocredits: 3n, cumulativeMicrocredits: 8n, previousEpoch: Number(first) }]
    const second = await postFinalEpoch(contracts, { parts: [two] })
    const before = await token.read.balanceOf([alice.account.address])
    const claiming = settlement.write.claim(claimOf(second, two, 0), anybody)
    await emitWithArgs(claiming, settlement, 'Claimed', [1, getAddress(alice.account.address), second, 3n, 8n])
    assert.equal(await token.read.balanceOf([alice.account.address]), before + 3n * WEI_PER_MICROCREDIT)
  })

  it('pays nothing twice', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n)]
    const epoch = await postFinalEpoch(contracts, { parts: [rows] })
    await settlement.write.claim(claimOf(epoch, rows, 0), anybody)
    await reverts(settlement.write.claim(claimOf(epoch, rows, 0), anybody), settlement, 'NothingToClaim', [1, 5n, 5n])
  })

  it('works for a row of any part', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const parts = [[firstRow(1, 5n)], [firstRow(2, 6n), firstRow(3, 7n)]]
    const epoch = await postFinalEpoch(contracts, { parts })
    const rows = parts[1] ?? []
    await settlement.write.claim(claimArguments(rowProof({ epoch, part: 1, rows, index: 1 })), anybody)
    assert.equal(await settlement.read.claimedMicrocredits([3]), 7n)
  })

  it('waits for the epoch to be finalised', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n)]
    const epoch = await postEpoch(contracts, { parts: [rows] })
    const pending = settlement.write.claim(claimOf(epoch, rows, 0), anybody)
    await reverts(pending, settlement, 'EpochNotFinalised', [epoch, EPOCH_STATUS.pending])
    await passWindow()
    const final = settlement.write.claim(claimOf(epoch, rows, 0), anybody)
    await reverts(final, settlement, 'EpochNotFinalised', [epoch, EPOCH_STATUS.final])
  })

  it('refuses rows of a cancelled epoch, even when a later one is final', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n)]
    const cancelled = await postEpoch(contracts, { parts: [rows] })
    await settlement.write.cancel([cancelled], { account: guardian.account })
    await postFinalEpoch(contracts, {})
    const claiming = settlement.write.claim(claimOf(cancelled, rows, 0), anybody)
    await reverts(claiming, settlement, 'EpochNotFinalised', [cancelled, EPOCH_STATUS.cancelled])
  })

  it('refuses an altered row, place and proof', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n), firstRow(2, 6n), firstRow(3, 7n)]
    const epoch = await postFinalEpoch(contracts, { parts: [rows] })
    const right = rowProof({ epoch, part: 0, rows, index: 0 })
    const sibling = right.siblings[1] ?? '0x'
    for (const proof of [
      { ...right, row: encodeRow(firstRow(1, 500n)) },
      { ...right, row: encodeRow(firstRow(2, 5n)) },
      { ...right, index: 2 },
      { ...right, part: 1 },
      { ...right, siblings: [] },
      { ...right, siblings: [sibling, sibling] },
      { ...right, siblings: [...right.siblings, sibling] },
    ]) {
      const claiming = settlement.write.claim(claimArguments(proof), anybody)
      await reverts(claiming, settlement, 'RowProofInvalid', [epoch, proof.part, proof.index])
    }
  })

  it('refuses a place beyond a part of one row, where no sibling tells it', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n)]
    const epoch = await postFinalEpoch(contracts, { parts: [rows] })
    const beyond = { ...rowProof({ epoch, part: 0, rows, index: 0 }), index: 1 }
    await reverts(settlement.write.claim(claimArguments(beyond), anybody), settlement, 'RowProofInvalid', [epoch, 0, 1])
  })
})
