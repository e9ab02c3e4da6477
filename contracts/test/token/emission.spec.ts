import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { getAddress, numberToHex, zeroAddress } from 'viem'
import { predictAddresses } from '../../deploy/index.ts'
import { dpcTokenAbi, dpcTokenBytecode, emissionAbi, emissionBytecode } from '../../generated/index.ts'
import {
  CAP_WEI,
  CREDIT_WEI,
  deployer,
  INBOX_KIND,
  loadContracts,
  networkHelpers,
  poster,
  publicClient,
  stranger,
  viem,
  WEI_PER_MICROCREDIT,
} from '../support/chain.ts'
import { passWindow, postEpoch, postFinalEpoch } from '../support/operator.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs: reverts, emitWithArgs } = viem.assertions
const DAY_SECONDS = 86_400n
const HALVING_SECONDS = 730n * DAY_SECONDS
const DAILY_WEI = 100_000n * CREDIT_WEI

const other = stranger.account.address
const deploy = (args: readonly [`0x${string}`, `0x${string}`, `0x${string}`, bigint]) =>
  deployer.deployContract({ abi: emissionAbi, bytecode: emissionBytecode, args })

describe('genesis', () => {
  it('mints 15 % of the cap into settlement and 5 % to the distribution wallet', async () => {
    const { token, settlement, emission, addresses } = await loadContracts()
    assert.equal(await token.read.totalSupply(), (CAP_WEI * 20n) / 100n)
    const reserveWei = (await token.read.balanceOf([addresses.settlement])) - (await settlement.read.bondWei())
    assert.equal(reserveWei, (CAP_WEI * 15n) / 100n)
    assert.equal(await emission.read.GENESIS_DISTRIBUTION_WEI(), (CAP_WEI * 5n) / 100n)
    const inboxWei = (await settlement.read.inboxTotal([2n])) * 10n ** 12n
    assert.equal(inboxWei, reserveWei)
    const [told] = await emission.getEvents.GenesisMinted({ fromBlock: 0n })
    const treasuryWei = await emission.read.genesisTreasuryWei()
    const distributionWei = (CAP_WEI * 5n) / 100n
    assert.deepEqual(told?.args, { treasuryWei, rewardsWei: reserveWei - treasuryWei, distributionWei })
  })

  it('happens once', async () => {
    const { emission, token } = await loadContracts()
    const supply = await token.read.totalSupply()
    for (const { account } of [deployer, stranger])
      await revertWithCustomError(emission.write.genesis({ account }), emission, 'GenesisAlreadyMinted')
    assert.equal(await token.read.totalSupply(), supply)
  })
})

describe('genesis called by somebody in the middle of a deployment', () => {
  it('mints nothing while settlement does not stand, so that the deployment can go on', async () => {
    const nonce = await publicClient.getTransactionCount({ address: deployer.account.address })
    const { token: tokenAt, emission, settlement } = predictAddresses(deployer.account.address, nonce)
    await deployer.deployContract({ abi: dpcTokenAbi, bytecode: dpcTokenBytecode, args: [emission] })
    await deploy([tokenAt, settlement, other, 0n])
    const early = stranger.writeContract({ address: emission, abi: emissionAbi, functionName: 'genesis' })
    await assert.rejects(early)
    const supply = await publicClient.readContract({ address: tokenAt, abi: dpcTokenAbi, functionName: 'totalSupply' })
    assert.equal(supply, 0n)
  })
})

describe('the emission contract', () => {
  it('cannot be deployed without token, settlement or distribution wallet', async () => {
    const { emission } = await loadContracts()
    for (const args of [
      [zeroAddress, other, other, 0n],
      [other, zeroAddress, other, 0n],
      [other, other, zeroAddress, 0n],
    ] as const)
      await revertWithCustomError(deploy(args), emission, 'EmissionAddressZero')
  })

  it('cannot give the treasury more than there is, or fractions of a microcredit', async () => {
    const { emission } = await loadContracts()
    const allWei = (CAP_WEI * 15n) / 100n
    for (const treasuryWei of [allWei + 10n ** 12n, 1n])
      await revertWithCustomError(deploy([other, other, other, treasuryWei]), emission, 'GenesisTreasuryInvalid')
    await deploy([other, other, other, allWei])
  })
})

