import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assignmentReleaseType, feeOf, priceOfJob, pricingDigest, usageReceiptType } from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import { getAddress, type Hex, zeroHash } from 'viem'
import { WEI_PER_MICROCREDIT } from '../support/constants.ts'
import { alice, guardian, networkHelpers, poster, stranger, viem } from '../support/judges-chain.ts'
import { actor } from '../support/messages.ts'
import { entryProof, placeOf } from '../support/trees.ts'
import { booksOf, entry, postBooks, statementOf } from './books.ts'
import { acceptanceOf, DUE, evidenceOf, pricing, unknownOrder } from './certified.ts'
import { ASKER_BOND_WEI, EPOCH_BOND_WEI, INBOX_AGE_SECONDS, loadDisputed, PURSE_WEI } from './disputed-chain.ts'
import {
  type Happened,
  happen,
  type Name,
  node,
  payout,
  proofIn,
  receiptOf,
  signed,
  stated,
  wallet,
} from './scenario.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs: reverts } = viem.assertions
const asAlice = { account: alice.account }
const asPoster = { account: poster.account }
const anybody = { account: stranger.account }
const judgeErrors = await viem.deployContract('JudgeHarness')
const treeErrors = await viem.deployContract('SumTreeHarness')

const pushable = { endedAtMs: 2n }

async function withStatements(...names: Name[]) {
  const happened = await happen()
  const { contracts, posted, places } = happened
  for (const name of names)
    await contracts.disputes.write.state([posted.epoch, places[name], stated(happened, name).proof], asPoster)
  return happened
}

/** Demands a receipt that the ledger accepted within the epoch. */
async function demandAccepted({ contracts, posted }: Happened, changed: Parameters<typeof evidenceOf>[1] = {}) {
  const { evidence, claim } = await evidenceOf(contracts.domain, changed)
  const acceptance = { digest: claim.receiptDigest, position: 15n, isAccepted: true, atMs: 5n }
  const shown = await acceptanceOf(contracts.domain, acceptance)
  await contracts.receipts.write.demandAcceptedReceipt([posted.epoch, evidence, shown, zeroHash], asAlice)
  return claim
}

/** Pushes a receipt, posts an epoch that covers it and in which nothing else happens, and demands the receipt in it. */
async function demandPushed(happened: Happened, changed: Parameters<typeof evidenceOf>[1] = {}) {
  const { contracts, posted } = happened
  const { evidence, claim } = await evidenceOf(contracts.domain, changed)
  await contracts.receipts.write.pushReceipt([evidence], anybody)
  const next = await postBooks(contracts, posted.books, posted.books)
  await contracts.receipts.write.demandPushed([next.epoch, evidence, zeroHash], asAlice)
  const { statement, proof } = statementOf(next, placeOf(wallet.address), [])
  await contracts.disputes.write.state([next.epoch, placeOf(wallet.address), proof], asPoster)
  return { next, claim: { ...claim, isPushed: true }, statement }
}

