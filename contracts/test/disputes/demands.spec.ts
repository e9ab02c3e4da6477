import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress, zeroHash } from 'viem'
import { alice, guardian, networkHelpers, poster, viem } from '../support/judges-chain.ts'
import { leafProof, placedLeaves, placeOfName, revealed, treeOver } from '../support/trees.ts'
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
  UNKNOWN,
  withEpoch,
} from './asked-leaves.ts'
import { booksOf, emptyAccount, leafOf, leavesOf, type Posted } from './books.ts'
import {
  ANSWER_SECONDS,
  ASKER_BOND_WEI,
  type Disputed,
  EXIT_SECONDS,
  loadDisputed,
  PURSE_WEI,
  WINDOW_SECONDS,
} from './disputed-chain.ts'

const { emitWithArgs, revertWithCustomError, revertWithCustomErrorWithArgs: reverts } = viem.assertions

describe('opening a demand', () => {
  it('is refused without the bond in the asker’s purse, whatever is in other purses', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes } = contracts
    const opening = disputes.write.demandLeaf([posted.epoch, place, zeroHash], anybody)
    await reverts(opening, disputes, 'PurseTooSmall', [ASKER_BOND_WEI, 0n])
    await disputes.write.withdraw([PURSE_WEI - ASKER_BOND_WEI + 1n], asAlice)
    const short = disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    await reverts(short, disputes, 'PurseTooSmall', [ASKER_BOND_WEI, ASKER_BOND_WEI - 1n])
    await disputes.write.fund([1n], asAlice)
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    assert.equal(await disputes.read.purseWei([alice.account.address]), 0n)
  })

  it('is refused a second time in the epoch, whoever asks, whether it is open or answered', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes } = contracts
    const id = await leafId(contracts, posted.epoch, place)
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    const again = () => disputes.write.demandLeaf([posted.epoch, place, zeroHash], asBob)
    await reverts(again(), disputes, 'DemandKnown', [id, STATE.open])
    await answerLeaf(contracts, posted, place)
    await reverts(again(), disputes, 'DemandKnown', [id, STATE.answered])
  })

  it('is refused for an epoch that nobody posted, that is cancelled, or that is final', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes, settlement } = contracts
    const unknown = disputes.write.demandLeaf([9n, place, zeroHash], asAlice)
    await reverts(unknown, settlement, 'EpochNotPending', [9n, UNKNOWN])
    await settlement.write.cancel([posted.epoch], { account: guardian.account })
    const cancelled = disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    await reverts(cancelled, settlement, 'EpochNotPending', [posted.epoch, CANCELLED])
  })

  it('is refused when the first W of the epoch are over, also while another demand holds it back', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes, settlement } = contracts
    const { completedAt } = await settlement.read.epoch([posted.epoch])
    await networkHelpers.time.setNextBlockTimestamp(completedAt + WINDOW_SECONDS - 1n)
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    const late = disputes.write.demandLeaf([posted.epoch, otherPlace, zeroHash], asAlice)
    await reverts(late, disputes, 'WindowOver', [posted.epoch, completedAt + WINDOW_SECONDS])
    assert.equal(await settlement.read.epochStatus([posted.epoch]), PENDING)
  })

  it('is refused for more than the leaf of the accounts that have no statement', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes } = contracts
    for (const name of ['treasury', 'rewards', 'clearing']) {
      const at = placeOfName(name)
      const openings = [
        disputes.write.demandStatement([posted.epoch, at, zeroHash], asAlice),
        disputes.write.demandReveal([posted.epoch, at, 0, zeroHash, 0, zeroHash], asAlice),
        disputes.write.demandEntry([posted.epoch, at, place, zeroHash], asAlice),
        disputes.write.demandHold([posted.epoch, at, place, zeroHash], asAlice),
        disputes.write.demandLane([posted.epoch, at, place, zeroHash], asAlice),
      ]
      for (const opening of openings) await reverts(opening, disputes, 'AccountWithoutStatement', [at])
    }
    await disputes.write.demandLeaf([posted.epoch, placeOfName('rewards'), zeroHash], asAlice)
  })

  it('takes the bond and holds the epoch back', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes, settlement, token } = contracts
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    assert.equal(await disputes.read.purseWei([alice.account.address]), PURSE_WEI - ASKER_BOND_WEI)
    assert.equal(await token.read.balanceOf([disputes.address]), 3n * PURSE_WEI)
    const opened = BigInt(await networkHelpers.time.latest())
    const demand = await disputes.read.demandOf([await leafId(contracts, posted.epoch, place)])
    assert.deepEqual(demand, {
      asker: getAddress(alice.account.address),
      deadline: Number(opened + ANSWER_SECONDS),
      epoch: Number(posted.epoch),
      round: 1,
      state: STATE.open,
    })
    const events = await disputes.getEvents.Demanded()
    assert.deepEqual(events[0]?.args.question, question(posted.epoch, place))
    await networkHelpers.time.increase(WINDOW_SECONDS)
    assert.equal(await settlement.read.epochStatus([posted.epoch]), PENDING)
  })
})

