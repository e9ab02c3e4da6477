/** A payout that waits although its payee was known in time is a fault that anybody shows in one transaction. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, getAddress } from 'viem'
import {
  alice,
  bob,
  CANCEL_REASON,
  type Contracts,
  CREDIT_WEI,
  EPOCH_BOND_WEI,
  EPOCH_STATUS,
  guardian,
  INBOX_AGE_SECONDS,
  loadContracts,
  networkHelpers,
  stranger,
  viem,
} from '../support/chain.ts'
import { ownLeaf, payableLeaf, postLeaves, proofOf, walletLeaf } from '../support/leaves.ts'
import { headerFor, passWindow } from '../support/operator.ts'
import { placedLeaves, placeOf, placeOfPayable, treeOver } from '../support/trees.ts'

const { revertWithCustomErrorWithArgs: reverts, emitWithArgs } = viem.assertions
const anybody = { account: stranger.account }
const bobAt = getAddress(bob.account.address)
const strangerAt = getAddress(stranger.account.address)

/** Brings an item into the inbox that is younger than the payee ids given so far. */
async function bringItem({ settlement }: Contracts): Promise<bigint> {
  await settlement.write.deposit([CREDIT_WEI], { account: alice.account })
  return (await settlement.read.inboxCount()) - 1n
}

/** Registers a payee in the block, and so in the second, in which another item arrives. */
async function registerWithItem({ settlement }: Contracts, account: Address): Promise<bigint> {
  const chain = await viem.getTestClient()
  await chain.setAutomine(false)
  await settlement.write.registerPayees([[account]])
  await settlement.write.deposit([CREDIT_WEI], { account: alice.account })
  await chain.mine({ blocks: 1 })
  await chain.setAutomine(true)
  const item = (await settlement.read.inboxCount()) - 1n
  const [, registeredAt] = await settlement.read.payee([await settlement.read.payeeId([account])])
  assert.equal((await settlement.read.inboxItem([item])).arrivedAt, registeredAt)
  return item
}

