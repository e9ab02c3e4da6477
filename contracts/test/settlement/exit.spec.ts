/** The way out: everything that ever arrived is taken out once, and nothing twice. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, concatHex, getAddress, keccak256, pad, slice, toHex, zeroHash } from 'viem'
import { encodeRows } from '../../rows/rows.ts'
import {
  alice,
  bob,
  CANCEL_REASON,
  type Contracts,
  CREDIT_WEI,
  carol,
  EPOCH_STATUS,
  EXIT_SECONDS,
  loadContracts,
  networkHelpers,
  poster,
  stranger,
  viem,
  WEI_PER_MICROCREDIT,
} from '../support/chain.ts'
import { ownLeaf, payableLeaf, postLeaves, proofOf, walletLeaf } from '../support/leaves.ts'
import { claimOf, firstRow, headerFor, passWindow, postEpoch } from '../support/operator.ts'
import { type PlacedLeaf, placeOf, placeOfName, placeOfPayable } from '../support/trees.ts'

const { revertWithCustomErrorWithArgs: reverts, revertWithCustomError, emitWithArgs } = viem.assertions
const anybody = { account: stranger.account }
const [aliceAt, bobAt, carolAt] = [alice, bob, carol].map(({ account }) => getAddress(account.address)) as [
  Address,
  Address,
  Address,
]

/** Starts the exit in the first second in which that is possible. */
async function startExit({ settlement }: Contracts): Promise<void> {
  await networkHelpers.time.setNextBlockTimestamp((await settlement.read.finalisedAt()) + EXIT_SECONDS)
  await settlement.write.startExit(anybody)
}

/** A final epoch: alice has 3 available and 4 held, bob waits for 5, carol was paid 6, 8 were burnt; 2 wait in clearing. */
async function finalEpoch(contracts: Contracts): Promise<{ epoch: bigint; leaves: PlacedLeaf[] }> {
  const leaves = [
    walletLeaf(aliceAt, { available: 3n, held: 4n }),
    payableLeaf(bobAt, 5n),
    ownLeaf('rewards', 1n),
    ownLeaf('clearing', 2n),
  ]
  const posted = await postLeaves(contracts, leaves, { rows: [firstRow(3, 6n)], burnMicrocredits: 8n })
  await passWindow()
  await contracts.settlement.write.finalise([posted.epoch])
  return posted
}

describe('starting the exit', () => {
  it('is refused before N has passed since deployment, or since the last finalisation', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    for (const _ of ['deployed', 'finalised']) {
      const startableAt = (await settlement.read.finalisedAt()) + EXIT_SECONDS
      await networkHelpers.time.setNextBlockTimestamp(startableAt - 1n)
      await reverts(settlement.write.startExit(anybody), settlement, 'ExitTooEarly', [startableAt])
      await finalEpoch(contracts)
    }
  })

  it('is refused while an epoch waits to be finalised only', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const epoch = await postEpoch(contracts)
    await networkHelpers.time.increase(EXIT_SECONDS)
    await reverts(settlement.write.startExit(anybody), settlement, 'EpochToFinalise', [epoch])
    await settlement.write.finalise([epoch])
    await revertWithCustomError(settlement.write.startExit(anybody), settlement, 'ExitTooEarly')
  })

  it('happens once, says from where, and cancels what is not final, demands or not', async () => {
    const contracts = await loadContracts()
    const { settlement, addresses } = contracts
    const { epoch } = await finalEpoch(contracts)
    const inboxCut = (await settlement.read.epoch([epoch])).inboxCut
    await networkHelpers.time.increase(EXIT_SECONDS)
    const pending = await postEpoch(contracts)
    await settlement.write.openDemand([pending, 1n], { account: addresses.disputes })
    const rows = [firstRow(1, 1n), firstRow(2, 1n)]
    await settlement.write.postEpoch([await headerFor(contracts, { rows }), encodeRows(rows.slice(0, 1))])
    const at = BigInt(await networkHelpers.time.latest()) + 3n
    await networkHelpers.time.setNextBlockTimestamp(at)
    const starting = settlement.write.startExit(anybody)
    await emitWithArgs(starting, settlement, 'ExitStartedAt', [at, epoch, inboxCut])
    await emitWithArgs(starting, settlement, 'EpochCancelled', [epoch + 1n, 3n, epoch, CANCEL_REASON.exit])
    assert.equal(await settlement.read.epochStatus([pending]), EPOCH_STATUS.cancelled)
    assert.equal(await settlement.read.epochStatus([3n]), EPOCH_STATUS.lapsed)
    assert.equal(await settlement.read.exitStartedAt(), at)
    await settlement.write.closeDemand([pending], { account: addresses.disputes })
    await revertWithCustomError(settlement.write.startExit(anybody), settlement, 'ExitStarted')
  })
})