describe('a purse', () => {
  it('gives nobody more than it holds, and nobody what is another’s', async () => {
    const { disputes } = await loadDisputed()
    const tooMuch = disputes.write.withdraw([PURSE_WEI + 1n], asAlice)
    await reverts(tooMuch, disputes, 'PurseTooSmall', [PURSE_WEI + 1n, PURSE_WEI])
    await reverts(disputes.write.withdraw([1n], anybody), disputes, 'PurseTooSmall', [1n, 0n])
    await disputes.write.withdraw([PURSE_WEI], asAlice)
    await reverts(disputes.write.withdraw([1n], asAlice), disputes, 'PurseTooSmall', [1n, 0n])
  })

  it('is not filled with what was not approved', async () => {
    const { disputes, token } = await loadDisputed()
    await revertWithCustomError(disputes.write.fund([1n], anybody), token, 'ERC20InsufficientAllowance')
  })

  it('does not let its owner take out the bond of a demand that is open', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes } = contracts
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    const everything = disputes.write.withdraw([PURSE_WEI], asAlice)
    await reverts(everything, disputes, 'PurseTooSmall', [PURSE_WEI, PURSE_WEI - ASKER_BOND_WEI])
  })

  it('is filled and emptied by its owner, and says so', async () => {
    const { disputes, token } = await loadDisputed()
    const owner = getAddress(alice.account.address)
    const before = await token.read.balanceOf([owner])
    await emitWithArgs(disputes.write.fund([5n], asAlice), disputes, 'PurseFunded', [owner, 5n])
    assert.equal(await disputes.read.purseWei([owner]), PURSE_WEI + 5n)
    assert.equal(await token.read.balanceOf([owner]), before - 5n)
    await emitWithArgs(disputes.write.withdraw([3n], asAlice), disputes, 'PurseWithdrawn', [owner, 3n])
    assert.equal(await disputes.read.purseWei([owner]), PURSE_WEI + 2n)
    assert.equal(await token.read.balanceOf([owner]), before - 2n)
  })

  it('is emptied after the exit too, with the bonds of demands that the exit ended', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes, settlement, token } = contracts
    await disputes.write.demandLeaf([posted.epoch, otherPlace, zeroHash], asBob)
    await answerLeaf(contracts, posted, otherPlace)
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    await networkHelpers.time.increase(EXIT_SECONDS)
    await settlement.write.startExit()
    await disputes.write.refund([await leafId(contracts, posted.epoch, place)], anybody)
    await disputes.write.withdraw([PURSE_WEI], asAlice)
    await disputes.write.withdraw([PURSE_WEI - ASKER_BOND_WEI], asBob)
    await disputes.write.withdraw([PURSE_WEI + ASKER_BOND_WEI], { account: poster.account })
    assert.equal(await token.read.balanceOf([disputes.address]), 0n)
  })
})

