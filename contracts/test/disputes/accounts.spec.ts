import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { transferType } from '@deparrow/ledger'
import { encodeAbiParameters, getAddress, type Hex, parseAbiParameters, zeroHash } from 'viem'
import { acceptanceBatch } from '../support/acceptances.ts'
import { laneKey } from '../support/cases.ts'
import { isCoverageRun } from '../support/constants.ts'
import { alice, bob, guardian, poster, publicClient, stranger, viem } from '../support/judges-chain.ts'
import { actor, digestOf } from '../support/messages.ts'
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
import { entry, leavesOf, someKey } from './books.ts'
import { ANSWER_SECONDS, ASKER_BOND_WEI, ledger, PURSE_WEI } from './disputed-chain.ts'
import {
  DEPOSIT_INDEX,
  DEPOSITED,
  escrowHoldEvidence,
  FORCED,
  FORCED_INDEX,
  type Happened,
  happen,
  inboxKey,
  jobEvidence,
  type Name,
  passAnswerTime,
  proofIn,
  stated,
  transferEvidence,
  wallet,
} from './scenario.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs: reverts } = viem.assertions
const asAlice = { account: alice.account }
const asPoster = { account: poster.account }
const anybody = { account: stranger.account }
const judgeErrors = await viem.deployContract('JudgeHarness')
const treeErrors = await viem.deployContract('SumTreeHarness')
/** The budget of a whole transaction that has order and receipt checked on chain. */
const ENTRY_GAS_MAX = 150_000n
const TREE = { entries: 0, holds: 1, lanes: 2, leaves: 3 } as const

const state = ({ contracts, posted, places }: Happened, name: Name, proof: ReturnType<typeof stated>['proof']) =>
  contracts.disputes.write.state([posted.epoch, places[name], proof], asPoster)

const shownBelow = (entries: readonly Entry[]) => revealed(placedEntries(entries), zeroHash, 0)

async function withStatements(...names: Name[]) {
  const happened = await happen()
  for (const name of names) await state(happened, name, stated(happened, name).proof)
  return happened
}

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
      await disputes.write.answerReveal([...id, statement, siblings, frontier], anybody)
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