describe('the emission of an epoch', () => {
  it('is had by the settlement contract alone', async () => {
    const { emission } = await loadContracts()
    for (const { account } of [stranger, poster, deployer]) {
      const minting = emission.write.mintEpoch([CREDIT_WEI, 2n ** 32n], { account })
      await reverts(minting, emission, 'CallerNotSettlement', [getAddress(account.address)])
    }
  })

  it('is half of what the epoch burns, in whole microcredits, and enters the inbox for it', async () => {
    const contracts = await loadContracts()
    const { settlement, token, addresses } = contracts
    const held = await token.read.balanceOf([addresses.settlement])
    const total = await settlement.read.inboxTotal([2n])
    const epoch = await postFinalEpoch(contracts, { burnMicrocredits: 11n })
    assert.equal(await token.read.balanceOf([addresses.settlement]), held - 6n * WEI_PER_MICROCREDIT)
    const { arrivedAt, ...item } = await settlement.read.inboxItem([2n])
    assert.deepEqual(item, {
      kind: INBOX_KIND.emission,
      account: zeroAddress,
      amountMicrocredits: 5n,
      totalMicrocredits: total + 5n,
      detail: numberToHex(epoch, { size: 32 }),
    })
    assert.equal(arrivedAt, await settlement.read.finalisedAt())
  })

  it('is nothing for an epoch that burns nothing, or too little, and adds no item', async () => {
    const contracts = await loadContracts()
    const { settlement, emission } = contracts
    for (const burnMicrocredits of [0n, 1n]) {
      const epoch = await postFinalEpoch(contracts, { burnMicrocredits })
      assert.equal(await settlement.read.inboxCount(), 2n)
      assert.equal(await emission.read.mintedUntil(), (await settlement.read.epoch([epoch])).completedAt)
    }
  })

  it('is at most what the schedule gives for the time since the epoch before, and is not caught up later', async () => {
    const contracts = await loadContracts()
    const { settlement, emission } = contracts
    const burnMicrocredits = 10_000_000n * 1_000_000n
    await postFinalEpoch(contracts, {})
    const before = await emission.read.mintedUntil()
    const epoch = await postEpoch(contracts, { burnMicrocredits })
    await passWindow()
    const finalising = settlement.write.finalise([epoch], { account: stranger.account })
    await finalising
    const elapsed = (await emission.read.mintedUntil()) - before
    const dueWei = scheduleFor(0n, (await emission.read.mintedUntil()) - (await emission.read.startedAt()))
    const sinceWei = dueWei - scheduleFor(0n, before - (await emission.read.startedAt()))
    assert.ok(sinceWei - (DAILY_WEI * elapsed) / DAY_SECONDS <= 1n)
    const mintedWei = sinceWei - (sinceWei % WEI_PER_MICROCREDIT)
    const burntWei = burnMicrocredits * WEI_PER_MICROCREDIT
    await emitWithArgs(finalising, emission, 'EpochMinted', [mintedWei, burntWei, sinceWei])
    assert.equal((await settlement.read.inboxItem([2n])).amountMicrocredits, mintedWei / WEI_PER_MICROCREDIT)
  })
})

describe('the emission at the cap, which the schedule never comes near', () => {
  it('is at most what the cap leaves', async () => {
    const { emission, token, addresses } = await loadContracts()
    for (const account of [addresses.emission, addresses.settlement]) {
      await networkHelpers.impersonateAccount(account)
      await networkHelpers.setBalance(account, CREDIT_WEI)
    }
    const leftWei = 5n * WEI_PER_MICROCREDIT
    const supply = await token.read.totalSupply()
    await token.write.mint([other, CAP_WEI - supply - leftWei], { account: addresses.emission })
    const later = (await emission.read.mintedUntil()) + DAY_SECONDS
    for (const [completedAt, mintedWei] of [
      [later, leftWei],
      [later + DAY_SECONDS, 0n],
    ] as const) {
      const minting = emission.write.mintEpoch([CREDIT_WEI, completedAt], { account: addresses.settlement })
      const due = scheduleFor(0n, completedAt - (await emission.read.startedAt()))
      const dueBefore = scheduleFor(0n, completedAt - DAY_SECONDS - (await emission.read.startedAt()))
      await emitWithArgs(minting, emission, 'EpochMinted', [mintedWei, CREDIT_WEI, due - dueBefore])
      assert.equal(await token.read.totalSupply(), CAP_WEI)
    }
  })
})

