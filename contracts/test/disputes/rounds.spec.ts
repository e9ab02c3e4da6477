import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, zeroHash } from 'viem'
import { isCoverageRun } from '../support/constants.ts'
import { alice, guardian, networkHelpers, poster, publicClient, viem } from '../support/judges-chain.ts'
import { encodeSiblings, entryNode, leafProof } from '../support/trees.ts'
import { answerLeaf, anybody, asAlice, asBob, leafId, otherPlace, place, withEpoch } from './asked-leaves.ts'
import { emptyAccount, leavesOf, postBooks, someKey } from './books.ts'
import { ANSWER_SECONDS, loadDisputed, ROUNDS_MAX, WINDOW_SECONDS } from './disputed-chain.ts'

const { revertWithCustomErrorWithArgs: reverts, emitWithArgs } = viem.assertions
/** The budgets of whole transactions. */
const OPEN_GAS_MAX = 80_000n
const ANSWER_GAS_MAX = 130_000n

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
  async function withRow(afterSeconds = 1n) {
    const { contracts, posted } = await withEpoch()
    const { disputes } = contracts
    await networkHelpers.time.increase(afterSeconds)
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
    const { deadline } = await disputes.read.demandOf([own])
    await networkHelpers.time.setNextBlockTimestamp(deadline)
    await reverts(disputes.write.rank([own, zeroHash]), disputes, 'NotFollowable', [own])
    await networkHelpers.time.increase(WINDOW_SECONDS)
    const { completedAt } = await contracts.settlement.read.epoch([posted.epoch])
    const ended = disputes.write.rank([last, zeroHash])
    await reverts(ended, disputes, 'WindowOver', [posted.epoch, completedAt + WINDOW_SECONDS])
  })

  it('is not ranked when its bond has gone back, although its deadline is to come', async () => {
    const { contracts, posted, ids } = await withRow()
    const { disputes, settlement } = contracts
    const [last] = ids
    await settlement.write.cancel([posted.epoch], { account: guardian.account })
    await disputes.write.refund([last], anybody)
    await reverts(disputes.write.rank([last, zeroHash]), disputes, 'NotFollowable', [last])
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
    const ranking = disputes.write.rank([last, own], asAlice)
    await emitWithArgs(ranking, disputes, 'Ranked', [posted.epoch, last, 2])
    assert.equal(await disputes.read.purseWei([alice.account.address]), before)
    assert.equal((await disputes.read.demandOf([last])).round, 2)
    await further()
  })

  it('is ranked after another one when the window is over too', async () => {
    const { contracts, posted, ids } = await withRow(WINDOW_SECONDS - 30n)
    const { disputes } = contracts
    const [last, own] = ids
    await answerLeaf(contracts, posted, d)
    await networkHelpers.time.increase(40)
    await disputes.write.rank([last, own], asAlice)
    assert.equal((await disputes.read.demandOf([last])).round, 2)
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