describe('pushing a receipt', () => {
  it('is refused when order, receipt, certificate or pricing is not signed, or not for the others', async () => {
    const { contracts } = await happen()
    const { receipts, domain } = contracts
    const push = async (changed: Parameters<typeof evidenceOf>[1]) =>
      receipts.write.pushReceipt([(await evidenceOf(domain, changed)).evidence], anybody)
    const somebody = actor(99)
    await revertWithCustomError(push({ orderSigner: somebody }), judgeErrors, 'SignerDiffers')
    await revertWithCustomError(push({ receiptSigner: somebody }), judgeErrors, 'SignerDiffers')
    await revertWithCustomError(push({ certificateSigner: somebody }), judgeErrors, 'SignerDiffers')
    const foreign = push({ certificate: { orderDigest: zeroHash } })
    await revertWithCustomError(foreign, receipts, 'CertificateUnrelated')
    const unrelated = [
      { certificate: { node: somebody.address } },
      { certificate: { attempt: 2 } },
      { certificate: { pricingDigest: zeroHash } },
      { pricing: { feeBasisPoints: 0 } },
      { receipt: { orderDigest: zeroHash } },
    ]
    for (const changed of unrelated) await revertWithCustomError(push(changed), receipts, 'ReceiptUnrelated')
  })

  it('is refused with a signature in its other form', async () => {
    const { contracts } = await happen()
    const { receipts, domain } = contracts
    const { evidence } = await evidenceOf(domain)
    const r = evidence.receiptSignature.slice(2, 66)
    const s = BigInt(`0x${evidence.receiptSignature.slice(66, 130)}`)
    const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const v = evidence.receiptSignature.endsWith('1b') ? '1c' : '1b'
    const receiptSignature = `0x${r}${(n - s).toString(16).padStart(64, '0')}${v}` as Hex
    const pushing = receipts.write.pushReceipt([{ ...evidence, receiptSignature }], anybody)
    await revertWithCustomError(pushing, judgeErrors, 'SignatureInvalid')
  })

  it('is refused for another chain or contract', async () => {
    const { contracts } = await happen()
    const { receipts, domain } = contracts
    const foreign = [
      { ...domain, chainId: 1 },
      { ...domain, verifyingContract: `0x${'ab'.repeat(20)}` as Hex },
    ]
    for (const elsewhere of foreign) {
      const { evidence } = await evidenceOf(elsewhere)
      await revertWithCustomError(receipts.write.pushReceipt([evidence], anybody), judgeErrors, 'SignerDiffers')
    }
  })

  it('is refused from the future, too close to the certificate’s end, with an unknown outcome, and for nothing', async () => {
    const { contracts } = await happen()
    const { receipts, domain } = contracts
    const now = BigInt(await networkHelpers.time.latest()) + 100n
    const push = async (changed: Parameters<typeof evidenceOf>[1]) => {
      const { evidence } = await evidenceOf(domain, changed)
      await networkHelpers.time.setNextBlockTimestamp(now)
      return receipts.write.pushReceipt([evidence], anybody)
    }
    const later = now * 1_000n + 1n
    await reverts(push({ receipt: { endedAtMs: later } }), receipts, 'ReceiptFromFuture', [later, now * 1_000n])
    const expires = now + 309n
    await reverts(push({ certificate: { expires } }), receipts, 'PushedTooLate', [expires, 310n])
    await reverts(push({ receipt: { outcome: 6 } }), receipts, 'OutcomeUnknown', [6])
    for (const outcome of [2, 5]) await revertWithCustomError(push({ receipt: { outcome } }), receipts, 'NothingDue')
    await push({ certificate: { expires: now + 310n } })
  })

  it('enters it once, for its node', async () => {
    const { contracts } = await happen()
    const { receipts, settlement, domain } = contracts
    const { evidence, claim } = await evidenceOf(domain, { receipt: pushable })
    await receipts.write.pushReceipt([evidence], anybody)
    const item = await settlement.read.inboxItem([4n])
    assert.deepEqual([item.kind, item.account, item.detail], [6, getAddress(node.address), claim.receiptDigest])
    const pushed = await receipts.read.pushedReceipt([claim.receiptDigest])
    assert.deepEqual(pushed, { inboxIndex: 4n, arrivedAt: item.arrivedAt })
    const again = receipts.write.pushReceipt([evidence], asAlice)
    await reverts(again, receipts, 'ReceiptKnown', [claim.receiptDigest])
  })
})