describe('before the exit', () => {
  it('nothing is taken out', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const { leaves } = await finalEpoch(contracts)
    const attempts = [
      settlement.write.exitClaim([aliceAt, false, ...proofOf(leaves, placeOf(aliceAt))]),
      settlement.write.exitBurn(['treasury', ...proofOf(leaves, placeOfName('treasury'))]),
      settlement.write.exitDeposit([2n]),
      settlement.write.exitBurnItem([0n]),
    ]
    for (const attempt of attempts) await revertWithCustomError(attempt, settlement, 'ExitNotStarted')
  })
})

describe('after the exit has started', () => {
  it('nothing new begins', async () => {
    const contracts = await loadContracts()
    const { settlement, addresses } = contracts
    const header = await headerFor(contracts, {})
    await startExit(contracts)
    const disputes = { account: addresses.disputes }
    const { account } = alice
    const attempts = [
      settlement.write.postEpoch([header, '0x']),
      settlement.write.postRows([1n, '0x']),
      settlement.write.deposit([CREDIT_WEI], { account }),
      settlement.write.forceWithdrawal([1n], { account }),
      settlement.write.revoke([bobAt, 1n], { account }),
      settlement.write.appendReceipt([bobAt, keccak256(toHex('receipt'))], disputes),
      settlement.write.openDemand([1n, 1n], disputes),
    ]
    for (const attempt of attempts) await revertWithCustomError(attempt, settlement, 'ExitStarted')
  })

  it('the poster takes its whole bond', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await networkHelpers.time.increase(EXIT_SECONDS)
    await postEpoch(contracts)
    await settlement.write.startExit(anybody)
    await settlement.write.withdrawBond([await settlement.read.bondWei()], { account: poster.account })
    assert.equal(await settlement.read.bondWei(), 0n)
  })

  it('payouts of final epochs are claimed as before', async () => {
    const contracts = await loadContracts()
    const { settlement, token } = contracts
    const { epoch } = await finalEpoch(contracts)
    await startExit(contracts)
    const before = await token.read.balanceOf([carolAt])
    await settlement.write.claim(claimOf(epoch, [firstRow(3, 6n)], 0), anybody)
    assert.equal(await token.read.balanceOf([carolAt]), before + 6n * WEI_PER_MICROCREDIT)
  })
})

