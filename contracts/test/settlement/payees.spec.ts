import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress, zeroAddress } from 'viem'
import { alice, loadContracts, poster, stranger, viem } from '../support/chain.ts'

const { revertWithCustomError, emitWithArgs } = viem.assertions
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
    assert.equal(await settlement.read.payeeOf([5]), posterAddress)
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
    assert.equal(await settlement.read.payeeOf([4]), zeroAddress)
    assert.equal(await settlement.read.payeeOf([0]), zeroAddress)
  })

  it('refuses the zero address and then registers nobody', async () => {
    const { settlement } = await loadContracts()
    const registering = settlement.write.registerPayees([[stranger.account.address, zeroAddress]], anybody)
    await revertWithCustomError(registering, settlement, 'AddressZero')
    assert.equal(await settlement.read.payeeCount(), 3)
  })
})
