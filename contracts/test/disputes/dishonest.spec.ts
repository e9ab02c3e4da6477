/** Epochs that cannot be defended: what they say of an account is refused by the contract itself, or has no answer. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { spendPermissionType } from '@deparrow/ledger'
import { type Hex, zeroHash } from 'viem'
import { laneKey } from '../support/cases.ts'
import { alice, bob, networkHelpers, poster, stranger, viem } from '../support/judges-chain.ts'
import { actor, asStruct, digestOf } from '../support/messages.ts'
import { type Entry, entryProof, placeOf } from '../support/trees.ts'
import { type Account, booksOf, entry, postBooks, someKey, statementOf } from './books.ts'
import { evidenceOf } from './certified.ts'
import { ANSWER_SECONDS, type Disputed, loadDisputed } from './disputed-chain.ts'
import { happen, inboxKey, node, wallet } from './scenario.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs: reverts } = viem.assertions
const asAlice = { account: alice.account }
const asPoster = { account: poster.account }
const anybody = { account: stranger.account }
const place = placeOf(wallet.address)
const lane = laneKey(wallet.address, 0)
const others: Entry[] = ['x', 'y', 'z'].map(name => ({ key: someKey(name), value: 9n }))

async function between(opening: Partial<Account>, closing: Partial<Account>) {
  const contracts = await loadDisputed()
  const { settlement } = contracts
  const total = await settlement.read.inboxTotal([await settlement.read.inboxCount()])
  const before = booksOf(total, [[place, opening]])
  await postBooks(contracts, new Map(), before)
  const posted = await postBooks(contracts, before, booksOf(total, [[place, closing]]))
  return { contracts, posted }
}

async function stateOf({ contracts, posted }: Awaited<ReturnType<typeof between>>, entries: readonly Entry[]) {
  const { statement, proof } = statementOf(posted, place, entries)
  await contracts.disputes.write.state([posted.epoch, place, proof], asPoster)
  return statement
}

describe('an epoch that cannot be defended', () => {
  it('lets a receipt sequence fall: it has no statement', async () => {
    const { contracts, posted } = await between({ receiptSequence: 4n }, { receiptSequence: 3n })
    const { proof } = statementOf(posted, place, [])
    const stating = contracts.disputes.write.state([posted.epoch, place, proof], asPoster)
    await reverts(stating, contracts.disputes, 'SequenceDescends', [4n, 3n])
  })

  it('holds more than the holds: it has no statement', async () => {
    const { contracts, posted } = await between({ available: 5n }, { heldStated: 5n })
    const { proof } = statementOf(posted, place, [])
    const stating = contracts.disputes.write.state([posted.epoch, place, proof], asPoster)
    await reverts(stating, contracts.disputes, 'TotalDiffers', [5n, 0n])
  })

  it('has holds of 2^64 microcredits below a leaf that holds nothing: they are not cut to 64 bits, and it has no statement', async () => {
    const holds = ['x', 'y'].map(name => ({ key: someKey(name), value: 2n ** 63n }))
    const { contracts, posted } = await between({}, { holds, heldStated: 0n })
    const { proof } = statementOf(posted, place, [])
    const stating = contracts.disputes.write.state([posted.epoch, place, proof], asPoster)
    await reverts(stating, contracts.disputes, 'TotalDiffers', [0n, 2n ** 64n])
  })

  it('drops an account with lanes, or a lane, or lets one fall: the lane has no answer', async () => {
    const opening = [...others, { key: lane, value: 5n }]
    const closings: [Partial<Account>, Entry[], bigint][] = [
      [{}, [], 0n],
      [{ lanes: others }, others, 0n],
      [{ lanes: [...others, { key: lane, value: 4n }] }, [...others, { key: lane, value: 4n }], 4n],
    ]
    for (const [closing, lanes, value] of closings) {
      const happened = await between({ lanes: opening }, closing)
      const { disputes } = happened.contracts
      const statement = await stateOf(happened, [])
      await disputes.write.demandLane([happened.posted.epoch, place, lane, zeroHash], asAlice)
      const proofs = [entryProof(opening, lane), entryProof(lanes, lane)] as const
      const answering = disputes.write.answerLane([happened.posted.epoch, place, lane, statement, ...proofs], asPoster)
      await reverts(answering, disputes, 'LaneDescends', [lane, 5n, value])
    }
  })

  it('drops a lane that stood at nonce 0: its message could come again', async () => {
    const opening = [...others, { key: lane, value: 0n }]
    const happened = await between({ lanes: opening }, { lanes: others })
    const { disputes } = happened.contracts
    const statement = await stateOf(happened, [])
    await disputes.write.demandLane([happened.posted.epoch, place, lane, zeroHash], asAlice)
    const proofs = [entryProof(opening, lane), entryProof(others, lane)] as const
    const answering = disputes.write.answerLane([happened.posted.epoch, place, lane, statement, ...proofs], asPoster)
    await reverts(answering, disputes, 'LaneDescends', [lane, 0n, 0n])
  })

  it('names a root that nobody can open: the reveal has no answer, and the epoch ends', async () => {
    const happened = await between({ available: 5n }, { available: 5n })
    const { contracts, posted } = happened
    const { disputes, settlement } = contracts
    const { proof } = statementOf(posted, place, [])
    await disputes.write.state([posted.epoch, place, { ...proof, root: someKey('closed') }], asPoster)
    await disputes.write.demandReveal([posted.epoch, place, 0, zeroHash, 0, zeroHash], asAlice)
    await networkHelpers.time.increase(ANSWER_SECONDS + 1n)
    const question = { epoch: posted.epoch, kind: 2, place, key: zeroHash, value: 0n }
    await disputes.write.expire([await disputes.read.idOf([question])], anybody)
    assert.equal(await settlement.read.epochStatus([posted.epoch]), 4)
  })

  it('does not reveal the leaves as a tree of the account that nobody has', async () => {
    const happened = await between({ available: 5n }, { available: 5n })
    const { contracts, posted } = happened
    const { disputes } = contracts
    const { statement, proof } = statementOf(posted, zeroHash, [])
    await disputes.write.state([posted.epoch, zeroHash, proof], asPoster)
    await disputes.write.demandReveal([posted.epoch, zeroHash, 3, zeroHash, 0, zeroHash], asAlice)
    const answering = disputes.write.answerReveal(
      [posted.epoch, zeroHash, 3, zeroHash, 0, statement, '0x', '0x00'],
      asPoster,
    )
    await reverts(answering, disputes, 'TreeInvalid', [3])
  })
})

describe('a forced withdrawal of more than there is', () => {
  it('is answered by a wallet with nothing available, whatever was debited', async () => {
    const contracts = await loadDisputed()
    const { disputes, settlement } = contracts
    const bobPlace = placeOf(bob.account.address.toLowerCase() as Hex)
    const total = await settlement.read.inboxTotal([2n])
    const before = booksOf(total, [[bobPlace, { available: 100n }]])
    await postBooks(contracts, new Map(), before)
    await settlement.write.forceWithdrawal([600n], { account: bob.account })
    const posted = await postBooks(contracts, before, booksOf(total, [[bobPlace, {}]]))
    const entries = [entry(inboxKey(2n), 0n, 100n)]
    const { statement, proof } = statementOf(posted, bobPlace, entries)
    await disputes.write.state([posted.epoch, bobPlace, proof], asPoster)
    await disputes.write.demandForced([posted.epoch, 2n, zeroHash], { account: bob.account })
    const shown = entryProof(entries, inboxKey(2n))
    await disputes.write.answerForced([posted.epoch, 2n, statement, shown], anybody)
    const question = { epoch: posted.epoch, kind: 7, place: bobPlace, key: inboxKey(2n), value: 600n }
    const { state } = await disputes.read.demandOf([await disputes.read.idOf([question])])
    assert.equal(state, 2)
  })
})

describe('a receipt for an order that a delegate signed', () => {
  const delegate = actor(3)

  async function delegated(contracts: Disputed, giver = wallet, giverName = wallet.address) {
    const { evidence } = await evidenceOf(contracts.domain, { orderSigner: delegate })
    const permission = {
      wallet: giverName,
      delegate: delegate.address,
      jobMicrocreditsMax: 1n,
      hourMicrocreditsMax: 1n,
      dayMicrocreditsMax: 1n,
      counterparties: [],
      engines: [],
      expires: 1n,
      nonce: 1n,
    }
    const digest = digestOf(spendPermissionType, permission, contracts.domain)
    const authority = {
      ...(evidence.certified.authority as object),
      permission: asStruct(spendPermissionType, permission),
      permissionSignature: await giver.signDigest(digest),
    }
    return { ...evidence, certified: { ...evidence.certified, authority: authority as never } }
  }

  it('is refused without the payer’s permission, and with one of another wallet', async () => {
    const { contracts } = await happen()
    const { receipts, domain } = contracts
    const errors = await viem.deployContract('JudgeHarness')
    const { evidence } = await evidenceOf(domain, { orderSigner: delegate })
    await revertWithCustomError(receipts.write.pushReceipt([evidence], anybody), errors, 'SignerDiffers')
    const forged = await delegated(contracts, node)
    await revertWithCustomError(receipts.write.pushReceipt([forged], anybody), errors, 'SignerDiffers')
    const foreign = await delegated(contracts, node, node.address)
    await revertWithCustomError(receipts.write.pushReceipt([foreign], anybody), errors, 'PermissionOfOther')
  })

  it('is taken with it: what the permission covers was for the ledger to see, which certified the hold', async () => {
    const { contracts } = await happen()
    const evidence = await delegated(contracts)
    await contracts.receipts.write.pushReceipt([evidence], anybody)
    assert.equal(await contracts.settlement.read.inboxCount(), 5n)
  })
})