describe('the emission of epochs that become final together, as a demand on the first one can bring about', () => {
  it('is what it would have been one after the other', async () => {
    const contracts = await loadContracts()
    const { settlement, addresses } = contracts
    const burnMicrocredits = 200_000_000n
    await networkHelpers.time.increase(600)
    const first = await postEpoch(contracts, { burnMicrocredits })
    const finalAt = (await settlement.read.epoch([first])).finalAt + 7_200n
    await settlement.write.openDemand([first, finalAt], { account: addresses.disputes })
    await networkHelpers.time.increase(600)
    const second = await postEpoch(contracts, { burnMicrocredits })
    await settlement.write.closeDemand([first], { account: addresses.disputes })
    await networkHelpers.time.increaseTo(finalAt)
    for (const epoch of [first, second]) await settlement.write.finalise([epoch])
    const minted = await Promise.all([2n, 3n].map(index => settlement.read.inboxItem([index])))
    const amounts = minted.map(({ amountMicrocredits }) => amountMicrocredits)
    assert.deepEqual(amounts, [burnMicrocredits / 2n, burnMicrocredits / 2n])
  })
})

describe('the schedule of emission', () => {
  it('gives 100 000 DPC a day and half as much every two years', async () => {
    const { emission } = await loadContracts()
    const expected = [
      [0n, 0n],
      [DAY_SECONDS, DAILY_WEI],
      [HALVING_SECONDS, 730n * DAILY_WEI],
      [HALVING_SECONDS + DAY_SECONDS, 730n * DAILY_WEI + DAILY_WEI / 2n],
      [3n * HALVING_SECONDS, (730n * DAILY_WEI * 7n) / 4n],
    ] as const
    for (const [seconds, wei] of expected) assert.equal(await emission.read.scheduledWei([seconds]), wei)
    // The network's last second is far beyond the last halving, and never minted twice what the first period gives.
    assert.ok((await emission.read.scheduledWei([2n ** 64n - 1n])) <= 2n * 730n * DAILY_WEI)
  })

  it('is the sum over its halvings at any time, and never falls', async () => {
    const { emission } = await loadContracts()
    const anyTime = fc.bigInt({ min: 0n, max: 200n * HALVING_SECONDS })
    const property = fc.asyncProperty(anyTime, fc.bigInt({ min: 0n, max: HALVING_SECONDS }), async (from, span) => {
      const [before, after] = await Promise.all([
        emission.read.scheduledWei([from]),
        emission.read.scheduledWei([from + span]),
      ])
      assert.ok(before <= after)
      // Rounding down happens once for each of both, and once for each halving in the sum.
      const difference = after - before - scheduleFor(from, from + span)
      assert.ok(difference >= -256n && difference <= 256n, String(difference))
    })
    await fc.assert(property, { numRuns: 100, seed: 20_261_121 })
  })
})

describe('whatever is burnt and however long epochs take', () => {
  it('no more is minted than the schedule gives, nor than half of what was burnt', async () => {
    const anEpoch = fc.record({
      burnMicrocredits: fc.oneof(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: 4_000_000_000_000n })),
      waitSeconds: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100_000_000 })),
    })
    const property = fc.asyncProperty(fc.array(anEpoch, { minLength: 1, maxLength: 6 }), async epochs => {
      const contracts = await loadContracts()
      const { settlement, emission, token } = contracts
      const startedAt = await emission.read.startedAt()
      const supply = await token.read.totalSupply()
      let burnt = 0n
      let minted = 0n
      for (const { burnMicrocredits, waitSeconds } of epochs) {
        await networkHelpers.time.increase(waitSeconds)
        const since = await emission.read.mintedUntil()
        const count = await settlement.read.inboxCount()
        await postFinalEpoch(contracts, { burnMicrocredits })
        const due = scheduleFor(since - startedAt, (await emission.read.mintedUntil()) - startedAt)
        const hasItem = (await settlement.read.inboxCount()) > count
        const amount = hasItem ? (await settlement.read.inboxItem([count])).amountMicrocredits : 0n
        assert.ok(amount * WEI_PER_MICROCREDIT <= due + 256n)
        assert.ok(amount * 2n <= burnMicrocredits)
        burnt += burnMicrocredits
        minted += amount
      }
      assert.equal(await token.read.totalSupply(), supply - (burnt - minted) * WEI_PER_MICROCREDIT)
    })
    await fc.assert(property, { numRuns: 20, seed: 20_261_122 })
  })
})

/** What the rate gives between two times after the start, added up halving by halving. */
function scheduleFor(from: bigint, to: bigint): bigint {
  let sum = 0n
  for (let at = from; at < to; ) {
    const halvings = at / HALVING_SECONDS
    const end = (halvings + 1n) * HALVING_SECONDS < to ? (halvings + 1n) * HALVING_SECONDS : to
    sum += (((730n * DAILY_WEI) >> halvings) * (end - at)) / HALVING_SECONDS
    at = end
  }
  return sum
}
