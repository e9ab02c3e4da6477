import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress, type Hex, zeroHash } from 'viem'
import { alice, bob, guardian, networkHelpers, viem } from '../support/judges-chain.ts'
import { actor } from '../support/messages.ts'
import {
  answerLeaf,
  anybody,
  asAlice,
  asBob,
  CANCELLED,
  leafId,
  otherPlace,
  PENDING,
  place,
  question,
  STATE,
  withEpoch,
} from './asked-leaves.ts'
import { postBooks } from './books.ts'
import {
  ANSWER_SECONDS,
  EPOCH_BOND_WEI,
  EXIT_SECONDS,
  loadDisputed,
  PURSE_WEI,
  ROUNDS_MAX,
  WINDOW_SECONDS,
} from './disputed-chain.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs: reverts, emitWithArgs } = viem.assertions
const place20 = actor(2).address

describe('an unanswered demand', () => {
  it('cannot be ended before its deadline has passed, nor twice, nor when it was answered', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes } = contracts
    const ids = await Promise.all([place, otherPlace].map(at => leafId(contracts, posted.epoch, at)))
    const [id, answered] = ids as [Hex, Hex]
    await reverts(disputes.write.expire([id], anybody), disputes, 'DemandNotOpen', [id, STATE.unknown])
    await disputes.write.demandLeaf([posted.epoch, otherPlace, zeroHash], asAlice)
    await answerLeaf(contracts, posted, otherPlace)
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    const { deadline } = await disputes.read.demandOf([id])
    await networkHelpers.time.setNextBlockTimestamp(deadline)
    const early = disputes.write.expire([id], anybody)
    await reverts(early, disputes, 'DemandStillAnswerable', [id, BigInt(deadline)])
    await networkHelpers.time.setNextBlockTimestamp(deadline + 1)
    await disputes.write.expire([id], anybody)
    await reverts(disputes.write.expire([id], anybody), disputes, 'DemandNotOpen', [id, STATE.expired])
    await reverts(disputes.write.expire([answered], anybody), disputes, 'DemandNotOpen', [answered, STATE.answered])
  })

  it('cancels the epoch and what builds on it; the asker has its bond back and the reward', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes, settlement, token } = contracts
    const child = await postBooks(contracts, posted.books, posted.books)
    const before = await token.read.balanceOf([alice.account.address])
    const supply = await token.read.totalSupply()
    const bond = await settlement.read.bondWei()
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    await networkHelpers.time.increase(ANSWER_SECONDS + 1n)
    const id = await leafId(contracts, posted.epoch, place)
    const expiring = disputes.write.expire([id], anybody)
    await emitWithArgs(expiring, disputes, 'Expired', [posted.epoch, id, getAddress(alice.account.address)])
    for (const epoch of [posted.epoch, child.epoch]) assert.equal(await settlement.read.epochStatus([epoch]), CANCELLED)
    const reward = (await token.read.balanceOf([alice.account.address])) - before
    assert.equal(reward, EPOCH_BOND_WEI / 10n)
    assert.equal(await token.read.totalSupply(), supply - (EPOCH_BOND_WEI - reward))
    assert.equal(await settlement.read.bondWei(), bond - EPOCH_BOND_WEI)
    assert.equal(await disputes.read.purseWei([alice.account.address]), PURSE_WEI)
  })

  it('is ended even long after the epoch could have been final', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes, settlement } = contracts
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    await networkHelpers.time.increase(WINDOW_SECONDS + 10n * ANSWER_SECONDS)
    const finalising = settlement.write.finalise([posted.epoch], anybody)
    await reverts(finalising, settlement, 'EpochNotFinal', [posted.epoch, PENDING])
    await disputes.write.expire([await leafId(contracts, posted.epoch, place)], anybody)
    assert.equal(await settlement.read.epochStatus([posted.epoch]), CANCELLED)
  })

  it('gives no second reward: other demands on the cancelled epochs are refunded', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes, settlement, token } = contracts
    const child = await postBooks(contracts, posted.books, posted.books)
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    const before = await token.read.balanceOf([bob.account.address])
    await disputes.write.demandLeaf([posted.epoch, otherPlace, zeroHash], asBob)
    await disputes.write.demandLeaf([child.epoch, otherPlace, zeroHash], asBob)
    await networkHelpers.time.increase(ANSWER_SECONDS + 1n)
    const [expired, sibling, descendant] = (await Promise.all([
      leafId(contracts, posted.epoch, place),
      leafId(contracts, posted.epoch, otherPlace),
      leafId(contracts, child.epoch, otherPlace),
    ])) as [Hex, Hex, Hex]
    await reverts(disputes.write.refund([sibling]), disputes, 'EpochNotCancelled', [posted.epoch, PENDING])
    await disputes.write.expire([expired], anybody)
    for (const id of [sibling, descendant]) {
      const epoch = id === sibling ? posted.epoch : child.epoch
      await reverts(disputes.write.expire([id], anybody), settlement, 'EpochNotPending', [epoch, CANCELLED])
      const refunding = disputes.write.refund([id], anybody)
      await emitWithArgs(refunding, disputes, 'Refunded', [epoch, id, getAddress(bob.account.address)])
      await reverts(disputes.write.refund([id], anybody), disputes, 'DemandNotOpen', [id, STATE.refunded])
    }
    assert.equal(await token.read.balanceOf([bob.account.address]), before)
    assert.equal(await disputes.read.purseWei([bob.account.address]), PURSE_WEI)
  })
})