describe('demanding a receipt', () => {
  it('is refused when it was not pushed, or not into what the epoch covers', async () => {
    const { contracts, first, posted } = await happen()
    const { receipts, disputes, domain } = contracts
    const { evidence, claim } = await evidenceOf(domain)
    const ask = (epoch: bigint) => receipts.write.demandPushed([epoch, evidence, zeroHash], asAlice)
    await reverts(ask(posted.epoch), receipts, 'ReceiptNotPushed', [claim.receiptDigest])
    await receipts.write.pushReceipt([evidence], anybody)
    await reverts(ask(posted.epoch), disputes, 'ItemOutsideEpoch', [posted.epoch, 4n])
    const next = await postBooks(contracts, posted.books, posted.books)
    const later = await postBooks(contracts, posted.books, posted.books)
    await reverts(ask(first.epoch), disputes, 'ItemOutsideEpoch', [first.epoch, 4n])
    await reverts(ask(later.epoch), disputes, 'ItemOutsideEpoch', [later.epoch, 4n])
    await ask(next.epoch)
  })

  it('is refused with a refusal, another message, another signer or a position of another epoch', async () => {
    const { contracts, posted } = await happen()
    const { receipts, disputes, domain } = contracts
    const { evidence, claim } = await evidenceOf(domain)
    const digest = claim.receiptDigest
    const ask = async (fields: object, signer?: ReturnType<typeof actor>) => {
      const acceptance = { digest, position: 15n, isAccepted: true, atMs: 5n, ...fields }
      const shown = await acceptanceOf(domain, acceptance, signer)
      return receipts.write.demandAcceptedReceipt([posted.epoch, evidence, shown, zeroHash], asAlice)
    }
    await reverts(ask({ isAccepted: false }), disputes, 'AcceptanceUnrelated', [digest, digest])
    await reverts(ask({ digest: zeroHash }), disputes, 'AcceptanceUnrelated', [digest, zeroHash])
    await revertWithCustomError(ask({}, actor(99)), judgeErrors, 'SignerDiffers')
    for (const position of [10n, 21n])
      await reverts(ask({ position }), disputes, 'PositionOutsideEpoch', [posted.epoch, position])
  })

  it('is refused for an order that the epoch does not debit, and allowed for one that it does', async () => {
    const happened = await withStatements('wallet', 'payout')
    const { contracts, posted, entries, places } = happened
    const { receipts, disputes, domain } = contracts
    const ask = async (changed: Parameters<typeof evidenceOf>[1]) => {
      const { evidence, claim } = await evidenceOf(domain, changed)
      const proof = entryProof(entries.wallet, claim.order.orderDigest)
      const { statement } = stated(happened, 'wallet')
      await receipts.write.demandDebited([posted.epoch, evidence, statement, proof, zeroHash], asAlice)
      return claim
    }
    const { claim: unknown } = await evidenceOf(domain, { order: unknownOrder })
    const notDebited = ask({ order: unknownOrder })
    await reverts(notDebited, disputes, 'NothingDebited', [places.wallet, unknown.order.orderDigest])
    const claim = await ask({})
    const { statement } = stated(happened, 'payout')
    const proof = proofIn(happened, 'payout', claim.order.orderDigest)
    await receipts.write.answerReceiptByEntry([posted.epoch, claim, statement, proof], anybody)
  })

  it('takes the bond of who asks, by the contract that keeps demands', async () => {
    const happened = await happen()
    const { disputes } = happened.contracts
    await demandAccepted(happened)
    assert.equal(await disputes.read.purseWei([alice.account.address]), PURSE_WEI - ASKER_BOND_WEI)
  })
})

describe('what a receipt is due', () => {
  const hour = 3_600_000n
  const assignedAtMs = 100_000_000n
  const docker = {
    engine: 'docker' as const,
    bidMicrocredits: 0n,
    maxPriceMicrocredits: 1_000_000_000n,
    cpuMillicoresMax: 1_000,
    wallMsMax: 100n * hour,
  }
  const rates = { ...pricing, cpuCoreHourMicrocredits: 7_000n }

  /** The due of a receipt that says that a job ran for two hours on one core, ending when `endedAtMs` says. */
  async function dueOf(atMs: bigint, endedAtMs: bigint, amountMicrocredits = 1_000_000_000n): Promise<bigint> {
    const happened = await happen()
    const { contracts, posted } = happened
    const usage = { startedAtMs: endedAtMs - 2n * hour, endedAtMs, cpuMs: 2n * hour }
    const pricingDigestOfRates = pricingDigest(ethersCrypto, { rates, feeBasisPoints: 500, burnBasisPoints: 8_000 })
    const { evidence, claim } = await evidenceOf(contracts.domain, {
      order: { ...unknownOrder, ...docker },
      receipt: usage,
      certificate: { assignedAtMs, amountMicrocredits, pricingDigest: pricingDigestOfRates },
      pricing: rates,
    })
    const acceptance = { digest: claim.receiptDigest, position: 15n, isAccepted: true, atMs }
    const shown = await acceptanceOf(contracts.domain, acceptance)
    await contracts.receipts.write.demandAcceptedReceipt([posted.epoch, evidence, shown, zeroHash], asAlice)
    const [event] = await contracts.receipts.getEvents.ReceiptDemanded()
    return event?.args.claim?.dueMicrocredits ?? 0n
  }

  /** As the ledger prices it, when it has the receipt that long after the assignment. */
  function expected(wallMs: bigint): bigint {
    const order = { ...unknownOrder, ...docker }
    const receipt = receiptOf(zeroHash, { startedAtMs: 0n, endedAtMs: 2n * hour, cpuMs: 2n * hour })
    const captured = priceOfJob(order, receipt, Number(wallMs), rates)
    return captured - feeOf(captured, { rates, feeBasisPoints: 500, burnBasisPoints: 8_000 }).feeMicrocredits
  }

  it('counts running time up to the acceptance, and up to the end that the node itself names', async () => {
    assert.equal(await dueOf(assignedAtMs + 3n * hour, assignedAtMs + 3n * hour), expected(2n * hour))
    assert.equal(await dueOf(assignedAtMs + hour, assignedAtMs + 9n * hour), expected(hour))
    assert.equal(await dueOf(assignedAtMs + 9n * hour, assignedAtMs + hour), expected(hour))
    assert.equal(expected(hour), 6_650n)
  })

  it('is at most what the certificate says to be held, less the fee, and nothing before the assignment', async () => {
    assert.equal(await dueOf(assignedAtMs + 3n * hour, assignedAtMs + 3n * hour, 1_000n), 950n)
    const { receipts } = (await happen()).contracts
    await revertWithCustomError(dueOf(assignedAtMs - 1n, assignedAtMs + hour), receipts, 'NothingDue')
  })
})

