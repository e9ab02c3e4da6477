import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress, type Hex, zeroHash } from 'viem'
import { isCoverageRun } from '../support/constants.ts'
import { alice, bob, guardian, networkHelpers, poster, publicClient, stranger, viem } from '../support/judges-chain.ts'
import { actor } from '../support/messages.ts'
import { encodeSiblings, entryNode, leafProof, placedLeaves, placeOf, placeOfName, treeOver } from '../support/trees.ts'
import { booksOf, emptyAccount, leavesOf, type Posted, postBooks, someKey } from './books.ts'
import {
  ANSWER_SECONDS,
  ASKER_BOND_WEI,
  type Disputed,
  EPOCH_BOND_WEI,
  EXIT_SECONDS,
  loadDisputed,
  PURSE_WEI,
  ROUNDS_MAX,
  WINDOW_SECONDS,
} from './disputed-chain.ts'

const { emitWithArgs, revertWithCustomError, revertWithCustomErrorWithArgs: reverts } = viem.assertions
const wallet = actor(1)
const asAlice = { account: alice.account }
const asBob = { account: bob.account }
const anybody = { account: stranger.account }

const STATE = { unknown: 0, open: 1, answered: 2, expired: 3, refunded: 4 } as const
const UNKNOWN = 0
const PENDING = 3
const CANCELLED = 4

async function withEpoch(): Promise<{ contracts: Disputed; posted: Posted }> {
  const contracts = await loadDisputed()
  const inbox = await contracts.settlement.read.inboxTotal([await contracts.settlement.read.inboxCount()])
  const before = booksOf(inbox, [[place, { available: 1_000n }]])
  const first = await postBooks(contracts, new Map(), before)
  return { contracts, posted: first }
}

const question = (epoch: bigint, place: Hex) => ({ epoch, kind: 0, place, key: zeroHash, value: 0n })
const leafId = ({ disputes }: Disputed, epoch: bigint, place: Hex) => disputes.read.idOf([question(epoch, place)])
const answerLeaf = ({ disputes }: Disputed, { epoch, books }: Posted, place: Hex, answerer = anybody) =>
  disputes.write.answerLeaf([epoch, place, leafProof(leavesOf(books), place)], answerer)

const place = placeOf(wallet.address)
const otherPlace = someKey('nobody')

/** The budgets of whole transactions. */
const OPEN_GAS_MAX = 80_000n
const ANSWER_GAS_MAX = 130_000n

const place20 = actor(2).address

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
  })

  it('is shown by anybody, present or absent, and the bond goes to the poster', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes, settlement } = contracts
    for (const at of [place, otherPlace, placeOfName('rewards')]) {
      await disputes.write.demandLeaf([posted.epoch, at, zeroHash], asAlice)
      await answerLeaf(contracts, posted, at)
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
    await disputes.write.expire([await leafId(contracts, posted.epoch, place)], anybody)
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
      await disputes.write.refund([id], anybody)
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

describe('a demand that follows another', () => {
  const places = ['a', 'b', 'c', 'd', 'e'].map(someKey) as [Hex, Hex, Hex, Hex, Hex]

  it('is refused after one that is open, of another epoch, or answered A ago', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes } = contracts
    const child = await postBooks(contracts, posted.books, posted.books)
    const first = await leafId(contracts, posted.epoch, places[0])
    const follow = (epoch: bigint) => disputes.write.demandLeaf([epoch, places[1], first], asBob)
    await reverts(follow(posted.epoch), disputes, 'NotFollowable', [first])
    await disputes.write.demandLeaf([posted.epoch, places[0], zeroHash], asAlice)
    await reverts(follow(posted.epoch), disputes, 'NotFollowable', [first])
    await answerLeaf(contracts, posted, places[0])
    await reverts(follow(child.epoch), disputes, 'NotFollowable', [first])
    const { deadline } = await disputes.read.demandOf([first])
    await networkHelpers.time.setNextBlockTimestamp(deadline)
    await reverts(follow(posted.epoch), disputes, 'NotFollowable', [first])
  })

  it('comes after the window too, at most K in a row, and never holds the epoch back longer than 2·K·A', async () => {
    const { contracts, posted } = await withEpoch()
    const { disputes, settlement } = contracts
    const { completedAt } = await settlement.read.epoch([posted.epoch])
    let opensAt = completedAt + WINDOW_SECONDS - 1n
    let follows: Hex = zeroHash
    for (let round = 0; round < Number(ROUNDS_MAX); round++) {
      const at = places[round] as Hex
      await networkHelpers.time.setNextBlockTimestamp(opensAt)
      await disputes.write.demandLeaf([posted.epoch, at, follows], round === 1 ? asBob : asAlice)
      await networkHelpers.time.setNextBlockTimestamp(opensAt + ANSWER_SECONDS)
      await answerLeaf(contracts, posted, at)
      opensAt += 2n * ANSWER_SECONDS - 1n
      follows = await leafId(contracts, posted.epoch, at)
    }
    const further = disputes.write.demandLeaf([posted.epoch, places[4], follows], asAlice)
    await reverts(further, disputes, 'RoundsTooMany', [ROUNDS_MAX])
    const { finalAt } = await settlement.read.epoch([posted.epoch])
    assert.ok(finalAt <= completedAt + WINDOW_SECONDS + 2n * ROUNDS_MAX * ANSWER_SECONDS)
    await networkHelpers.time.increaseTo(finalAt)
    await settlement.write.finalise([posted.epoch], anybody)
  })
})