describe('a payable leaf that is not empty', () => {
  it('cancels the epoch when its payee was registered before a covered item arrived', async () => {
    const contracts = await loadContracts()
    const { settlement, token } = contracts
    const item = await bringItem(contracts)
    const { epoch, leaves } = await postLeaves(contracts, [payableLeaf(bobAt, 5n)])
    const proof = proofOf(leaves, placeOfPayable(bobAt))
    const cancelling = settlement.write.cancelUnpaid([epoch, bobAt, ...proof, item], anybody)
    await emitWithArgs(cancelling, settlement, 'EpochCancelled', [epoch, epoch, 0n, CANCEL_REASON.unpaidPayable])
    assert.equal(await token.read.balanceOf([strangerAt]), EPOCH_BOND_WEI / 10n)
    const again = settlement.write.cancelUnpaid([epoch, bobAt, ...proof, item], anybody)
    await reverts(again, settlement, 'EpochNotPending', [epoch, EPOCH_STATUS.cancelled])
  })

  it('cancels the epoch although a single microcredit waits, available or held', async () => {
    for (const one of [{ available: 1n }, { held: 1n }]) {
      const contracts = await loadContracts()
      const { settlement } = contracts
      const item = await bringItem(contracts)
      const empty = payableLeaf(bobAt, 0n)
      const waiting = { ...empty, leaf: { ...empty.leaf, ...one } }
      const { epoch, leaves } = await postLeaves(contracts, [waiting])
      const proof = proofOf(leaves, placeOfPayable(bobAt))
      await settlement.write.cancelUnpaid([epoch, bobAt, ...proof, item], anybody)
      assert.equal(await settlement.read.epochStatus([epoch]), EPOCH_STATUS.cancelled)
    }
  })

  it('is right when its payee has no id, or got it with the item or later', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const [same, late, unknown] = ['1a', '2b', '3c'].map(byte => getAddress(`0x${byte.repeat(20)}`)) as [
      Address,
      Address,
      Address,
    ]
    const item = await registerWithItem(contracts, same)
    await settlement.write.registerPayees([[late]])
    const given = [payableLeaf(same, 4n), payableLeaf(late, 5n), payableLeaf(unknown, 6n), payableLeaf(bobAt, 7n)]
    const { epoch, leaves } = await postLeaves(contracts, given)
    const attempt = (account: Address, index: bigint) =>
      settlement.write.cancelUnpaid([epoch, account, ...proofOf(leaves, placeOfPayable(account)), index], anybody)
    for (const account of [same, late, unknown])
      await reverts(attempt(account, item), settlement, 'LeafNotWrong', [epoch, account])
    // The genesis items are older than every payee.
    await reverts(attempt(bobAt, 1n), settlement, 'LeafNotWrong', [epoch, bobAt])
  })

  it('is right when the epoch does not cover the item, and the item has to exist', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const { epoch, leaves } = await postLeaves(contracts, [payableLeaf(bobAt, 5n)])
    const item = await bringItem(contracts)
    const proof = proofOf(leaves, placeOfPayable(bobAt))
    const uncovered = settlement.write.cancelUnpaid([epoch, bobAt, ...proof, item], anybody)
    await reverts(uncovered, settlement, 'LeafNotWrong', [epoch, bobAt])
    const unknown = settlement.write.cancelUnpaid([epoch, bobAt, ...proof, item + 1n], anybody)
    await reverts(unknown, settlement, 'InboxItemUnknown', [item + 1n, item + 1n])
  })

  it('is refused as evidence when it is empty, altered, or of the wallet instead', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const item = await bringItem(contracts)
    const carolAt = getAddress(`0x${'3c'.repeat(20)}`)
    const given = [payableLeaf(bobAt, 0n), walletLeaf(bobAt, { available: 5n }), payableLeaf(carolAt, 1n)]
    const { epoch, leaves } = await postLeaves(contracts, given)
    const [empty, siblings] = proofOf(leaves, placeOfPayable(bobAt))
    const nothing = settlement.write.cancelUnpaid([epoch, bobAt, empty, siblings, item], anybody)
    await reverts(nothing, settlement, 'LeafNotWrong', [epoch, bobAt])
    for (const [leaf, beside] of [
      [{ ...empty, available: 1n }, siblings],
      proofOf(leaves, placeOf(bobAt)),
      proofOf(leaves, placeOfPayable(carolAt)),
    ] as const) {
      const cancelling = settlement.write.cancelUnpaid([epoch, bobAt, leaf, beside, item], anybody)
      await reverts(cancelling, settlement, 'LeafProofInvalid', [epoch])
    }
  })

  it('is refused as evidence when the tree under the root has another sum than the epoch says', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const item = await bringItem(contracts)
    await networkHelpers.time.increase(INBOX_AGE_SECONDS)
    const header = await headerFor(contracts, {})
    for (const off of [-1n, 1n]) {
      const leaves = [payableLeaf(bobAt, 5n), ownLeaf('treasury', header.leavesTotalMicrocredits - 5n + off)]
      const leavesRoot = treeOver(placedLeaves(leaves)).hash
      await settlement.write.postEpoch([{ ...header, leavesRoot }, '0x'])
      const epoch = await settlement.read.lastEpoch()
      const proof = proofOf(leaves, placeOfPayable(bobAt))
      const cancelling = settlement.write.cancelUnpaid([epoch, bobAt, ...proof, item], anybody)
      await reverts(cancelling, settlement, 'LeafProofInvalid', [epoch])
      await settlement.write.cancel([epoch], { account: guardian.account })
    }
  })

  it('comes too late when the window has passed', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const item = await bringItem(contracts)
    const { epoch, leaves } = await postLeaves(contracts, [payableLeaf(bobAt, 5n)])
    await passWindow()
    const proof = proofOf(leaves, placeOfPayable(bobAt))
    const late = settlement.write.cancelUnpaid([epoch, bobAt, ...proof, item], anybody)
    await reverts(late, settlement, 'EpochNotPending', [epoch, EPOCH_STATUS.final])
  })
})
