import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress, type Hex, zeroHash } from 'viem'
import { alice, guardian, poster, stranger, viem } from '../support/judges-chain.ts'
import { actor } from '../support/messages.ts'
import {
  type Entry,
  entriesRoot,
  entryProof,
  leafProof,
  placedEntries,
  placedLeaves,
  placeOf,
  revealed,
} from '../support/trees.ts'
import { booksOf, entry, leavesOf, postBooks, someKey, statementOf } from './books.ts'
import { ASKER_BOND_WEI, loadDisputed, PURSE_WEI } from './disputed-chain.ts'
import { happen, stated, wallet } from './scenario.ts'
import { anybody, asAlice, asPoster, state, treeErrors, withStatements } from './stated.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs: reverts, emitWithArgs } = viem.assertions
const TREE = { entries: 0, holds: 1, lanes: 2, leaves: 3 } as const

const shownBelow = (entries: readonly Entry[]) => revealed(placedEntries(entries), zeroHash, 0)

describe('a statement', () => {
  it('is refused to everybody but the poster: who names a root that nobody can open could then ask for it', async () => {
    const happened = await happen()
    const { contracts, posted, places } = happened
    const { disputes, settlement } = contracts
    const { proof } = stated(happened, 'wallet')
    await disputes.write.demandStatement([posted.epoch, places.wallet, zeroHash], asAlice)
    for (const { account } of [stranger, guardian, alice]) {
      const caller: [Hex] = [getAddress(account.address)]
      const stating = disputes.write.state([posted.epoch, places.wallet, proof], { account })
      await reverts(stating, settlement, 'CallerNotPoster', caller)
      const answering = disputes.write.answerStatement([posted.epoch, places.wallet, proof], { account })
      await reverts(answering, settlement, 'CallerNotPoster', caller)
    }
  })

  it('is refused when it does not balance, holds other than the holds, or lets the sequence fall', async () => {
    const happened = await happen()
    const { contracts, posted, places, entries } = happened
    const { disputes } = contracts
    const { proof } = stated(happened, 'wallet')
    const short = stated(happened, 'wallet', entries.wallet.slice(1)).proof
    await reverts(state(happened, 'wallet', short), disputes, 'StatementDoesNotBalance', [10_500n, 0n, 600n, 9_600n])
    const inflated = { ...proof, sum: proof.sum + (1n << 64n) }
    await reverts(state(happened, 'wallet', inflated), disputes, 'StatementDoesNotBalance', [10_500n, 1n, 900n, 9_600n])
    const holds = entryProof([{ key: someKey('hold'), value: 250n }], someKey('hold'))
    await revertWithCustomError(state(happened, 'wallet', { ...proof, holds }), treeErrors, 'RootDiffers')
    const swapped = { ...stated(happened, 'node').proof, opening: stated(happened, 'node').proof.closing }
    const answering = disputes.write.state([posted.epoch, places.node, swapped], asPoster)
    await revertWithCustomError(answering, treeErrors, 'RootDiffers')
  })

  it('stands for the epoch: another one is refused, and the same one changes nothing', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted, places, entries } = happened
    const { disputes } = contracts
    const [told] = await disputes.getEvents.Stated()
    const { statement: standing } = stated(happened, 'wallet')
    assert.deepEqual([told?.args.place, told?.args.statement], [places.wallet, standing])
    const known = await disputes.read.statementOf([posted.epoch, places.wallet])
    const other = stated(happened, 'wallet', [...entries.wallet, entry(someKey('decoy'), 1n, 1n)]).proof
    await reverts(state(happened, 'wallet', other), disputes, 'StatementDiffers', [posted.epoch, places.wallet, known])
    await state(happened, 'wallet', stated(happened, 'wallet').proof)
    assert.deepEqual(await disputes.getEvents.Stated(), [])
    const asking = disputes.write.demandStatement([posted.epoch, places.wallet, zeroHash], asAlice)
    await reverts(asking, disputes, 'StatementKnown', [posted.epoch, places.wallet])
  })

  it('answers the demand for it, also for an account that nobody knows', async () => {
    const happened = await happen()
    const { contracts, posted, places } = happened
    const { disputes } = contracts
    const { proof } = stated(happened, 'wallet')
    await disputes.write.demandStatement([posted.epoch, places.wallet, zeroHash], asAlice)
    await disputes.write.answerStatement([posted.epoch, places.wallet, proof], asPoster)
    const unknown = placeOf(actor(77).address)
    await disputes.write.demandStatement([posted.epoch, unknown, zeroHash], asAlice)
    const none = { ...stated(happened, 'wallet', []).proof, holds: entryProof([], unknown) }
    const opening = leafProof(leavesOf(posted.before), unknown)
    const closing = leafProof(leavesOf(posted.books), unknown)
    await disputes.write.answerStatement([posted.epoch, unknown, { ...none, opening, closing }], asPoster)
    assert.equal(await disputes.read.purseWei([poster.account.address]), PURSE_WEI + 2n * ASKER_BOND_WEI)
  })

  it('of one epoch is not one of another, and not one of another account', async () => {
    const happened = await withStatements('wallet')
    const { contracts, first, posted, places } = happened
    const { disputes } = contracts
    const { statement } = stated(happened, 'wallet')
    const shown = shownBelow(happened.entries.wallet)
    for (const [epoch, place] of [
      [first.epoch, places.wallet],
      [posted.epoch, places.seller],
    ] as const) {
      await disputes.write.demandReveal([epoch, place, TREE.entries, zeroHash, 0, zeroHash], asAlice)
      const answering = disputes.write.answerReveal([
        epoch,
        place,
        TREE.entries,
        zeroHash,
        0,
        statement,
        shown.siblings,
        shown.frontier,
      ])
      await reverts(answering, disputes, 'StatementDiffers', [epoch, place, zeroHash])
    }
  })
})

