import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress, zeroAddress } from 'viem'
import { encodeRows } from '../../rows/rows.ts'
import { alice, INBOX_AGE_SECONDS, loadContracts, networkHelpers, poster, stranger, viem } from '../support/chain.ts'
import { firstRow, headerFor } from '../support/operator.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs: reverts, emitWithArgs } = viem.assertions
const anybody = { account: stranger.account }

describe('registering payees', () => {
  it('gives ascending ids to new accounts and leaves known ones as they are', async () => {
    const { settlement } = await loadContracts()
    const accounts = [stranger, alice, poster, stranger].map(({ account }) => getAddress(account.address))
    const [strangerAddress, aliceAddress, posterAddress] = accounts as [`0x${string}`, `0x${string}`, `0x${string}`]
    const registering = settlement.write.registerPayees([accounts], anybody)
    await emitWithArgs(registering, settlement, 'PayeeRegistered', [4, strangerAddress])
    await emitWithArgs(registering, settlement, 'PayeeRegistered', [5, posterAddress])
    assert.equal(await settlement.read.payeeId([aliceAddress]), 1)
    assert.equal(await settlement.read.payeeId([strangerAddress]), 4)
    assert.equal((await settlement.read.payee([5]))[0], posterAddress)
    assert.equal(await settlement.read.payeeCount(), 5)
  })

  it('does nothing the second time', async () => {
    const { settlement } = await loadContracts()
    await settlement.write.registerPayees([[alice.account.address]], anybody)
    assert.equal(await settlement.read.payeeCount(), 3)
    assert.deepEqual(await settlement.getEvents.PayeeRegistered(), [])
  })

  it('knows nobody who has not registered', async () => {
    const { settlement } = await loadContracts()
    assert.equal(await settlement.read.payeeId([stranger.account.address]), 0)
    for (const id of [0, 4]) assert.deepEqual(await settlement.read.payee([id]), [zeroAddress, 0n])
  })

  it('refuses the zero address and then registers nobody', async () => {
    const { settlement } = await loadContracts()
    const registering = settlement.write.registerPayees([[stranger.account.address, zeroAddress]], anybody)
    await revertWithCustomError(registering, settlement, 'AddressZero')
    assert.equal(await settlement.read.payeeCount(), 3)
  })
})

describe('a payee that has just registered', () => {
  it('cannot be paid before a reordering of the chain could no longer give its id to another account', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n), firstRow(4, 6n)]
    await settlement.write.registerPayees([[stranger.account.address]], anybody)
    const registeredAt = BigInt(await networkHelpers.time.latest())
    const header = await headerFor(contracts, { rows })
    await networkHelpers.time.setNextBlockTimestamp(registeredAt + INBOX_AGE_SECONDS - 1n)
    const early = settlement.write.postEpoch([header, encodeRows(rows)])
    await reverts(early, settlement, 'RowPayeeTooYoung', [4, registeredAt + INBOX_AGE_SECONDS])
    await networkHelpers.time.setNextBlockTimestamp(registeredAt + INBOX_AGE_SECONDS)
    await settlement.write.postEpoch([header, encodeRows(rows)])
    assert.equal(await settlement.read.headEpoch(), 1n)
  })

  it('holds back the part that pays it, not the parts before', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const rows = [firstRow(1, 5n), firstRow(4, 6n)]
    await settlement.write.registerPayees([[stranger.account.address]], anybody)
    const payableAt = BigInt(await networkHelpers.time.latest()) + INBOX_AGE_SECONDS
    await settlement.write.postEpoch([await headerFor(contracts, { rows }), encodeRows(rows.slice(0, 1))])
    const second = [1n, encodeRows(rows.slice(1))] as const
    await reverts(settlement.write.postRows(second), settlement, 'RowPayeeTooYoung', [4, payableAt])
    await networkHelpers.time.increaseTo(payableAt)
    await settlement.write.postRows(second)
    assert.equal(await settlement.read.headEpoch(), 1n)
  })
})
