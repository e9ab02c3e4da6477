/** Nothing, one, and the most: amounts at the ends of what the books can hold. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from 'viem'
import { encodeRows } from '../../rows/rows.ts'
import { WEI_PER_MICROCREDIT } from '../support/constants.ts'
import { alice, bob, INBOX_AGE_SECONDS, loadHostile, networkHelpers, poster, viem } from './hostile-chain.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs } = viem.assertions
const asAlice = { account: alice.account }
const asPoster = { account: poster.account }
const UINT64_MAX = 2n ** 64n - 1n
const UINT128_MAX = 2n ** 128n - 1n
const overflows = (transaction: Promise<unknown>) => assert.rejects(transaction, /overflow/)

/** Contracts with a token of which alice has as much as a token can have. */
async function loadRich() {
  const contracts = await loadHostile()
  const minted = await contracts.token.read.totalSupply()
  await contracts.token.write.mint([alice.account.address, 2n ** 256n - 1n - minted])
  return contracts
}

describe('a deposit', () => {
  it('of nothing is refused in each way', async () => {
    const { settlement } = await loadHostile()
    const authorised = [alice.account.address, 0n, 0n, UINT64_MAX, zeroHash, 27, zeroHash, zeroHash] as const
    for (const depositing of [
      settlement.write.deposit([0n], asAlice),
      settlement.write.depositWithPermit([0n, 0n, 27, zeroHash, zeroHash], asAlice),
      settlement.write.depositWithAuthorization(authorised, asAlice),
    ])
      await revertWithCustomError(depositing, settlement, 'AmountZero')
  })

  it('of one wei is refused, of one microcredit taken', async () => {
    const { settlement } = await loadHostile()
    await revertWithCustomErrorWithArgs(
      settlement.write.deposit([1n], asAlice),
      settlement,
      'AmountNotWholeMicrocredits',
      [1n],
    )
    await settlement.write.deposit([WEI_PER_MICROCREDIT], asAlice)
    assert.equal(await settlement.read.inboxTotal([1n]), 1n)
  })

  it('of more than 2^64 - 1 microcredits is refused, and so is what brings the sum there', async () => {
    const { settlement } = await loadRich()
    const tooMuch = settlement.write.deposit([(UINT64_MAX + 1n) * WEI_PER_MICROCREDIT], asAlice)
    await revertWithCustomErrorWithArgs(tooMuch, settlement, 'SafeCastOverflowedUintDowncast', [64, UINT64_MAX + 1n])
    const whole = (2n ** 256n - 1n) / WEI_PER_MICROCREDIT
    const most = settlement.write.deposit([whole * WEI_PER_MICROCREDIT], asAlice)
    await revertWithCustomErrorWithArgs(most, settlement, 'SafeCastOverflowedUintDowncast', [64, whole])
    await settlement.write.deposit([UINT64_MAX * WEI_PER_MICROCREDIT], asAlice)
    assert.equal(await settlement.read.inboxTotal([1n]), UINT64_MAX)
    await overflows(settlement.write.deposit([WEI_PER_MICROCREDIT], asAlice))
    assert.equal(await settlement.read.inboxCount(), 1n)
  })
})

describe('an epoch', () => {
  it('of the most that there can be closes, and rows and burns beyond it do not wrap around', async () => {
    const { settlement } = await loadRich()
    await settlement.write.deposit([UINT64_MAX * WEI_PER_MICROCREDIT], asAlice)
    await networkHelpers.time.increase(INBOX_AGE_SECONDS)
    const row = (payeeId: number) => ({
      ...{ payeeId, incrementMicrocredits: UINT64_MAX, cumulativeMicrocredits: UINT64_MAX, previousEpoch: 0 },
    })
    const header = {
      ...{
        parent: 0n,
        inboxCut: 1n,
        journalPosition: UINT64_MAX,
        closedAt: BigInt(await networkHelpers.time.latest()),
      },
      ...{
        journalHash: zeroHash,
        burnMicrocredits: 0n,
        leavesRoot: zeroHash,
        leavesTotalMicrocredits: 0n,
        rowCount: 2,
      },
    }
    const rows = encodeRows([row(1), row(2)])
    for (const [fields, accounted] of [
      [{}, 2n * UINT64_MAX],
      [{ burnMicrocredits: UINT64_MAX, leavesTotalMicrocredits: UINT64_MAX }, 4n * UINT64_MAX],
    ] as const) {
      const posting = settlement.write.postEpoch([{ ...header, ...fields }, rows], asPoster)
      await revertWithCustomErrorWithArgs(posting, settlement, 'BooksDoNotClose', [UINT64_MAX, accounted])
    }
    await settlement.write.postEpoch([{ ...header, rowCount: 1 }, encodeRows([row(1)])], asPoster)
    assert.equal((await settlement.read.epoch([1n])).payoutsTotalMicrocredits, UINT64_MAX)
  })
})

describe('what is asked for through the inbox', () => {
  it('is any amount but nothing, and any nonce once', async () => {
    const { settlement } = await loadHostile()
    await revertWithCustomError(settlement.write.forceWithdrawal([0n], asAlice), settlement, 'AmountZero')
    for (const amount of [1n, UINT64_MAX]) await settlement.write.forceWithdrawal([amount], asAlice)
    assert.equal(await settlement.read.inboxTotal([2n]), 0n)
    const delegate = bob.account.address
    await settlement.write.revoke([delegate, UINT64_MAX], asAlice)
    const again = settlement.write.revoke([delegate, UINT64_MAX], asAlice)
    await revertWithCustomErrorWithArgs(again, settlement, 'RevocationNotNewer', [UINT64_MAX, UINT64_MAX])
  })
})

describe('a bond, a purse and a stake', () => {
  it('overflow nowhere: what is beyond 256 bits is refused, and a stake beyond 128', async () => {
    const { settlement, disputes, registry, token } = await loadRich()
    const rich = await token.read.balanceOf([alice.account.address])
    await disputes.write.fund([1n], asAlice)
    await overflows(disputes.write.fund([2n ** 256n - 1n], asAlice))
    await overflows(settlement.write.addBond([2n ** 256n - 1n], asAlice))
    const stake = (amount: bigint) => registry.write.registerNode([bob.account.address, amount], asAlice)
    await revertWithCustomErrorWithArgs(stake(UINT128_MAX + 1n), registry, 'SafeCastOverflowedUintDowncast', [
      128,
      UINT128_MAX + 1n,
    ])
    await stake(UINT128_MAX)
    await overflows(registry.write.addStake([alice.account.address, 1n], asAlice))
    const { stakeWei } = await registry.read.nodeOf([alice.account.address])
    assert.equal(stakeWei, UINT128_MAX)
    assert.equal(await token.read.balanceOf([alice.account.address]), rich - 1n - UINT128_MAX)
  })

  it('take nothing where nothing is given, but a purse, whose nothing changes nothing', async () => {
    const { settlement, disputes, registry } = await loadHostile()
    await revertWithCustomError(settlement.write.addBond([0n], asAlice), settlement, 'AmountZero')
    await registry.write.registerNode([bob.account.address, 0n], asAlice)
    const node = alice.account.address
    await revertWithCustomError(registry.write.addStake([node, 0n], asAlice), registry, 'StakeZero')
    await disputes.write.fund([0n], asAlice)
    await disputes.write.withdraw([0n], asAlice)
    assert.equal(await disputes.read.purseWei([node]), 0n)
  })
})