describe('an entry', () => {
  it('is refused without evidence, with evidence of another debit, or with a signature of somebody else', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted, places, messages } = happened
    const { disputes } = contracts
    const { statement } = stated(happened, 'wallet')
    const key = messages.transfer.digest
    await disputes.write.demandEntry([posted.epoch, places.wallet, key, zeroHash], asAlice)
    const answer = (evidence: Hex, proof = proofIn(happened, 'wallet', key)) =>
      disputes.write.answerEntry([posted.epoch, places.wallet, key, statement, proof, evidence], anybody)
    await revertWithCustomError(answer('0x'), judgeErrors, 'EvidenceInvalid')
    await revertWithCustomError(answer(jobEvidence(happened)), judgeErrors, 'MessageUnrelated')
    const forged = { ...happened, messages: { ...messages, transfer: { ...messages.transfer } } }
    forged.messages.transfer.signature = await actor(99).signDigest(key)
    await revertWithCustomError(answer(transferEvidence(forged)), judgeErrors, 'SignerDiffers')
    await revertWithCustomError(answer(transferEvidence(happened), entryProof([], key)), treeErrors, 'RootDiffers')
  })

  it('is allowed by a transfer and by a job with its receipt, or is not there, whoever shows it', async t => {
    const happened = await withStatements('wallet', 'seller')
    const { contracts, posted, places, messages } = happened
    const { disputes } = contracts
    const { statement } = stated(happened, 'wallet')
    const answers: [Hex, Hex][] = [
      [messages.transfer.digest, transferEvidence(happened)],
      [messages.order.digest, jobEvidence(happened)],
      [someKey('not there'), '0x'],
    ]
    for (const [key, evidence] of answers) {
      await disputes.write.demandEntry([posted.epoch, places.wallet, key, zeroHash], asAlice)
      const proof = proofIn(happened, 'wallet', key)
      const hash = await disputes.write.answerEntry(
        [posted.epoch, places.wallet, key, statement, proof, evidence],
        anybody,
      )
      const { gasUsed } = await publicClient.getTransactionReceipt({ hash })
      t.diagnostic(`an entry with ${(evidence.length - 2) / 2} bytes of evidence: ${gasUsed} gas`)
      assert.ok(isCoverageRun || gasUsed < ENTRY_GAS_MAX, `${gasUsed} gas`)
    }
    const seller = stated(happened, 'seller').statement
    const key = messages.transfer.digest
    await disputes.write.demandEntry([posted.epoch, places.seller, key, zeroHash], asAlice)
    const proof = proofIn(happened, 'seller', key)
    await disputes.write.answerEntry([posted.epoch, places.seller, key, seller, proof, '0x'], anybody)
  })

  it('that nobody signed for cancels the epoch', async () => {
    const happened = await happen()
    const { contracts, posted, places, entries } = happened
    const { disputes, settlement } = contracts
    const key = someKey('theft')
    const [, withdrawn, job] = entries.wallet
    assert.ok(withdrawn && job)
    const forged = [entry(key, 0n, 300n), withdrawn, job]
    const { statement, proof } = stated(happened, 'wallet', forged)
    await state(happened, 'wallet', proof)
    await disputes.write.demandEntry([posted.epoch, places.wallet, key, zeroHash], asAlice)
    const evidence = transferEvidence(happened)
    const shown = entryProof(forged, key)
    const answering = disputes.write.answerEntry(
      [posted.epoch, places.wallet, key, statement, shown, evidence],
      asPoster,
    )
    await revertWithCustomError(answering, judgeErrors, 'MessageUnrelated')
    await passAnswerTime(ANSWER_SECONDS + 1n)
    const question = { epoch: posted.epoch, kind: 3, place: places.wallet, key, value: 0n }
    await disputes.write.expire([await disputes.read.idOf([question])], anybody)
    assert.equal(await settlement.read.epochStatus([posted.epoch]), 4)
  })
})

describe('a hold', () => {
  it('is refused without its order, and shown with it or absent', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted, places, messages, books } = happened
    const { disputes } = contracts
    const { statement } = stated(happened, 'wallet')
    const standing = messages.escrow.digest
    for (const key of [standing, messages.order.digest]) {
      await disputes.write.demandHold([posted.epoch, places.wallet, key, zeroHash], asAlice)
      const id = [posted.epoch, places.wallet, key, statement, entryProof(books.holds.closing, key)] as const
      const evidence = key === standing ? escrowHoldEvidence(happened) : '0x'
      if (key === standing) {
        const bare = disputes.write.answerHold([...id, '0x'], anybody)
        await revertWithCustomError(bare, judgeErrors, 'EvidenceInvalid')
      }
      await disputes.write.answerHold([...id, evidence], anybody)
    }
  })
})

describe('a lane', () => {
  it('is refused when it falls or is gone', async () => {
    const happened = await withStatements('wallet', 'bob')
    const { contracts, posted, places, books } = happened
    const { disputes } = contracts
    const key = laneKey(wallet.address, 0)
    await disputes.write.demandLane([posted.epoch, places.wallet, key, zeroHash], asAlice)
    const { statement } = stated(happened, 'wallet')
    const opening = entryProof(books.lanes.opening, key)
    const closing = entryProof(books.lanes.closing, key)
    const answer = (from: typeof opening, to: typeof closing) =>
      disputes.write.answerLane([posted.epoch, places.wallet, key, statement, from, to], anybody)
    await revertWithCustomError(answer(closing, closing), treeErrors, 'RootDiffers')
    await revertWithCustomError(answer(opening, opening), treeErrors, 'RootDiffers')
    await answer(opening, closing)
  })
})