describe('a question that somebody else has opened at the end of a row', () => {
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(someKey) as [Hex, Hex, Hex, Hex, Hex]

  /** Bob's row of K demands ends with the question `c`, which alice wants to ask after `d`. */
  async function withRow() {
    const { contracts, posted } = await withEpoch()
    const { disputes } = contracts
    let follows: Hex = zeroHash
    for (const at of [a, b]) {
      await disputes.write.demandLeaf([posted.epoch, at, follows], asBob)
      await answerLeaf(contracts, posted, at)
      follows = await leafId(contracts, posted.epoch, at)
    }
    await networkHelpers.time.increase(1)
    await disputes.write.demandLeaf([posted.epoch, d, zeroHash], asAlice)
    await disputes.write.demandLeaf([posted.epoch, c, follows], asBob)
    const ids = await Promise.all([c, d, e].map(at => leafId(contracts, posted.epoch, at)))
    return { contracts, posted, ids: ids as [Hex, Hex, Hex] }
  }

  it('is not ranked after what is open or unknown, when it is unknown itself, or not lower than it is', async () => {
    const { contracts, posted, ids } = await withRow()
    const { disputes } = contracts
    const [last, own, unknown] = ids
    await reverts(disputes.write.rank([last, own]), disputes, 'NotFollowable', [own])
    await reverts(disputes.write.rank([last, unknown]), disputes, 'NotFollowable', [unknown])
    await reverts(disputes.write.rank([unknown, zeroHash]), disputes, 'NotFollowable', [unknown])
    await answerLeaf(contracts, posted, d)
    await reverts(disputes.write.rank([own, zeroHash]), disputes, 'RoundNotLower', [own, 1, 1])
    await networkHelpers.time.increase(WINDOW_SECONDS)
    await reverts(disputes.write.rank([own, zeroHash]), disputes, 'NotFollowable', [own])
    const { completedAt } = await contracts.settlement.read.epoch([posted.epoch])
    const ended = disputes.write.rank([last, zeroHash])
    await reverts(ended, disputes, 'WindowOver', [posted.epoch, completedAt + WINDOW_SECONDS])
  })

  it('counts as one that follows the shorter row, and can be followed in turn', async () => {
    const { contracts, posted, ids } = await withRow()
    const { disputes } = contracts
    const [last, own] = ids
    await answerLeaf(contracts, posted, d)
    await answerLeaf(contracts, posted, c)
    const further = () => disputes.write.demandLeaf([posted.epoch, e, last], asAlice)
    await reverts(further(), disputes, 'RoundsTooMany', [ROUNDS_MAX])
    const before = await disputes.read.purseWei([alice.account.address])
    await disputes.write.rank([last, own], asAlice)
    assert.equal(await disputes.read.purseWei([alice.account.address]), before)
    assert.equal((await disputes.read.demandOf([last])).round, 2)
    await further()
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

describe('gas of a demand and of its answer', { skip: isCoverageRun }, () => {
  it('stays below what was measured, with 20 levels of siblings', async t => {
    const contracts = await loadDisputed()
    const { disputes, settlement } = contracts
    const total = await settlement.read.inboxTotal([await settlement.read.inboxCount()])
    const deep = Array.from({ length: 20 }, (_, depth) => entryNode({ key: someKey(`${depth}`), value: 1n }))
    const siblings = encodeSiblings(deep)
    const shown = { ...emptyAccount, available: total - 20n }
    const leaf = leafProof(leavesOf(new Map([[place, shown]])), place)
    const harness = await viem.deployContract('SumTreeHarness')
    const node = await harness.read.leafNode([place, leaf.leaf])
    const top = await harness.read.climb([node, place, siblings, false])
    await settlement.write.postEpoch(
      [
        {
          parent: 0n,
          inboxCut: await settlement.read.inboxCount(),
          journalPosition: 1n,
          closedAt: BigInt(await networkHelpers.time.latest()),
          journalHash: someKey('journal'),
          burnMicrocredits: 0n,
          leavesRoot: top.hash,
          leavesTotalMicrocredits: total,
          rowCount: 0,
        },
        '0x',
      ],
      { account: poster.account },
    )
    await disputes.write.demandLeaf([1n, otherPlace, zeroHash], asBob)
    const opening = await disputes.write.demandLeaf([1n, place, zeroHash], asAlice)
    const answering = await disputes.write.answerLeaf([1n, place, { ...leaf, siblings }], anybody)
    const stating = await disputes.write.demandStatement([1n, place, zeroHash], asAlice)
    const [open, answer, statement] = await Promise.all(
      [opening, answering, stating].map(async hash => (await publicClient.getTransactionReceipt({ hash })).gasUsed),
    )
    t.diagnostic(`demand a leaf: ${open} gas; a statement: ${statement} gas; answer with 20 siblings: ${answer} gas`)
    for (const gas of [open, statement]) assert.ok((gas as bigint) <= OPEN_GAS_MAX, `${gas} gas to demand`)
    assert.ok((answer as bigint) <= ANSWER_GAS_MAX, `${answer} gas to answer`)
  })
})