describe('a leaf', () => {
  it('is refused with another amount, account, kind or way, and when no epoch was ever final', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const { epoch, leaves } = await finalEpoch(contracts)
    await startExit(contracts)
    const [leaf, siblings] = proofOf(leaves, placeOf(aliceAt))
    const wrong = [
      [aliceAt, false, { ...leaf, available: leaf.available + 1n }, siblings],
      [aliceAt, false, { ...leaf, available: 4n, held: 3n }, siblings],
      [aliceAt, false, { ...leaf, receiptSequence: 1n }, siblings],
      [aliceAt, false, { ...leaf, lanesRoot: keccak256(zeroHash) }, siblings],
      [aliceAt, true, leaf, siblings],
      [bobAt, false, leaf, siblings],
      [aliceAt, false, leaf, '0x'],
      [aliceAt, false, leaf, concatHex([siblings, '0x00'])],
      [aliceAt, false, leaf, slice(siblings, 48)],
      [aliceAt, false, leaf, pad('0x', { size: 129 * 48 })],
    ] as const
    for (const args of wrong)
      await reverts(settlement.write.exitClaim([...args], anybody), settlement, 'LeafProofInvalid', [epoch])
    const none = await loadContracts()
    await startExit(none)
    const unposted = none.settlement.write.exitClaim([aliceAt, false, leaf, siblings], anybody)
    await reverts(unposted, none.settlement, 'LeafProofInvalid', [0n])
  })

  it('of a cancelled epoch is worth nothing', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const { epoch } = await finalEpoch(contracts)
    await networkHelpers.time.increase(EXIT_SECONDS)
    const { leaves } = await postLeaves(contracts, [walletLeaf(bobAt, { available: 1_000n })])
    await settlement.write.startExit(anybody)
    const claiming = settlement.write.exitClaim([bobAt, false, ...proofOf(leaves, placeOf(bobAt))], anybody)
    await reverts(claiming, settlement, 'LeafProofInvalid', [epoch])
  })

  it('pays its account available and held, once, whoever asks', async () => {
    const contracts = await loadContracts()
    const { settlement, token } = contracts
    const { leaves } = await finalEpoch(contracts)
    await startExit(contracts)
    for (const [account, isPayable, place, amount] of [
      [aliceAt, false, placeOf(aliceAt), 7n],
      [bobAt, true, placeOfPayable(bobAt), 5n],
    ] as const) {
      const before = await token.read.balanceOf([account])
      const args = [account, isPayable, ...proofOf(leaves, place)] as const
      const claiming = settlement.write.exitClaim(args, anybody)
      await emitWithArgs(claiming, settlement, 'ExitClaimed', [account, isPayable, amount])
      assert.equal(await token.read.balanceOf([account]), before + amount * WEI_PER_MICROCREDIT)
      await reverts(settlement.write.exitClaim(args, anybody), settlement, 'LeafTaken', [place])
      assert.equal(await settlement.read.isLeafTaken([place]), true)
    }
  })

  it('that has nothing pays nothing, and stays untaken', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const empty = walletLeaf(carolAt, { available: 0n })
    const { epoch, leaves } = await postLeaves(contracts, [walletLeaf(aliceAt, { available: 3n }), empty])
    await passWindow()
    await settlement.write.finalise([epoch])
    await startExit(contracts)
    const [leaf, siblings] = proofOf(leaves, placeOf(carolAt))
    const claiming = settlement.write.exitClaim([carolAt, false, leaf, siblings], anybody)
    await revertWithCustomError(claiming, settlement, 'AmountZero')
    assert.equal(await settlement.read.isLeafTaken([placeOf(carolAt)]), false)
  })

  it('is paid beside others that were, each once', async () => {
    const contracts = await loadContracts()
    const { settlement, token, addresses } = contracts
    const accounts = Array.from({ length: 24 }, (_, i) => getAddress(toHex(0x2000_0000 + i, { size: 20 })))
    const held = accounts.map((account, i) => walletLeaf(account, { available: BigInt(i + 1) }))
    const { epoch, leaves } = await postLeaves(contracts, held)
    await passWindow()
    await settlement.write.finalise([epoch])
    await startExit(contracts)
    for (const account of accounts) {
      const args = [account, false, ...proofOf(leaves, placeOf(account))] as const
      assert.equal(await settlement.read.isLeafTaken([placeOf(account)]), false)
      await settlement.write.exitClaim(args, anybody)
      await reverts(settlement.write.exitClaim(args, anybody), settlement, 'LeafTaken', [placeOf(account)])
      assert.equal(await settlement.read.isLeafTaken([placeOf(account)]), true)
    }
    await settlement.write.exitBurn(['treasury', ...proofOf(leaves, placeOfName('treasury'))])
    for (const account of accounts.slice(0, 3))
      assert.equal(await token.read.balanceOf([account]), BigInt(accounts.indexOf(account) + 1) * WEI_PER_MICROCREDIT)
    assert.equal(await token.read.balanceOf([addresses.settlement]), await settlement.read.bondWei())
  })

  it('of the network itself is burnt, and no other', async () => {
    const contracts = await loadContracts()
    const { settlement, token } = contracts
    const { leaves } = await finalEpoch(contracts)
    await startExit(contracts)
    const [leaf, siblings] = proofOf(leaves, placeOf(aliceAt))
    for (const name of ['', 'Treasury', 'payable:', 'burn'])
      await reverts(settlement.write.exitBurn([name, leaf, siblings]), settlement, 'NameUnknown', [name])
    for (const name of ['treasury', 'rewards', 'clearing']) {
      const [own, beside] = proofOf(leaves, placeOfName(name))
      const supply = await token.read.totalSupply()
      const burning = settlement.write.exitBurn([name, own, beside], anybody)
      await emitWithArgs(burning, settlement, 'ExitBurnt', [name, own.available])
      assert.equal(await token.read.totalSupply(), supply - own.available * WEI_PER_MICROCREDIT)
      await revertWithCustomError(settlement.write.exitBurn([name, own, beside]), settlement, 'LeafTaken')
    }
  })
})

