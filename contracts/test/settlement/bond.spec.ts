/** What the poster has to lose, and what becomes of it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress } from 'viem'
import { encodeRows, rowProof } from '../../rows/rows.ts'
import {
  alice,
  bob,
  CANCEL_REASON,
  COMPENSATION_MAX_MICROCREDITS,
  type Contracts,
  CREDIT_WEI,
  EPOCH_BOND_WEI,
  EPOCH_STATUS,
  guardian,
  loadContracts,
  networkHelpers,
  poster,
  stranger,
  viem,
  WEI_PER_MICROCREDIT,
} from '../support/chain.ts'
import { firstRow, headerFor, passWindow, postEpoch, postFinalEpoch } from '../support/operator.ts'

const { revertWithCustomErrorWithArgs: reverts, revertWithCustomError, emitWithArgs } = viem.assertions
const asPoster = { account: poster.account }

/** Leaves the poster a bond for exactly this many epochs. */
async function leaveBondFor(epochs: bigint, { settlement }: Contracts): Promise<void> {
  const bondWei = await settlement.read.bondWei()
  await settlement.write.withdrawBond([bondWei - epochs * EPOCH_BOND_WEI], asPoster)
}

describe('the bond', () => {
  it('is refused when it is nothing, and withdrawn by the poster alone', async () => {
    const { settlement } = await loadContracts()
    await revertWithCustomError(settlement.write.addBond([0n]), settlement, 'AmountZero')
    await revertWithCustomError(settlement.write.withdrawBond([0n], asPoster), settlement, 'AmountZero')
    for (const { account } of [stranger, guardian]) {
      const taking = settlement.write.withdrawBond([1n], { account })
      await reverts(taking, settlement, 'CallerNotPoster', [getAddress(account.address)])
    }
  })

  it('grows by anybody and returns to the poster, beside the books', async () => {
    const { settlement, token } = await loadContracts()
    const before = await settlement.read.bondWei()
    const adding = settlement.write.addBond([CREDIT_WEI], { account: alice.account })
    await emitWithArgs(adding, settlement, 'BondAdded', [getAddress(alice.account.address), CREDIT_WEI])
    assert.equal(await settlement.read.bondWei(), before + CREDIT_WEI)
    assert.equal(await settlement.read.inboxCount(), 2n)
    const taking = settlement.write.withdrawBond([before + CREDIT_WEI], asPoster)
    await emitWithArgs(taking, settlement, 'BondWithdrawn', [before + CREDIT_WEI])
    assert.equal(await token.read.balanceOf([poster.account.address]), before + CREDIT_WEI)
    assert.equal(await settlement.read.bondWei(), 0n)
  })

  it('grows and shrinks by as little as a wei', async () => {
    const { settlement } = await loadContracts()
    const before = await settlement.read.bondWei()
    await settlement.write.addBond([1n], { account: alice.account })
    assert.equal(await settlement.read.bondWei(), before + 1n)
    await settlement.write.withdrawBond([1n], asPoster)
    assert.equal(await settlement.read.bondWei(), before)
  })

  it('cannot be withdrawn while epochs lock it', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await leaveBondFor(2n, contracts)
    await postEpoch(contracts)
    const taking = settlement.write.withdrawBond([EPOCH_BOND_WEI + 1n], asPoster)
    await reverts(taking, settlement, 'BondTooSmall', [EPOCH_BOND_WEI, EPOCH_BOND_WEI + 1n])
    await settlement.write.withdrawBond([EPOCH_BOND_WEI], asPoster)
    await reverts(settlement.write.withdrawBond([1n], asPoster), settlement, 'BondTooSmall', [0n, 1n])
  })

  it('bounds how many epochs are under way, until one is final', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await leaveBondFor(2n, contracts)
    const first = await postEpoch(contracts)
    await postEpoch(contracts)
    const third = settlement.write.postEpoch([await headerFor(contracts, {}), '0x'])
    await reverts(third, settlement, 'BondTooSmall', [0n, EPOCH_BOND_WEI])
    await passWindow()
    const stillLocked = settlement.write.postEpoch([await headerFor(contracts, {}), '0x'])
    await reverts(stillLocked, settlement, 'BondTooSmall', [0n, EPOCH_BOND_WEI])
    await settlement.write.finalise([first])
    await postEpoch(contracts)
    assert.equal(await settlement.read.freeBondWei(), 0n)
  })

  it('is locked by an open epoch and free again when its time is over or the guardian cancels it', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await leaveBondFor(1n, contracts)
    const rows = [firstRow(1, 1n), firstRow(2, 1n)]
    const open = async () =>
      settlement.write.postEpoch([await headerFor(contracts, { rows }), encodeRows(rows.slice(0, 1))])
    await open()
    assert.equal(await settlement.read.freeBondWei(), 0n)
    await open()
    await settlement.write.cancel([2n], { account: guardian.account })
    assert.equal(await settlement.read.freeBondWei(), EPOCH_BOND_WEI)
    await open()
    assert.equal(await settlement.read.freeBondWei(), 0n)
    await networkHelpers.time.increase((await settlement.read.PARTS_PERIOD_SECONDS()) + 1n)
    assert.equal(await settlement.read.freeBondWei(), EPOCH_BOND_WEI)
    assert.equal(await settlement.read.bondWei(), EPOCH_BOND_WEI)
  })

  it('is whole and free again when the guardian cancels', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await leaveBondFor(3n, contracts)
    const first = await postEpoch(contracts)
    await postEpoch(contracts)
    await settlement.write.cancel([first], { account: guardian.account })
    assert.equal(await settlement.read.bondWei(), 3n * EPOCH_BOND_WEI)
    assert.equal(await settlement.read.freeBondWei(), 3n * EPOCH_BOND_WEI)
  })

  it('loses what a wrong row had locked: a tenth to whoever showed it, the rest is burnt', async () => {
    const contracts = await loadContracts()
    const { settlement, token } = contracts
    await leaveBondFor(4n, contracts)
    const rows = [firstRow(1, 5n)]
    const first = await postEpoch(contracts, { parts: [rows] })
    const second = await postEpoch(contracts, { parts: [rows] })
    await postEpoch(contracts)
    const supply = await token.read.totalSupply()
    const proofs = [second, first].map(epoch => rowProof({ epoch, part: 0, rows, index: 0 }))
    const args = proofs as [(typeof proofs)[0], (typeof proofs)[0]]
    const caller = getAddress(stranger.account.address)
    const reward = EPOCH_BOND_WEI / 10n
    const cancelling = settlement.write.cancelWrongRow(args, { account: stranger.account })
    await emitWithArgs(cancelling, settlement, 'BondSeized', [second, caller, reward, EPOCH_BOND_WEI - reward])
    assert.equal(await token.read.balanceOf([caller]), reward)
    assert.equal(await token.read.totalSupply(), supply - EPOCH_BOND_WEI + reward)
    assert.equal(await settlement.read.bondWei(), 3n * EPOCH_BOND_WEI)
    assert.equal(await settlement.read.freeBondWei(), 2n * EPOCH_BOND_WEI)
  })
})