describe('a receipt', () => {
  it('is answered by the entry with what is due, and by no claim but the one asked', async () => {
    const happened = await withStatements('payout', 'wallet')
    const { contracts, posted } = happened
    const { receipts, disputes } = contracts
    const claim = await demandAccepted(happened)
    const { statement } = stated(happened, 'payout')
    const proof = proofIn(happened, 'payout', claim.order.orderDigest)
    const answer = (changed: object, shown = statement) =>
      receipts.write.answerReceiptByEntry([posted.epoch, { ...claim, ...changed }, shown, proof], anybody)
    await revertWithCustomError(answer({ dueMicrocredits: 1n }), disputes, 'DemandNotOpen')
    const more = answer({ dueMicrocredits: DUE + 1n })
    await reverts(more, disputes, 'CreditTooSmall', [claim.order.orderDigest, DUE, DUE + 1n])
    await revertWithCustomError(answer({}, stated(happened, 'wallet').statement), disputes, 'StatementDiffers')
    await answer({})
  })

  it('that the ledger accepted is not excused by a hold that had ended before', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted, books } = happened
    const { receipts, disputes } = contracts
    const claim = await demandAccepted(happened, { order: { ...unknownOrder, nonce: 5n } })
    const { statement } = stated(happened, 'wallet')
    const answer = (changed: object) => {
      const hold = entryProof(books.holds.opening, claim.order.orderDigest)
      const lane = entryProof(books.lanes.opening, claim.order.laneKey)
      const shown = [posted.epoch, { ...claim, ...changed }, statement, hold, lane] as const
      return receipts.write.answerReceiptByEnd(shown, asPoster)
    }
    await reverts(answer({}), receipts, 'ReceiptNotPushed', [claim.receiptDigest])
    await revertWithCustomError(answer({ isPushed: true }), disputes, 'DemandNotOpen')
  })

  it('in the inbox is excused by a hold that had ended before, and not by one that stands, or was yet to come', async () => {
    const cases: [Parameters<typeof evidenceOf>[1], string | undefined][] = [
      [{ order: { ...unknownOrder, nonce: 10n } }, 'NotEndedBefore'],
      [{ certificate: { position: 21n } }, 'NotEndedBefore'],
      [{ certificate: { position: 20n } }, undefined],
      [{ order: { ...unknownOrder, nonce: 9n } }, undefined],
    ]
    for (const [changed, refusal] of cases) {
      const happened = await happen()
      const { receipts } = happened.contracts
      const { next, claim, statement } = await demandPushed(happened, changed)
      const hold = entryProof(happened.books.holds.closing, claim.order.orderDigest)
      const lane = entryProof(happened.books.lanes.closing, claim.order.laneKey)
      const answering = receipts.write.answerReceiptByEnd([next.epoch, claim, statement, hold, lane], anybody)
      if (refusal === undefined) await answering
      else await revertWithCustomError(answering, receipts, refusal as never)
    }
  })

  it('in the inbox is not excused by an order whose hold stood when the epoch began', async () => {
    const contracts = await loadDisputed()
    const { receipts, disputes, settlement, domain } = contracts
    const { evidence, claim } = await evidenceOf(domain)
    const lane = { key: claim.order.laneKey, value: 3n }
    const hold = { key: claim.order.orderDigest, value: 500n }
    const place = placeOf(wallet.address)
    const total = await settlement.read.inboxTotal([2n])
    const books = booksOf(total, [[place, { lanes: [lane], holds: [hold] }]])
    await postBooks(contracts, new Map(), books)
    await receipts.write.pushReceipt([evidence], anybody)
    const next = await postBooks(contracts, books, booksOf(total, [[place, { lanes: [lane], available: 500n }]]))
    await receipts.write.demandPushed([next.epoch, evidence, zeroHash], asAlice)
    const { statement, proof } = statementOf(next, place, [])
    await disputes.write.state([next.epoch, place, proof], asPoster)
    const pushed = { ...claim, isPushed: true }
    const key = hold.key
    const shown = [entryProof([hold], key), entryProof([lane], lane.key)] as const
    const byEnd = receipts.write.answerReceiptByEnd([next.epoch, pushed, statement, ...shown], asPoster)
    await reverts(byEnd, treeErrors, 'NotAbsent', [key])
    const none = entryProof([], key)
    const byBond = receipts.write.answerReceiptByBond(
      [next.epoch, pushed, statement, none, entryProof([hold], key), none],
      asPoster,
    )
    await reverts(byBond, treeErrors, 'NotAbsent', [key])
  })

  it('is excused by another one for the same order, and not by itself', async () => {
    const happened = await happen()
    const { contracts, posted } = happened
    const { receipts, domain } = contracts
    const claim = await demandAccepted(happened)
    const { receipt } = await evidenceOf(domain)
    const answer = (other: typeof receipt) =>
      receipts.write.answerReceiptByOther([posted.epoch, claim, other.struct, other.signature], anybody)
    await reverts(answer(receipt), receipts, 'ReceiptNotOther', [claim.receiptDigest])
    const elsewhere = await signed(usageReceiptType, receiptOf(zeroHash), node, domain)
    await revertWithCustomError(answer(elsewhere), receipts, 'ReceiptNotOther')
    const ofOtherNode = { receipt: { node: wallet.address }, receiptSigner: wallet }
    await revertWithCustomError(answer((await evidenceOf(domain, ofOtherNode)).receipt), receipts, 'ReceiptNotOther')
    const unsigned = { receipt: { fuel: 1n }, receiptSigner: wallet }
    await revertWithCustomError(answer((await evidenceOf(domain, unsigned)).receipt), judgeErrors, 'SignerDiffers')
    await answer((await evidenceOf(domain, { receipt: { fuel: 1n } })).receipt)
  })

  it('is excused by the node’s release of the assignment or a later one, and by no other release', async () => {
    for (const attempt of [1, 2]) {
      const happened = await happen()
      const { contracts, posted } = happened
      const { receipts, domain } = contracts
      const claim = await demandAccepted(happened)
      const release = (fields: object, signer = node) => {
        const message = { orderDigest: claim.order.orderDigest, node: node.address, attempt, ...fields }
        return signed(assignmentReleaseType, message, signer, domain)
      }
      const answer = ({ signature }: Awaited<ReturnType<typeof release>>, shown = attempt) =>
        receipts.write.answerReceiptByRelease([posted.epoch, claim, shown, signature], anybody)
      await reverts(answer(await release({ attempt: 0 }), 0), receipts, 'ReleaseTooEarly', [0, 1])
      await revertWithCustomError(answer(await release({ attempt: 3 })), judgeErrors, 'SignerDiffers')
      await revertWithCustomError(answer(await release({}, wallet)), judgeErrors, 'SignerDiffers')
      await answer(await release({}))
    }
  })
})

