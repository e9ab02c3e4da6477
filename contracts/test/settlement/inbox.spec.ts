import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress, zeroAddress, zeroHash } from 'viem'
import {
  alice,
  bob,
  CREDIT_WEI,
  distribution,
  GENESIS_MICROCREDITS,
  guardian,
  INBOX_KIND,
  loadContracts,
  networkHelpers,
  poster,
  stranger,
  viem,
} from '../support/chain.ts'
import { FOREVER, randomNonce, signPermit, signReceive } from '../support/signatures.ts'

const { revertWithCustomErrorWithArgs: reverts, revertWithCustomError, emitWithArgs } = viem.assertions
const { account } = alice
const THREE_WEI = 3n * CREDIT_WEI
const THREE_MICROCREDITS = 3_000_000n

describe('the inbox', () => {
  it('begins with the genesis amounts, treasury first', async () => {
    const { settlement } = await loadContracts()
    const [treasury, rewards] = [await settlement.read.inboxItem([0n]), await settlement.read.inboxItem([1n])]
    assert.deepEqual([treasury.kind, rewards.kind], [INBOX_KIND.genesisTreasury, INBOX_KIND.genesisRewards])
    assert.deepEqual([treasury.account, rewards.account], [zeroAddress, zeroAddress])
    assert.deepEqual([treasury.detail, rewards.detail], [zeroHash, zeroHash])
    assert.equal(treasury.amountMicrocredits, 50_000_000n * 1_000_000n)
    assert.equal(rewards.totalMicrocredits, GENESIS_MICROCREDITS)
    assert.equal(await settlement.read.inboxCount(), 2n)
  })

  it('sums up every cut and refuses what has not arrived', async () => {
    const { settlement } = await loadContracts()
    await settlement.write.deposit([THREE_WEI], { account })
    assert.equal(await settlement.read.inboxTotal([0n]), 0n)
    assert.equal(await settlement.read.inboxTotal([2n]), GENESIS_MICROCREDITS)
    assert.equal(await settlement.read.inboxTotal([3n]), GENESIS_MICROCREDITS + THREE_MICROCREDITS)
    await reverts(settlement.read.inboxTotal([4n]), settlement, 'InboxItemUnknown', [3n, 3n])
    await reverts(settlement.read.inboxItem([3n]), settlement, 'InboxItemUnknown', [3n, 3n])
  })

  it('takes items when 32 bits no longer have all seconds of the clock, since it keeps those since its deployment', async () => {
    const { settlement } = await loadContracts()
    const at = 2n ** 32n
    await networkHelpers.time.setNextBlockTimestamp(at)
    await settlement.write.deposit([THREE_WEI], { account })
    assert.equal((await settlement.read.inboxItem([2n])).arrivedAt, at)
  })

  it('takes genesis amounts from the emission contract only', async () => {
    const { settlement } = await loadContracts()
    for (const { account: other } of [stranger, poster, guardian]) {
      const appending = settlement.write.appendGenesis([1n, 1n], { account: other })
      await reverts(appending, settlement, 'CallerNotEmission', [other.address])
    }
  })
})

describe('a deposit by approval', () => {
  it('enters the inbox for its sender and moves the tokens', async () => {
    const { settlement, token, addresses } = await loadContracts()
    const held = await token.read.balanceOf([addresses.settlement])
    const depositing = settlement.write.deposit([THREE_WEI], { account })
    const event = [2n, INBOX_KIND.deposit, account.address, THREE_MICROCREDITS] as const
    await emitWithArgs(depositing, settlement, 'InboxItemAppended', [
      ...event,
      GENESIS_MICROCREDITS + THREE_MICROCREDITS,
      zeroHash,
    ])
    assert.equal(await token.read.balanceOf([addresses.settlement]), held + THREE_WEI)
    const { arrivedAt, ...item } = await settlement.read.inboxItem([2n])
    assert.deepEqual(item, {
      kind: INBOX_KIND.deposit,
      account: getAddress(account.address),
      amountMicrocredits: THREE_MICROCREDITS,
      totalMicrocredits: GENESIS_MICROCREDITS + THREE_MICROCREDITS,
      detail: zeroHash,
    })
    assert.equal(arrivedAt, BigInt(await networkHelpers.time.latest()))
  })

  it('refuses nothing and what is no whole number of microcredits', async () => {
    const { settlement } = await loadContracts()
    await revertWithCustomError(settlement.write.deposit([0n], { account }), settlement, 'AmountZero')
    for (const amountWei of [1n, 10n ** 12n - 1n, 10n ** 12n + 1n]) {
      const depositing = settlement.write.deposit([amountWei], { account })
      await reverts(depositing, settlement, 'AmountNotWholeMicrocredits', [amountWei])
    }
  })

  it('refuses more than was approved or is there', async () => {
    const { settlement, token, addresses } = await loadContracts()
    const tooMuch = 1_001n * CREDIT_WEI
    const beyondAllowance = settlement.write.deposit([tooMuch], { account })
    await reverts(beyondAllowance, token, 'ERC20InsufficientAllowance', [
      addresses.settlement,
      1_000n * CREDIT_WEI,
      tooMuch,
    ])
    await token.write.approve([addresses.settlement, tooMuch], { account })
    const beyondBalance = settlement.write.deposit([tooMuch], { account })
    await reverts(beyondBalance, token, 'ERC20InsufficientBalance', [account.address, 1_000n * CREDIT_WEI, tooMuch])
    assert.equal(await settlement.read.inboxCount(), 2n)
  })
})

