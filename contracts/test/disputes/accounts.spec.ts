import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, getAddress, type Hex, zeroHash } from 'viem'
import { laneKey } from '../support/cases.ts'
import { isCoverageRun } from '../support/constants.ts'
import { bob, networkHelpers, publicClient, stranger, viem } from '../support/judges-chain.ts'
import { actor } from '../support/messages.ts'
import { entriesRoot, entryProof, placeOf } from '../support/trees.ts'
import { booksOf, entry, postBooks, someKey, statementOf } from './books.ts'
import { ANSWER_SECONDS, loadDisputed } from './disputed-chain.ts'
import {
  DEPOSIT_INDEX,
  escrowHoldEvidence,
  FORCED,
  FORCED_INDEX,
  happen,
  inboxKey,
  jobEvidence,
  passAnswerTime,
  proofIn,
  stated,
  transferEvidence,
  wallet,
} from './scenario.ts'
import { anybody, asAlice, asPoster, judgeErrors, state, treeErrors, withStatements } from './stated.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs: reverts } = viem.assertions
/** The budget of a whole transaction that has order and receipt checked on chain. */
const ENTRY_GAS_MAX = 150_000n

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

  it('is not allowed by what code shows, which need not stand in any calldata; only that nothing is debited may', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted, places, messages } = happened
    const { disputes } = contracts
    const { statement } = stated(happened, 'wallet')
    const relay = await viem.deployContract('HostileWallet')
    const key = messages.transfer.digest
    const answer = (asked: Hex, evidence: Hex) =>
      [posted.epoch, places.wallet, asked, statement, proofIn(happened, 'wallet', asked), evidence] as const
    const byRelay = (asked: Hex, evidence: Hex) => {
      const args = answer(asked, evidence)
      const call = encodeFunctionData({ abi: disputes.abi, functionName: 'answerEntry', args })
      return relay.write.callAs([disputes.address, call], anybody)
    }
    const absent = someKey('not there')
    for (const asked of [key, absent]) {
      await disputes.write.demandEntry([posted.epoch, places.wallet, asked, zeroHash], asAlice)
    }
    const shown = transferEvidence(happened)
    await reverts(byRelay(key, shown), disputes, 'AnswererNotDirect', [getAddress(relay.address)])
    await byRelay(absent, '0x')
    await networkHelpers.setCode(stranger.account.address, `0xef0100${relay.address.slice(2)}`)
    const delegated = disputes.write.answerEntry(answer(key, shown), anybody)
    await reverts(delegated, disputes, 'AnswererNotDirect', [getAddress(stranger.account.address)])
    await disputes.write.answerEntry(answer(key, shown), asPoster)
  })

  it('is not shown below a root that was stated with a sum of its own, not even to be absent', async () => {
    const happened = await happen()
    const { contracts, posted, places, entries, messages } = happened
    const { disputes } = contracts
    const honest = stated(happened, 'wallet')
    const hidden = entries.wallet.slice(1)
    const root = entriesRoot(hidden).hash
    await state(happened, 'wallet', { ...honest.proof, root })
    const key = messages.transfer.digest
    await disputes.write.demandEntry([posted.epoch, places.wallet, key, zeroHash], asAlice)
    const statement = { ...honest.statement, root }
    const shown = [posted.epoch, places.wallet, key, statement, entryProof(hidden, key), '0x'] as const
    await reverts(disputes.write.answerEntry(shown, asPoster), disputes, 'TotalDiffers', [900n, 600n])
  })

  it('that debits a single microcredit is not allowed without evidence', async () => {
    const happened = await happen()
    const { contracts, posted, places, entries, messages } = happened
    const [key, [, ...others]] = [someKey('theft'), entries.wallet]
    const forged = [entry(key, 0n, 1n), entry(messages.transfer.digest, 0n, 299n), ...others]
    const { statement, proof } = stated(happened, 'wallet', forged)
    await state(happened, 'wallet', proof)
    await contracts.disputes.write.demandEntry([posted.epoch, places.wallet, key, zeroHash], asAlice)
    const shown = [posted.epoch, places.wallet, key, statement, entryProof(forged, key), '0x'] as const
    const answering = contracts.disputes.write.answerEntry(shown, asPoster)
    await revertWithCustomError(answering, judgeErrors, 'EvidenceInvalid')
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

  it('that an account never had is shown to be missing in both leaves', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted, places, books } = happened
    const key = laneKey(wallet.address, 7)
    await contracts.disputes.write.demandLane([posted.epoch, places.wallet, key, zeroHash], asAlice)
    const { statement } = stated(happened, 'wallet')
    const shown = [entryProof(books.lanes.opening, key), entryProof(books.lanes.closing, key)] as const
    await contracts.disputes.write.answerLane([posted.epoch, places.wallet, key, statement, ...shown], anybody)
    assert.equal((await contracts.settlement.read.epoch([posted.epoch])).openDemands, 0)
  })

  it('is shown beside others although their nonces together pass 64 bits', async () => {
    const contracts = await loadDisputed()
    const { disputes, settlement } = contracts
    const key = laneKey(wallet.address, 0)
    const place = placeOf(wallet.address)
    const others = ['x', 'y', 'z'].map(name => ({ key: someKey(name), value: 2n ** 64n - 1n }))
    const lanes = [...others, { key, value: 5n }]
    const total = await settlement.read.inboxTotal([2n])
    const books = booksOf(total, [[place, { lanes }]])
    await postBooks(contracts, new Map(), books)
    const next = await postBooks(contracts, books, books)
    const { statement, proof } = statementOf(next, place, [])
    await disputes.write.state([next.epoch, place, proof], asPoster)
    await disputes.write.demandLane([next.epoch, place, key, zeroHash], asAlice)
    const shown = entryProof(lanes, key)
    await disputes.write.answerLane([next.epoch, place, key, statement, shown, shown], anybody)
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

  it('is not answered by nothing while a single microcredit is left', async () => {
    const contracts = await loadDisputed()
    const { disputes, settlement } = contracts
    const place = placeOf(bob.account.address)
    const books = booksOf(await settlement.read.inboxTotal([2n]), [[place, { available: 1n }]])
    await postBooks(contracts, new Map(), books)
    const index = await settlement.read.inboxCount()
    await settlement.write.forceWithdrawal([FORCED], { account: bob.account })
    const next = await postBooks(contracts, books, books)
    const { statement, proof } = statementOf(next, place, [])
    await disputes.write.state([next.epoch, place, proof], asPoster)
    await disputes.write.demandForced([next.epoch, index, zeroHash], { account: bob.account })
    const shown = [next.epoch, index, statement, entryProof([], inboxKey(index))] as const
    await reverts(disputes.write.answerForced(shown, anybody), disputes, 'ForcedUnpaid', [index, 0n, 1n])
  })
})