describe('the poster’s bond', () => {
  const unknown = { order: unknownOrder }

  const byBond = (happened: Happened, claim: Awaited<ReturnType<typeof demandAccepted>>, account = poster.account) => {
    const { contracts, posted, books, entries } = happened
    const key = claim.order.orderDigest
    const { statement } = stated(happened, 'wallet')
    return contracts.receipts.write.answerReceiptByBond(
      [
        posted.epoch,
        claim,
        statement,
        entryProof(entries.wallet, key),
        entryProof(books.holds.opening, key),
        entryProof(books.holds.closing, key),
      ],
      { account },
    )
  }

  it('is not to be spent by anybody but the poster', async () => {
    const happened = await withStatements('wallet')
    const claim = await demandAccepted(happened, unknown)
    for (const { account } of [alice, guardian, stranger]) {
      const caller: [Hex] = [getAddress(account.address)]
      await reverts(byBond(happened, claim, account), happened.contracts.settlement, 'CallerNotPoster', caller)
    }
  })

  it('does not pay for an order that the holds or the statement know', async () => {
    const happened = await withStatements('wallet')
    const claim = await demandAccepted(happened)
    await reverts(byBond(happened, claim), treeErrors, 'NotAbsent', [claim.order.orderDigest])
  })

  it('pays once what is due for an order that nothing knows, and the asker has its bond back', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted } = happened
    const { token, settlement, receipts, disputes, domain } = contracts
    const bond = await settlement.read.bondWei()
    const claim = await demandAccepted(happened, unknown)
    await byBond(happened, claim)
    assert.equal(await token.read.balanceOf([payout.address]), DUE * WEI_PER_MICROCREDIT)
    assert.equal(await settlement.read.bondWei(), bond - DUE * WEI_PER_MICROCREDIT)
    assert.equal(await disputes.read.purseWei([alice.account.address]), PURSE_WEI)
    assert.equal(await receipts.read.isCompensated([claim.order.orderDigest, node.address]), true)
    assert.equal(await settlement.read.epochStatus([posted.epoch]), 3)
    const { evidence } = await evidenceOf(domain, { ...unknown, receipt: { fuel: 1n } })
    await receipts.write.pushReceipt([evidence], anybody)
    const next = await postBooks(contracts, posted.books, posted.books)
    const again = receipts.write.demandPushed([next.epoch, evidence, zeroHash], asAlice)
    await reverts(again, receipts, 'OrderCompensated', [claim.order.orderDigest, getAddress(node.address)])
  })

  it('pays an order once although two demands for it were open', async () => {
    const happened = await withStatements('wallet')
    const { contracts } = happened
    const { token, disputes } = contracts
    const claim = await demandAccepted(happened, unknown)
    const other = await demandAccepted(happened, { ...unknown, receipt: { fuel: 1n } })
    await byBond(happened, claim)
    await byBond(happened, other)
    assert.equal(await token.read.balanceOf([payout.address]), DUE * WEI_PER_MICROCREDIT)
    assert.equal(await disputes.read.purseWei([alice.account.address]), PURSE_WEI - ASKER_BOND_WEI)
    assert.equal(await token.read.balanceOf([disputes.address]), 3n * PURSE_WEI)
  })

  it('pays the node of an order that was certified for a node of the operator’s own too, and paid to it', async () => {
    const happened = await withStatements('wallet')
    const { token, receipts } = happened.contracts
    const accomplice = actor(71)
    const hideout = actor(72)
    const own = await demandAccepted(happened, {
      ...unknown,
      certificate: { node: accomplice.address, payoutWallet: hideout.address },
      receipt: { node: accomplice.address },
      receiptSigner: accomplice,
    })
    await byBond(happened, own)
    assert.equal(await token.read.balanceOf([hideout.address]), DUE * WEI_PER_MICROCREDIT)
    const claim = await demandAccepted(happened, unknown)
    assert.equal(claim.order.orderDigest, own.order.orderDigest)
    await byBond(happened, claim)
    assert.equal(await token.read.balanceOf([payout.address]), DUE * WEI_PER_MICROCREDIT)
    for (const { address } of [accomplice, node])
      assert.equal(await receipts.read.isCompensated([claim.order.orderDigest, address]), true)
  })
})