describe('an inbox item above the last final cut', () => {
  it('returns to its depositor, once', async () => {
    const contracts = await loadContracts()
    const { settlement, token } = contracts
    await settlement.write.deposit([CREDIT_WEI], { account: alice.account })
    await finalEpoch(contracts)
    const index = await settlement.read.inboxCount()
    await settlement.write.deposit([2n * CREDIT_WEI], { account: alice.account })
    await settlement.write.forceWithdrawal([1n], { account: alice.account })
    await startExit(contracts)
    // 0 and 2 are covered, index - 1 is the epoch's emission, and a forced withdrawal brought nothing.
    for (const other of [0n, 2n, index - 1n, index + 1n])
      await reverts(settlement.write.exitDeposit([other], anybody), settlement, 'ItemNotReturnable', [other])
    const before = await token.read.balanceOf([aliceAt])
    const returning = settlement.write.exitDeposit([index], anybody)
    await emitWithArgs(returning, settlement, 'ExitDepositReturned', [index, aliceAt, 2_000_000n])
    assert.equal(await token.read.balanceOf([aliceAt]), before + 2n * CREDIT_WEI)
    await reverts(settlement.write.exitDeposit([index], anybody), settlement, 'ItemNotReturnable', [index])
    const unknown = settlement.write.exitDeposit([index + 2n], anybody)
    await reverts(unknown, settlement, 'InboxItemUnknown', [index + 2n, index + 2n])
  })

  it('is burnt when it was minted, once', async () => {
    const contracts = await loadContracts()
    const { settlement, token } = contracts
    await finalEpoch(contracts)
    const emission = (await settlement.read.inboxCount()) - 1n
    await settlement.write.deposit([CREDIT_WEI], { account: alice.account })
    await startExit(contracts)
    for (const other of [0n, 1n, emission + 1n])
      await reverts(settlement.write.exitBurnItem([other], anybody), settlement, 'ItemNotReturnable', [other])
    const supply = await token.read.totalSupply()
    await emitWithArgs(settlement.write.exitBurnItem([emission], anybody), settlement, 'ExitItemBurnt', [emission, 4n])
    assert.equal(await token.read.totalSupply(), supply - 4n * WEI_PER_MICROCREDIT)
    await reverts(settlement.write.exitBurnItem([emission], anybody), settlement, 'ItemNotReturnable', [emission])
  })

  it('is all that there was when no epoch was ever final', async () => {
    const contracts = await loadContracts()
    const { settlement, token, addresses } = contracts
    await settlement.write.deposit([CREDIT_WEI], { account: alice.account })
    await startExit(contracts)
    for (const index of [0n, 1n]) await settlement.write.exitBurnItem([index], anybody)
    await settlement.write.exitDeposit([2n], anybody)
    assert.equal(await token.read.balanceOf([addresses.settlement]), await settlement.read.bondWei())
  })
})

describe('everything that is taken out', () => {
  it('is everything that was there: the contract keeps the bond and nothing else', async () => {
    const contracts = await loadContracts()
    const { settlement, token, addresses } = contracts
    await settlement.write.deposit([CREDIT_WEI], { account: alice.account })
    const { epoch, leaves } = await finalEpoch(contracts)
    await settlement.write.deposit([CREDIT_WEI], { account: bob.account })
    await startExit(contracts)
    await settlement.write.exitClaim([aliceAt, false, ...proofOf(leaves, placeOf(aliceAt))])
    await settlement.write.exitClaim([bobAt, true, ...proofOf(leaves, placeOfPayable(bobAt))])
    for (const name of ['treasury', 'rewards', 'clearing'])
      await settlement.write.exitBurn([name, ...proofOf(leaves, placeOfName(name))])
    await settlement.write.claim(claimOf(epoch, [firstRow(3, 6n)], 0))
    await settlement.write.exitBurnItem([3n])
    await settlement.write.exitDeposit([4n])
    assert.equal(await token.read.balanceOf([addresses.settlement]), await settlement.read.bondWei())
  })
})