describe('a leaf', () => {
  it('is not shown by a proof of another root, another total or another place', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes } = contracts
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    const richer = booksOf(1_000_000n, [[place, { available: 2_000n }]])
    const answers: [Parameters<typeof disputes.write.answerLeaf>[0][2], string][] = [
      [leafProof(leavesOf(richer), place), 'RootDiffers'],
      [leafProof(leavesOf(posted.books), placeOfName('rewards')), 'OtherStandsElsewhere'],
      [{ ...leafProof(leavesOf(posted.books), place), siblings: '0x' }, 'RootDiffers'],
      [{ ...leafProof(leavesOf(posted.books), place), siblings: '0x00' }, 'SiblingsLengthInvalid'],
      [{ ...leafProof(leavesOf(posted.books), place), isEmpty: true }, 'RootDiffers'],
    ]
    const harness = await viem.deployContract('SumTreeHarness')
    for (const [proof, error] of answers) {
      const answering = disputes.write.answerLeaf([posted.epoch, place, proof], anybody)
      await revertWithCustomError(answering, harness, error as never)
    }
  })

  it('is refused when the tree has another sum than the header', async () => {
    const contracts = await loadDisputed()
    const { disputes, settlement } = contracts
    const lonely = new Map([[place, { ...emptyAccount, available: 5n }]])
    const posted = await postWithTotal(contracts, lonely)
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    const total = await settlement.read.inboxTotal([await settlement.read.inboxCount()])
    await reverts(answerLeaf(contracts, posted, place), disputes, 'TotalDiffers', [total, 5n])
    const leaves = 3
    await disputes.write.demandReveal([posted.epoch, zeroHash, leaves, zeroHash, 0, zeroHash], asAlice)
    const { siblings, frontier } = revealed(placedLeaves(leavesOf(lonely)), zeroHash, 0)
    const revealing = disputes.write.answerLeavesReveal([posted.epoch, zeroHash, 0, siblings, frontier], anybody)
    await reverts(revealing, disputes, 'TotalDiffers', [total, 5n])
  })

  it('is shown by anybody, present or absent, and the bond goes to the poster', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes, settlement } = contracts
    for (const at of [place, otherPlace, placeOfName('rewards')]) {
      await disputes.write.demandLeaf([posted.epoch, at, zeroHash], asAlice)
      const shown = leafOf(posted.books.get(at))
      await emitWithArgs(answerLeaf(contracts, posted, at), disputes, 'LeafShown', [posted.epoch, at, shown])
    }
    assert.equal(await disputes.read.purseWei([poster.account.address]), PURSE_WEI + 3n * ASKER_BOND_WEI)
    assert.equal(await disputes.read.purseWei([alice.account.address]), PURSE_WEI - 3n * ASKER_BOND_WEI)
    await networkHelpers.time.increase(WINDOW_SECONDS)
    await settlement.write.finalise([posted.epoch], anybody)
  })
})

/** Posts a root whose sum is not what the header says. */
async function postWithTotal(contracts: Disputed, books: Posted['books']): Promise<Posted> {
  const { settlement } = contracts
  const leavesTotalMicrocredits = await settlement.read.inboxTotal([await settlement.read.inboxCount()])
  const header = {
    parent: 0n,
    inboxCut: await settlement.read.inboxCount(),
    journalPosition: 1n,
    closedAt: BigInt(await networkHelpers.time.latest()),
    journalHash: zeroHash,
    burnMicrocredits: 0n,
    leavesRoot: treeOver(placedLeaves(leavesOf(books))).hash,
    leavesTotalMicrocredits,
    rowCount: 0,
  }
  await settlement.write.postEpoch([header, '0x'], { account: poster.account })
  return { epoch: 1n, before: new Map(), books, closedAt: header.closedAt }
}

describe('an answer', () => {
  it('is refused to what nobody asked, and a second time', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes } = contracts
    const id = await leafId(contracts, posted.epoch, place)
    await reverts(answerLeaf(contracts, posted, place), disputes, 'DemandNotOpen', [id, STATE.unknown])
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    await answerLeaf(contracts, posted, place)
    await reverts(answerLeaf(contracts, posted, place), disputes, 'DemandNotOpen', [id, STATE.answered])
  })

  it('counts up to its deadline and is refused after it, when only the end of the demand counts', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes } = contracts
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    await disputes.write.demandLeaf([posted.epoch, otherPlace, zeroHash], asAlice)
    const demand = await disputes.read.demandOf([await leafId(contracts, posted.epoch, place)])
    await networkHelpers.time.setNextBlockTimestamp(demand.deadline)
    await answerLeaf(contracts, posted, place)
    await networkHelpers.time.increase(2)
    const late = await leafId(contracts, posted.epoch, otherPlace)
    const { deadline } = await disputes.read.demandOf([late])
    await reverts(answerLeaf(contracts, posted, otherPlace), disputes, 'DemandLate', [late, BigInt(deadline)])
    await disputes.write.expire([late], anybody)
  })

  it('is refused once the epoch is cancelled: the bond is the asker’s', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes, settlement } = contracts
    await disputes.write.demandLeaf([posted.epoch, place, zeroHash], asAlice)
    await settlement.write.cancel([posted.epoch], { account: guardian.account })
    const answering = answerLeaf(contracts, posted, place, { account: poster.account })
    await reverts(answering, settlement, 'EpochNotPending', [posted.epoch, CANCELLED])
  })
})