describe('a refund', () => {
  it('is for epochs that the guardian or the exit has cancelled', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes, settlement } = contracts
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    await settlement.write.cancel([posted.epoch], { account: guardian.account })
    await disputes.write.refund([await leafId(contracts, posted.epoch, place)], anybody)
    const next = await postBooks(contracts, new Map(), posted.books)
    await disputes.write.demandLeaf([next.epoch, place, zeroHash], asAlice)
    await networkHelpers.time.increase(EXIT_SECONDS)
    await settlement.write.startExit()
    const closed = disputes.write.demandLeaf([next.epoch, otherPlace, zeroHash], asAlice)
    await revertWithCustomError(closed, settlement, 'ExitStarted')
    await disputes.write.refund([await leafId(contracts, next.epoch, place)], anybody)
    assert.equal(await disputes.read.purseWei([alice.account.address]), PURSE_WEI)
  })

  it('is not for a demand that was answered or never opened', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes, settlement } = contracts
    const id = await leafId(contracts, posted.epoch, place)
    await reverts(disputes.write.refund([id]), disputes, 'DemandNotOpen', [id, STATE.unknown])
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    await answerLeaf(contracts, posted, place)
    await settlement.write.cancel([posted.epoch], { account: guardian.account })
    await reverts(disputes.write.refund([id]), disputes, 'DemandNotOpen', [id, STATE.answered])
  })
})

describe('the bond of an asker', () => {
  it('is refused when K of them are more than the reward', async () => {
    const { settlement, disputes } = await loadDisputed()
    const rewardWei = EPOCH_BOND_WEI / 10n
    const tooLarge = rewardWei / ROUNDS_MAX + 1n
    const deploying = viem.deployContract('Disputes', [settlement.address, place20, tooLarge, place20])
    await reverts(deploying, disputes, 'AskerBondTooLarge', [tooLarge, rewardWei])
    await viem.deployContract('Disputes', [settlement.address, place20, tooLarge - 1n, place20])
  })
})

describe('what only the receipts contract may do', () => {
  it('is refused to everybody else', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes } = contracts
    const calls = [
      disputes.write.openFor([alice.account.address, question(posted.epoch, place), zeroHash], asBob),
      disputes.write.answerFor([bob.account.address, question(posted.epoch, place), false], asBob),
      disputes.write.payOutOfBond([bob.account.address, 1n], asBob),
      disputes.write.appendReceipt([bob.account.address, place], asBob),
      disputes.write.cancelFor([bob.account.address, posted.epoch], asBob),
    ]
    for (const call of calls) await reverts(call, disputes, 'CallerNotReceipts', [getAddress(bob.account.address)])
  })
})
