/** Deployments with another token than DPC: one that fails is never taken for one that has paid. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from 'viem'
import { CREDIT_WEI, WEI_PER_MICROCREDIT } from '../support/constants.ts'
import {
  alice,
  bob,
  type Hostile,
  loadHostile,
  MANNER,
  networkHelpers,
  poster,
  stranger,
  UNBOND_SECONDS,
  viem,
} from './hostile-chain.ts'

const { revertWithCustomError } = viem.assertions
const asAlice = { account: alice.account }
const asPoster = { account: poster.account }
const anybody = { account: stranger.account }
const AMOUNT_WEI = 5n * WEI_PER_MICROCREDIT

/** Whatever takes tokens from somebody. */
const takings = ({ settlement, disputes, registry }: Hostile) => ({
  deposit: () => settlement.write.deposit([AMOUNT_WEI], asAlice),
  'deposit by permit': () => settlement.write.depositWithPermit([AMOUNT_WEI, 0n, 27, zeroHash, zeroHash], asAlice),
  bond: () => settlement.write.addBond([AMOUNT_WEI], asAlice),
  purse: () => disputes.write.fund([AMOUNT_WEI], asAlice),
  stake: () => registry.write.registerNode([bob.account.address, AMOUNT_WEI], asAlice),
})

/** Whatever pays tokens out; everything is ready for it. */
async function payments(contracts: Hostile) {
  const { settlement, disputes, registry } = contracts
  await disputes.write.fund([AMOUNT_WEI], asAlice)
  await registry.write.registerNode([bob.account.address, AMOUNT_WEI], asAlice)
  await registry.write.unbond([alice.account.address, AMOUNT_WEI], { account: bob.account })
  await networkHelpers.time.increase(UNBOND_SECONDS)
  return {
    bond: () => settlement.write.withdrawBond([AMOUNT_WEI], asPoster),
    purse: () => disputes.write.withdraw([AMOUNT_WEI], asAlice),
    stake: () => registry.write.withdraw([alice.account.address], anybody),
  }
}

describe('a token that says no', () => {
  it('by answering false is refused, where it takes and where it pays', async () => {
    const contracts = await loadHostile()
    const all = { ...takings(contracts), ...(await payments(contracts)) }
    await contracts.token.write.behave([MANNER.returnsFalse])
    for (const act of Object.values(all))
      await revertWithCustomError(act(), contracts.settlement, 'SafeERC20FailedOperation')
    assert.equal(await contracts.settlement.read.inboxCount(), 0n)
  })

  it('by reverting is refused with its own error, and leaves nothing behind', async () => {
    const contracts = await loadHostile()
    const { token, settlement, disputes, registry } = contracts
    const all = { ...takings(contracts), ...(await payments(contracts)) }
    const purse = await disputes.read.purseWei([alice.account.address])
    await token.write.behave([MANNER.reverts])
    for (const act of Object.values(all)) await revertWithCustomError(act(), token, 'Unwilling')
    assert.equal(await settlement.read.inboxCount(), 0n)
    assert.equal(await disputes.read.purseWei([alice.account.address]), purse)
    assert.equal((await registry.read.nodeOf([alice.account.address])).unbondingWei, AMOUNT_WEI)
  })

  it('by reverting in its permit does not hinder a deposit that is approved', async () => {
    const { token, settlement } = await loadHostile()
    await token.write.behave([MANNER.reverts])
    const depositing = settlement.write.depositWithPermit([AMOUNT_WEI, 0n, 27, zeroHash, zeroHash], asAlice)
    await revertWithCustomError(depositing, token, 'Unwilling')
    await token.write.behave([MANNER.plain])
    await settlement.write.depositWithPermit([AMOUNT_WEI, 0n, 27, zeroHash, zeroHash], asAlice)
    assert.equal(await settlement.read.inboxCount(), 1n)
  })
})

describe('a token that answers nothing', () => {
  it('is one that has done what it was asked for, as many tokens are', async () => {
    const contracts = await loadHostile()
    const { token, settlement, disputes } = contracts
    const paying = await payments(contracts)
    await token.write.behave([MANNER.returnsNothing])
    const { deposit, purse, bond } = takings(contracts)
    for (const act of [deposit, purse, bond, paying.bond, paying.purse, paying.stake]) await act()
    assert.equal((await settlement.read.inboxItem([0n])).amountMicrocredits, 5n)
    assert.equal(await token.read.balanceOf([disputes.address]), AMOUNT_WEI)
  })
})

describe('a token that keeps a fee, or says that it has paid and has not', () => {
  /** The contracts count what was asked for: they are for DPC alone, of which the whole amount arrives. */
  it('leaves less than is owed, so that the last who leaves is refused and nobody is paid twice', async () => {
    for (const manner of [MANNER.takesFee, MANNER.lies]) {
      const { token, disputes } = await loadHostile()
      await token.write.behave([manner])
      for (const { account } of [alice, bob]) await disputes.write.fund([CREDIT_WEI], { account })
      await token.write.behave([MANNER.plain])
      const arrived = await token.read.balanceOf([disputes.address])
      assert.equal(arrived, manner === MANNER.lies ? 0n : (2n * CREDIT_WEI * 9n) / 10n)
      if (arrived >= CREDIT_WEI) await disputes.write.withdraw([CREDIT_WEI], asAlice)
      const last = disputes.write.withdraw([CREDIT_WEI], { account: bob.account })
      await revertWithCustomError(last, token, 'ERC20InsufficientBalance')
      assert.equal(await disputes.read.purseWei([bob.account.address]), CREDIT_WEI)
    }
  })

  it('cannot be deployed with at all where there is no code', async () => {
    const deploying = viem.deployContract('NodeRegistry', [alice.account.address, bob.account.address, 1n])
    const registry = await deploying
    const staking = registry.write.registerNode([bob.account.address, 1n], asAlice)
    await revertWithCustomError(staking, registry, 'SafeERC20FailedOperation')
  })
})