describe('a reveal', () => {
  it('is refused below a path that is too long or has bits behind its end, and of the leaves of one account', async () => {
    const { contracts, posted, places } = await happen()
    const { disputes } = contracts
    const one = `0x01${'00'.repeat(31)}` as Hex
    for (const [path, bits] of [
      [zeroHash, 125],
      [one, 7],
      [one, 0],
    ] as const) {
      const asking = disputes.write.demandReveal([posted.epoch, places.wallet, 0, path, bits, zeroHash], asAlice)
      await reverts(asking, disputes, 'PathInvalid', [path, bits])
    }
    const asking = disputes.write.demandReveal([posted.epoch, places.wallet, 3, zeroHash, 0, zeroHash], asAlice)
    await reverts(asking, disputes, 'PlaceNotNeeded', [places.wallet])
  })

  it('is asked for with tree and length of the path in one number, as its event says', async () => {
    const { contracts, posted, places } = await happen()
    const { disputes } = contracts
    const path = `0x${'ab'.repeat(3)}${'00'.repeat(29)}` as Hex
    const longest = [posted.epoch, places.wallet, TREE.lanes, zeroHash, 124, zeroHash] as const
    await disputes.write.demandReveal(longest, asAlice)
    await disputes.write.demandReveal([posted.epoch, places.wallet, TREE.lanes, path, 24, zeroHash], asAlice)
    const [event] = await disputes.getEvents.Demanded()
    const question = { epoch: posted.epoch, kind: 2, place: places.wallet, key: path, value: (2n << 8n) | 24n }
    assert.deepEqual(event?.args.question, question)
  })

  it('shows entries, holds and lanes of an account, and the epoch’s leaves', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted, places, entries, books } = happened
    const { disputes } = contracts
    const { statement } = stated(happened, 'wallet')
    const trees = [entries.wallet, books.holds.closing, books.lanes.closing]
    for (const [tree, shownEntries] of trees.entries()) {
      await disputes.write.demandReveal([posted.epoch, places.wallet, tree, zeroHash, 0, zeroHash], asAlice)
      const { siblings, frontier } = shownBelow(shownEntries)
      const id = [posted.epoch, places.wallet, tree, zeroHash, 0] as const
      const nothing = disputes.write.answerReveal([...id, statement, siblings, '0x00'], anybody)
      await revertWithCustomError(nothing, treeErrors, 'RootDiffers')
      const answering = disputes.write.answerReveal([...id, statement, siblings, frontier], anybody)
      await emitWithArgs(answering, disputes, 'Revealed', [...id, frontier])
    }
    const leaves = disputes.write.answerReveal(
      [posted.epoch, zeroHash, TREE.leaves, zeroHash, 0, statement, '0x', '0x00'],
      anybody,
    )
    await revertWithCustomError(leaves, disputes, 'StatementDiffers')
    await disputes.write.demandReveal([posted.epoch, zeroHash, TREE.leaves, zeroHash, 0, zeroHash], asAlice)
    const below = revealed(placedLeaves(leavesOf(posted.books)), zeroHash, 0)
    const before = revealed(placedLeaves(leavesOf(posted.before)), zeroHash, 0)
    const answer = ({ siblings, frontier }: typeof below) =>
      disputes.write.answerLeavesReveal([posted.epoch, zeroHash, 0, siblings, frontier], anybody)
    await revertWithCustomError(answer(before), treeErrors, 'RootDiffers')
    await answer(below)
    const [event] = await disputes.getEvents.Revealed()
    assert.equal(event?.args.frontier, below.frontier)
  })

  it('is not answered by holds with another sum: the statement has compared it', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted, places, books } = happened
    const { statement } = stated(happened, 'wallet')
    const more = { ...statement, closing: { ...statement.closing, held: statement.closing.held + 1n } }
    const { siblings, frontier } = shownBelow(books.holds.closing)
    const answering = contracts.disputes.write.answerReveal(
      [posted.epoch, places.wallet, TREE.holds, zeroHash, 0, more, siblings, frontier],
      anybody,
    )
    await revertWithCustomError(answering, contracts.disputes, 'StatementDiffers')
  })

  it('shows lanes whose nonces together pass 64 bits', async () => {
    const contracts = await loadDisputed()
    const { disputes, settlement } = contracts
    const place = placeOf(wallet.address)
    const lanes = ['x', 'y', 'z'].map(name => ({ key: someKey(name), value: 2n ** 64n - 1n }))
    const books = booksOf(await settlement.read.inboxTotal([2n]), [[place, { lanes }]])
    await postBooks(contracts, new Map(), books)
    const next = await postBooks(contracts, books, books)
    const { epoch } = next
    const { statement, proof } = statementOf(next, place, [])
    await disputes.write.state([epoch, place, proof], asPoster)
    await disputes.write.demandReveal([epoch, place, TREE.lanes, zeroHash, 0, zeroHash], asAlice)
    const { siblings, frontier } = shownBelow(lanes)
    await disputes.write.answerReveal([epoch, place, TREE.lanes, zeroHash, 0, statement, siblings, frontier], anybody)
    assert.equal((await settlement.read.epoch([epoch])).openDemands, 0)
  })

  it('of entries whose debits together pass 64 bits cannot be answered, though they carry into the stated credits', async () => {
    const happened = await happen()
    const { contracts, posted, places } = happened
    const { disputes } = contracts
    const honest = stated(happened, 'alice')
    const [credits, debits] = [honest.statement.sum >> 64n, honest.statement.sum & (2n ** 64n - 1n)]
    const carrying = [entry(someKey('x'), credits - 1n, 2n ** 64n - 1n), entry(someKey('y'), 0n, debits + 1n)]
    const root = entriesRoot(carrying).hash
    await state(happened, 'alice', { ...honest.proof, root })
    await disputes.write.demandReveal([posted.epoch, places.alice, TREE.entries, zeroHash, 0, zeroHash], asAlice)
    const { siblings, frontier } = shownBelow(carrying)
    const statement = { ...honest.statement, root }
    const answering = disputes.write.answerReveal(
      [posted.epoch, places.alice, TREE.entries, zeroHash, 0, statement, siblings, frontier],
      asPoster,
    )
    await revertWithCustomError(answering, treeErrors, 'HalvesCarry')
  })

  it('of a root that was stated with a sum of its own cannot be answered', async () => {
    const happened = await happen()
    const { contracts, posted, places, entries } = happened
    const { disputes } = contracts
    const honest = stated(happened, 'wallet')
    const root = entriesRoot(entries.wallet.slice(1)).hash
    await state(happened, 'wallet', { ...honest.proof, root })
    await disputes.write.demandReveal([posted.epoch, places.wallet, TREE.entries, zeroHash, 0, zeroHash], asAlice)
    const { siblings, frontier } = shownBelow(entries.wallet.slice(1))
    const statement = { ...honest.statement, root }
    const answering = disputes.write.answerReveal(
      [posted.epoch, places.wallet, TREE.entries, zeroHash, 0, statement, siblings, frontier],
      asPoster,
    )
    await reverts(answering, disputes, 'TotalDiffers', [900n, 600n])
  })
})