describe('a deposit', () => {
  it('is no ground when another epoch covers it, or when the item is no deposit', async () => {
    const { contracts, first, posted } = await happen()
    const { disputes } = contracts
    const ask = (epoch: bigint, index: bigint) => disputes.write.demandDeposit([epoch, index, zeroHash], asAlice)
    await reverts(ask(first.epoch, DEPOSIT_INDEX), disputes, 'ItemOutsideEpoch', [first.epoch, DEPOSIT_INDEX])
    await reverts(ask(posted.epoch, 0n), disputes, 'ItemOutsideEpoch', [posted.epoch, 0n])
    await reverts(ask(posted.epoch, 4n), disputes, 'ItemOutsideEpoch', [posted.epoch, 4n])
    await reverts(ask(posted.epoch, FORCED_INDEX), disputes, 'ItemUnrelated', [FORCED_INDEX, 4])
    await reverts(ask(first.epoch, 0n), disputes, 'ItemUnrelated', [0n, 1])
  })

  it('is credited in full to its wallet', async () => {
    const happened = await withStatements('alice')
    const { contracts, posted, places } = happened
    const { disputes } = contracts
    const key = inboxKey(DEPOSIT_INDEX)
    const { statement } = stated(happened, 'alice')
    await disputes.write.demandDeposit([posted.epoch, DEPOSIT_INDEX, zeroHash], asAlice)
    const answer = (least: bigint) => {
      const proof = proofIn(happened, 'alice', key)
      return disputes.write.answerCredit([posted.epoch, places.alice, key, least, statement, proof], anybody)
    }
    await revertWithCustomError(answer(DEPOSITED - 1n), disputes, 'DemandNotOpen')
    await reverts(answer(DEPOSITED + 1n), disputes, 'CreditTooSmall', [key, DEPOSITED, DEPOSITED + 1n])
    await answer(DEPOSITED)
  })
})

describe('an accepted transfer', () => {
  const structOf = 'address from, address to, uint64 amount, uint32 lane, uint64 nonce, uint64 deadline'
  const encoded = (message: Record<string, unknown>): Hex =>
    encodeAbiParameters(parseAbiParameters(structOf), [
      message.from,
      message.to,
      message.amountMicrocredits,
      message.lane,
      message.nonce,
      message.deadline,
    ] as never)

  it('is no ground with a refusal, another message, another signer or a position of another epoch', async () => {
    const { contracts, posted, messages } = await happen()
    const { disputes, domain } = contracts
    const message = encoded(messages.transfer.struct)
    const ask = async (fields: object, signer = ledger) => {
      const acceptance = { digest: messages.transfer.digest, position: 15n, isAccepted: true, atMs: 1n, ...fields }
      const [shown] = await acceptanceBatch([acceptance], signer, domain)
      assert.ok(shown)
      return disputes.write.demandAccepted([posted.epoch, 0, message, shown, zeroHash], asAlice)
    }
    const { digest } = messages.transfer
    await reverts(ask({ isAccepted: false }), disputes, 'AcceptanceUnrelated', [digest, digest])
    await revertWithCustomError(ask({ digest: someKey('other') }), disputes, 'AcceptanceUnrelated')
    await revertWithCustomError(ask({}, actor(7)), judgeErrors, 'SignerDiffers')
    for (const position of [10n, 21n])
      await reverts(ask({ position }), disputes, 'PositionOutsideEpoch', [posted.epoch, position])
    await ask({ position: 20n })
  })

  it('of another chain or contract is no ground', async () => {
    const { contracts, posted, messages } = await happen()
    const { disputes, domain } = contracts
    const acceptance = { digest: messages.transfer.digest, position: 15n, isAccepted: true, atMs: 1n }
    const foreign = [
      { ...domain, chainId: 1 },
      { ...domain, verifyingContract: `0x${'ab'.repeat(20)}` as Hex },
    ]
    for (const elsewhere of foreign) {
      const [shown] = await acceptanceBatch([acceptance], ledger, elsewhere)
      assert.ok(shown)
      const message = encoded(messages.transfer.struct)
      const asking = disputes.write.demandAccepted([posted.epoch, 0, message, shown, zeroHash], asAlice)
      await revertWithCustomError(asking, judgeErrors, 'SignerDiffers')
    }
  })

  it('is credited to its receiver, and a withdrawal to the wallet’s payouts, when the payer was debited', async () => {
    const happened = await withStatements('wallet', 'seller', 'payable')
    const { contracts, posted, places, messages } = happened
    const { disputes } = contracts
    const debtor = stated(happened, 'wallet').statement
    const ask = (kind: number, message: Hex, key: Hex) =>
      disputes.write.demandCounterpart(
        [posted.epoch, kind, message, debtor, proofIn(happened, 'wallet', key), zeroHash],
        asAlice,
      )
    const transferKey = messages.transfer.digest
    const other = encoded({ ...(messages.transfer.struct as object), nonce: 99n })
    const otherDigest = digestOf(
      transferType,
      { ...(messages.transfer.struct as object), nonce: 99n } as never,
      contracts.domain,
    )
    const asking = ask(0, other, otherDigest)
    await reverts(asking, disputes, 'NothingDebited', [places.wallet, otherDigest])
    await ask(0, encoded(messages.transfer.struct), transferKey)
    const seller = stated(happened, 'seller').statement
    const credited = proofIn(happened, 'seller', transferKey)
    await disputes.write.answerCredit([posted.epoch, places.seller, transferKey, 300n, seller, credited], anybody)

    const { wallet: from, amountMicrocredits, lane, nonce, deadline } = messages.withdrawal.struct as never
    const withdrawal = encodeAbiParameters(
      parseAbiParameters('address wallet, uint64 amount, uint32 lane, uint64 nonce, uint64 deadline'),
      [from, amountMicrocredits, lane, nonce, deadline],
    )
    const key = messages.withdrawal.digest
    await ask(5, withdrawal, key)
    const payable = stated(happened, 'payable').statement
    const paid = proofIn(happened, 'payable', key)
    await disputes.write.answerCredit([posted.epoch, places.payable, key, 200n, payable, paid], anybody)
  })
})