describe('a demand on an epoch', () => {
  it('is opened, closed and carried out by the disputes contract alone', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const epoch = await postEpoch(contracts)
    for (const { account } of [stranger, poster, guardian]) {
      const expected = [getAddress(account.address)] as const
      const calls = [
        settlement.write.openDemand([epoch, 1n], { account }),
        settlement.write.closeDemand([epoch], { account }),
        settlement.write.cancelDisputed([epoch, account.address], { account }),
        settlement.write.compensate([account.address, 1n], { account }),
      ]
      for (const call of calls) await reverts(call, settlement, 'CallerNotDisputes', [...expected])
    }
  })

  it('is refused on an epoch that is not pending', async () => {
    const contracts = await loadContracts()
    const { settlement, addresses } = contracts
    const account = addresses.disputes
    const cancelled = await postEpoch(contracts)
    await settlement.write.cancel([cancelled], { account: guardian.account })
    const final = await postFinalEpoch(contracts, {})
    for (const [epoch, status] of [
      [cancelled, EPOCH_STATUS.cancelled],
      [final, EPOCH_STATUS.finalised],
      [9n, EPOCH_STATUS.unknown],
    ] as const) {
      await reverts(settlement.write.openDemand([epoch, 1n], { account }), settlement, 'EpochNotPending', [
        epoch,
        status,
      ])
      const cancelling = settlement.write.cancelDisputed([epoch, alice.account.address], { account })
      await reverts(cancelling, settlement, 'EpochNotPending', [epoch, status])
    }
  })

  it('holds the epoch and its descendants back while it is open, and until the time that it named', async () => {
    const contracts = await loadContracts()
    const { settlement, addresses } = contracts
    const disputes = { account: addresses.disputes }
    const parent = await postEpoch(contracts)
    const child = await postEpoch(contracts)
    const { finalAt } = await settlement.read.epoch([parent])
    await settlement.write.openDemand([parent, finalAt - 1n], disputes)
    assert.equal((await settlement.read.epoch([parent])).finalAt, finalAt)
    await settlement.write.openDemand([parent, finalAt + 500n], disputes)
    await passWindow()
    for (const epoch of [parent, child]) assert.equal(await settlement.read.epochStatus([epoch]), EPOCH_STATUS.pending)
    await settlement.write.closeDemand([parent], disputes)
    await reverts(settlement.write.finalise([parent]), settlement, 'EpochNotFinal', [parent, EPOCH_STATUS.pending])
    for (let left = 0; left < 5; left++) await passWindow()
    assert.equal(await settlement.read.epochStatus([parent]), EPOCH_STATUS.pending)
    await settlement.write.closeDemand([parent], disputes)
    await settlement.write.finalise([parent])
    assert.equal(await settlement.read.epochStatus([child]), EPOCH_STATUS.final)
  })

  it('cancels the epoch with its descendants, and rewards who asked out of the bond', async () => {
    const contracts = await loadContracts()
    const { settlement, addresses, token } = contracts
    const disputes = { account: addresses.disputes }
    const asker = getAddress(alice.account.address)
    const before = await token.read.balanceOf([asker])
    const epoch = await postEpoch(contracts)
    const child = await postEpoch(contracts)
    await settlement.write.openDemand([epoch, 1n], disputes)
    await settlement.write.openDemand([child, 1n], disputes)
    const cancelling = settlement.write.cancelDisputed([epoch, asker], disputes)
    await emitWithArgs(cancelling, settlement, 'EpochCancelled', [epoch, child, 0n, CANCEL_REASON.disputed])
    assert.equal(await token.read.balanceOf([asker]), before + EPOCH_BOND_WEI / 10n)
    for (const id of [epoch, child]) {
      await settlement.write.closeDemand([id], disputes)
      assert.equal(await settlement.read.epochStatus([id]), EPOCH_STATUS.cancelled)
      assert.equal((await settlement.read.epoch([id])).openDemands, 0)
    }
  })
})