describe('a kept order', () => {
  const demandKept = async (happened: Happened, changed: Parameters<typeof evidenceOf>[1] = {}) => {
    const { contracts, posted } = happened
    const { evidence, claim } = await evidenceOf(contracts.domain, changed)
    await contracts.receipts.write.demandKept([posted.epoch, evidence.certified, zeroHash], asAlice)
    return { order: claim.order, evidence }
  }

  it('is not asked for by another certificate, one beyond the epoch, or one that ended within it', async () => {
    const happened = await happen()
    const { receipts, disputes } = happened.contracts
    const { epoch, closedAt } = happened.posted
    const unrelated = demandKept(happened, { certificate: { orderDigest: zeroHash } })
    await revertWithCustomError(unrelated, receipts, 'CertificateUnrelated')
    await revertWithCustomError(demandKept(happened, { certificateSigner: node }), judgeErrors, 'SignerDiffers')
    await revertWithCustomError(demandKept(happened, { orderSigner: node }), judgeErrors, 'SignerDiffers')
    const beyond = demandKept(happened, { certificate: { position: 21n } })
    await reverts(beyond, disputes, 'PositionOutsideEpoch', [epoch, 21n])
    const ended = demandKept(happened, { certificate: { expires: closedAt } })
    await reverts(ended, receipts, 'CertificateExpired', [closedAt, closedAt])
    await demandKept(happened, { certificate: { expires: closedAt + 1n, position: 20n } })
  })

  /** Pushes a receipt as late as its certificate allows, and posts an epoch that closes as the certificate ends. */
  const pushLate = async (happened: Happened, isCovered: boolean) => {
    const { contracts, posted } = happened
    const now = BigInt(await networkHelpers.time.latest()) + 100n
    const expires = now + INBOX_AGE_SECONDS + 300n
    const { evidence } = await evidenceOf(contracts.domain, { certificate: { expires } })
    await networkHelpers.time.setNextBlockTimestamp(now)
    await contracts.receipts.write.pushReceipt([evidence], anybody)
    await networkHelpers.time.increaseTo(expires)
    const next = await postBooks(contracts, posted.books, posted.books, 10n, isCovered ? 5n : 4n)
    const ask = async (at: bigint) => {
      const { evidence: shown } = await evidenceOf(contracts.domain, { certificate: { expires: at } })
      return contracts.receipts.write.demandKept([next.epoch, shown.certified, zeroHash], asAlice)
    }
    return { ask, expires, closedAt: next.closedAt }
  }

  it('is not asked for when its certificate ended and the epoch covers each receipt pushed in time', async () => {
    const happened = await happen()
    const { ask, expires, closedAt } = await pushLate(happened, true)
    await reverts(ask(expires), happened.contracts.receipts, 'CertificateExpired', [expires, closedAt])
  })

  it('is asked for although its certificate ended while the epoch leaves out what was pushed in time', async () => {
    const happened = await happen()
    const { ask, expires, closedAt } = await pushLate(happened, false)
    const tooLate = ask(expires - 1n)
    await reverts(tooLate, happened.contracts.receipts, 'CertificateExpired', [expires - 1n, closedAt])
    await ask(expires)
  })

  it('is shown by its hold, by its debit, or as one that had ended before', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted, books, entries, places } = happened
    const { receipts, disputes } = contracts
    const { statement } = stated(happened, 'wallet')
    const { order: settled } = await demandKept(happened)
    const { order: used } = await demandKept(happened, { order: { ...unknownOrder, nonce: 5n } })
    const { order: coming } = await demandKept(happened, { order: unknownOrder })
    type Order = typeof settled
    const byHold = (shown: Order) => {
      const proof = entryProof(books.holds.closing, shown.orderDigest)
      return receipts.write.answerKeptByHold([posted.epoch, shown, statement, proof], anybody)
    }
    const byEntry = (shown: Order) => {
      const proof = entryProof(entries.wallet, shown.orderDigest)
      return receipts.write.answerKeptByEntry([posted.epoch, shown, statement, proof], anybody)
    }
    const byEnd = (shown: Order) => {
      const hold = entryProof(books.holds.opening, shown.orderDigest)
      const lane = entryProof(books.lanes.opening, shown.laneKey)
      return receipts.write.answerKeptByEnd([posted.epoch, shown, statement, hold, lane], anybody)
    }
    await reverts(byHold(settled), treeErrors, 'NotIncluded', [settled.orderDigest])
    await reverts(byEnd(settled), treeErrors, 'NotAbsent', [settled.orderDigest])
    await reverts(byEntry(used), disputes, 'NothingDebited', [places.wallet, used.orderDigest])
    await reverts(byEnd(coming), receipts, 'NotEndedBefore', [coming.orderDigest, 50n, 5n, 5n, 10n])
    await byEntry(settled)
    await byEnd(used)
  })

  it('is shown by its hold in the closing leaf', async () => {
    const contracts = await loadDisputed()
    const { receipts, disputes, settlement, domain } = contracts
    const { evidence, claim } = await evidenceOf(domain)
    const hold = { key: claim.order.orderDigest, value: 500n }
    const place = placeOf(wallet.address)
    const books = booksOf(await settlement.read.inboxTotal([2n]), [[place, { holds: [hold] }]])
    await postBooks(contracts, new Map(), books)
    const next = await postBooks(contracts, books, books)
    const { statement, proof } = statementOf(next, place, [])
    await disputes.write.state([next.epoch, place, proof], asPoster)
    await receipts.write.demandKept([next.epoch, evidence.certified, zeroHash], asAlice)
    const shown = [next.epoch, claim.order, statement, entryProof([hold], hold.key)] as const
    await receipts.write.answerKeptByHold(shown, anybody)
  })

  it('is not shown by an entry of nothing: nobody could demand the receipt then', async () => {
    const happened = await happen()
    const { contracts, posted, entries, places } = happened
    const { receipts, disputes } = contracts
    const { order: shown } = await demandKept(happened, { order: unknownOrder })
    const empty = [...entries.wallet, entry(shown.orderDigest, 0n, 0n)]
    const { statement, proof } = stated(happened, 'wallet', empty)
    await disputes.write.state([posted.epoch, places.wallet, proof], asPoster)
    const answering = receipts.write.answerKeptByEntry(
      [posted.epoch, shown, statement, entryProof(empty, shown.orderDigest)],
      asPoster,
    )
    await reverts(answering, disputes, 'NothingDebited', [places.wallet, shown.orderDigest])
  })

  it('is excused by the node’s release, or by its receipt that is due nothing', async () => {
    const happened = await happen()
    const { contracts, posted } = happened
    const { receipts, domain } = contracts
    const { order: shown, evidence } = await demandKept(happened)
    const message = { orderDigest: shown.orderDigest, node: node.address, attempt: 1 }
    const forged = await signed(assignmentReleaseType, message, wallet, domain)
    const byForged = receipts.write.answerKeptByRelease([posted.epoch, shown, 1, forged.signature], anybody)
    await revertWithCustomError(byForged, judgeErrors, 'SignerDiffers')
    const due = receipts.write.answerKeptByReceipt([posted.epoch, evidence], anybody)
    await revertWithCustomError(due, receipts, 'SomethingDue')
    const release = await signed(assignmentReleaseType, message, node, domain)
    await receipts.write.answerKeptByRelease([posted.epoch, shown, 1, release.signature], anybody)
    await demandKept(happened, { order: unknownOrder })
    const { evidence: failed } = await evidenceOf(domain, { order: unknownOrder, receipt: { outcome: 2 } })
    await receipts.write.answerKeptByReceipt([posted.epoch, failed], anybody)
  })
})