describe('a forced withdrawal', () => {
  it('is asked for in its epoch only, and answered by its debit', async () => {
    const happened = await withStatements('bob')
    const { contracts, first, posted, entries } = happened
    const { disputes } = contracts
    const early = disputes.write.demandForced([first.epoch, FORCED_INDEX, zeroHash], asAlice)
    await reverts(early, disputes, 'ItemOutsideEpoch', [first.epoch, FORCED_INDEX])
    const deposit = disputes.write.demandForced([posted.epoch, DEPOSIT_INDEX, zeroHash], asAlice)
    await reverts(deposit, disputes, 'ItemUnrelated', [DEPOSIT_INDEX, 0])
    await disputes.write.demandForced([posted.epoch, FORCED_INDEX, zeroHash], asAlice)
    const { statement } = stated(happened, 'bob')
    const proof = entryProof(entries.bob, inboxKey(FORCED_INDEX))
    await disputes.write.answerForced([posted.epoch, FORCED_INDEX, statement, proof], anybody)
  })

  it('is not answered by less than was asked for while something is left', async () => {
    const happened = await happen()
    const { contracts, posted } = happened
    const { disputes } = contracts
    const key = inboxKey(FORCED_INDEX)
    const partial = [entry(key, 0n, FORCED - 1n), entry(someKey('fee'), 0n, 1n)]
    const { statement, proof } = stated(happened, 'bob', partial)
    await state(happened, 'bob', proof)
    await disputes.write.demandForced([posted.epoch, FORCED_INDEX, zeroHash], { account: bob.account })
    const answering = disputes.write.answerForced(
      [posted.epoch, FORCED_INDEX, statement, entryProof(partial, key)],
      anybody,
    )
    await reverts(answering, disputes, 'ForcedUnpaid', [FORCED_INDEX, FORCED - 1n, 400n])
  })
})