describe('a compensation', () => {
  it('pays out of what the bond has free what is due, at most the cap, and is refused for want of it', async () => {
    const contracts = await loadContracts()
    const { settlement, addresses, token } = contracts
    const disputes = { account: addresses.disputes }
    const cap = COMPENSATION_MAX_MICROCREDITS
    const keptWei = ((3n * cap) / 2n) * WEI_PER_MICROCREDIT
    await settlement.write.withdrawBond([(await settlement.read.bondWei()) - keptWei], asPoster)
    const to = getAddress(bob.account.address)
    const start = await token.read.balanceOf([to])
    let paid = 0n
    for (const [due, expected] of [
      [7n, 7n],
      [cap + 1n, cap],
    ] as const) {
      const paying = settlement.write.compensate([to, due], disputes)
      await emitWithArgs(paying, settlement, 'Compensated', [to, expected])
      paid += expected
      assert.equal(await token.read.balanceOf([to]), start + paid * WEI_PER_MICROCREDIT)
    }
    const leftWei = keptWei - paid * WEI_PER_MICROCREDIT
    assert.equal(await settlement.read.bondWei(), leftWei)
    const tooMuch = settlement.write.compensate([to, cap], disputes)
    await reverts(tooMuch, settlement, 'BondTooSmall', [leftWei, cap * WEI_PER_MICROCREDIT])
    await settlement.write.compensate([to, leftWei / WEI_PER_MICROCREDIT], disputes)
    assert.equal(await settlement.read.bondWei(), 0n)
  })

  it('takes nothing of what an epoch has locked: a poster would pay itself before it is seized', async () => {
    const contracts = await loadContracts()
    const { settlement, addresses, token } = contracts
    const disputes = { account: addresses.disputes }
    await leaveBondFor(1n, contracts)
    const epoch = await postEpoch(contracts)
    const reserve = (await token.read.balanceOf([addresses.settlement])) - EPOCH_BOND_WEI
    const paying = settlement.write.compensate([bob.account.address, 1n], disputes)
    await reverts(paying, settlement, 'BondTooSmall', [0n, WEI_PER_MICROCREDIT])
    const asker = getAddress(stranger.account.address)
    const reward = EPOCH_BOND_WEI / 10n
    const cancelling = settlement.write.cancelDisputed([epoch, asker], disputes)
    await emitWithArgs(cancelling, settlement, 'BondSeized', [epoch, asker, reward, EPOCH_BOND_WEI - reward])
    assert.equal(await token.read.balanceOf([addresses.settlement]), reserve)
  })
})