describe('a deposit by permit', () => {
  const wallet = distribution
  const owner = wallet.account.address

  it('needs no approval beforehand', async () => {
    const { settlement, addresses } = await loadContracts()
    const { v, r, s } = await signPermit(wallet, addresses, { value: THREE_WEI, nonce: 0n })
    await settlement.write.depositWithPermit([THREE_WEI, FOREVER, v, r, s], { account: wallet.account })
    assert.equal((await settlement.read.inboxItem([2n])).account.toLowerCase(), owner.toLowerCase())
  })

  it('succeeds when somebody has spent the permit before', async () => {
    const { settlement, token, addresses } = await loadContracts()
    const { v, r, s } = await signPermit(wallet, addresses, { value: THREE_WEI, nonce: 0n })
    const permit = [owner, addresses.settlement, THREE_WEI, FOREVER, v, r, s] as const
    await token.write.permit(permit, { account: stranger.account })
    await settlement.write.depositWithPermit([THREE_WEI, FOREVER, v, r, s], { account: wallet.account })
    assert.equal(await settlement.read.inboxCount(), 3n)
  })

  it('refuses a permit of another wallet, for another amount, or out of date', async () => {
    const { settlement, token, addresses } = await loadContracts()
    const foreign = await signPermit(bob, addresses, { value: THREE_WEI, nonce: 0n })
    const smaller = await signPermit(wallet, addresses, { value: CREDIT_WEI, nonce: 0n })
    const expired = await signPermit(wallet, addresses, { value: THREE_WEI, nonce: 0n, deadline: 1n })
    for (const [{ v, r, s }, deadline] of [
      [foreign, FOREVER],
      [smaller, FOREVER],
      [expired, 1n],
    ] as const) {
      const depositing = settlement.write.depositWithPermit([THREE_WEI, deadline, v, r, s], { account: wallet.account })
      await reverts(depositing, token, 'ERC20InsufficientAllowance', [addresses.settlement, 0n, THREE_WEI])
    }
  })
})

describe('a deposit by ERC-3009 authorisation', () => {
  it('is relayed by anybody and credits the signer', async () => {
    const { settlement, addresses } = await loadContracts()
    const nonce = randomNonce()
    const { v, r, s } = await signReceive(alice, addresses, { value: THREE_WEI, nonce })
    await settlement.write.depositWithAuthorization([account.address, THREE_WEI, 0n, FOREVER, nonce, v, r, s], {
      account: stranger.account,
    })
    assert.equal((await settlement.read.inboxItem([2n])).account.toLowerCase(), account.address.toLowerCase())
  })

  it('refuses a replay, another signer and another amount', async () => {
    const { settlement, token, addresses } = await loadContracts()
    const nonce = randomNonce()
    const { v, r, s } = await signReceive(alice, addresses, { value: THREE_WEI, nonce })
    const relayer = { account: stranger.account }
    const withFrom = (from: `0x${string}`, amountWei: bigint) =>
      settlement.write.depositWithAuthorization([from, amountWei, 0n, FOREVER, nonce, v, r, s], relayer)
    await revertWithCustomError(withFrom(bob.account.address, THREE_WEI), token, 'ERC3009InvalidSignature')
    await revertWithCustomError(withFrom(account.address, CREDIT_WEI), token, 'ERC3009InvalidSignature')
    await withFrom(account.address, THREE_WEI)
    await revertWithCustomError(withFrom(account.address, THREE_WEI), token, 'ERC3009UsedAuthorization')
    assert.equal(await settlement.read.inboxCount(), 3n)
  })

  it('refuses amounts that are no whole number of microcredits', async () => {
    const { settlement, addresses } = await loadContracts()
    const nonce = randomNonce()
    const value = CREDIT_WEI + 1n
    const { v, r, s } = await signReceive(alice, addresses, { value, nonce })
    const depositing = settlement.write.depositWithAuthorization([account.address, value, 0n, FOREVER, nonce, v, r, s])
    await reverts(depositing, settlement, 'AmountNotWholeMicrocredits', [value])
  })
})

describe('stopping deposits', () => {
  it('is up to the guardian alone, and happens once', async () => {
    const { settlement } = await loadContracts()
    for (const { account: other } of [stranger, poster]) {
      const stopping = settlement.write.stopDeposits({ account: other })
      await reverts(stopping, settlement, 'CallerNotGuardian', [other.address])
    }
    await emitWithArgs(settlement.write.stopDeposits({ account: guardian.account }), settlement, 'DepositsStopped', [])
    const again = settlement.write.stopDeposits({ account: guardian.account })
    await revertWithCustomError(again, settlement, 'DepositsAreStopped')
  })

  it('refuses every kind of deposit from then on', async () => {
    const { settlement, addresses } = await loadContracts()
    await settlement.write.stopDeposits({ account: guardian.account })
    const nonce = randomNonce()
    const permit = await signPermit(alice, addresses, { value: THREE_WEI, nonce: 0n })
    const authorisation = await signReceive(alice, addresses, { value: THREE_WEI, nonce })
    const attempts = [
      settlement.write.deposit([THREE_WEI], { account }),
      settlement.write.depositWithPermit([THREE_WEI, FOREVER, permit.v, permit.r, permit.s], { account }),
      settlement.write.depositWithAuthorization([
        account.address,
        THREE_WEI,
        0n,
        FOREVER,
        nonce,
        authorisation.v,
        authorisation.r,
        authorisation.s,
      ]),
    ]
    for (const attempt of attempts) await revertWithCustomError(attempt, settlement, 'DepositsAreStopped')
  })
})