describe('an epoch that leaves out what the ledger signed before it closed', () => {
  it('is not cancelled by what it reaches, by what came in its last second, or by somebody’s signature', async () => {
    const { contracts, posted } = await happen()
    const { receipts, domain } = contracts
    const cancel = async (position: bigint, atMs: bigint, signer?: ReturnType<typeof actor>) => {
      const shown = await acceptanceOf(domain, { digest: zeroHash, position, isAccepted: true, atMs }, signer)
      return receipts.write.cancelStale([posted.epoch, shown], anybody)
    }
    const before = posted.closedAt - 1n
    const reached = cancel(20n, before * 1_000n)
    await reverts(reached, receipts, 'AcceptanceNotLeftOut', [20n, 20n, before, posted.closedAt])
    const last = cancel(21n, posted.closedAt * 1_000n + 999n)
    await reverts(last, receipts, 'AcceptanceNotLeftOut', [21n, 20n, posted.closedAt, posted.closedAt])
    await revertWithCustomError(cancel(21n, before * 1_000n, actor(99)), judgeErrors, 'SignerDiffers')
  })

  it('is cancelled at once, a refusal suffices, and who shows it has the reward', async () => {
    const { contracts, posted } = await happen()
    const { receipts, settlement, token, domain } = contracts
    const atMs = (posted.closedAt - 1n) * 1_000n + 999n
    const shown = await acceptanceOf(domain, { digest: zeroHash, position: 21n, isAccepted: false, atMs })
    await receipts.write.cancelStale([posted.epoch, shown], anybody)
    assert.equal(await settlement.read.epochStatus([posted.epoch]), 4)
    assert.equal(await token.read.balanceOf([stranger.account.address]), EPOCH_BOND_WEI / 10n)
    const again = receipts.write.cancelStale([posted.epoch, shown], anybody)
    await reverts(again, settlement, 'EpochNotPending', [posted.epoch, 4])
  })
})
