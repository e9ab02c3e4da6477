import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assignmentReleaseType, feeOf, priceOfJob, pricingDigest, usageReceiptType } from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import { getAddress, type Hex, zeroHash } from 'viem'
import { alice, guardian, networkHelpers, poster, stranger, viem, WEI_PER_MICROCREDIT } from '../support/chain.ts'
import { actor } from '../support/messages.ts'
import { entryProof, placeOf } from '../support/trees.ts'
import { emptyAccount, postBooks, statementOf } from './books.ts'
import { acceptanceOf, DUE, evidenceOf, notAccepted, notStated, pricing, unknownOrder } from './certified.ts'
import { ASKER_BOND_WEI, EPOCH_BOND_WEI } from './disputed-chain.ts'
import {
  type Happened,
  happen,
  type Name,
  node,
  order,
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
  await contracts.receipts.write.demandReceipt([posted.epoch, evidence, shown, zeroHash], asAlice)
  return { ...claim, isAccepted: true }
}

/** Pushes a receipt, and posts an epoch that covers it and in which the node's sequence goes from 5 to `closing`. */
async function demandPushed(happened: Happened, sequence: bigint, closing: bigint) {
  const { contracts, posted } = happened
  const { evidence, claim } = await evidenceOf(contracts.domain, { order: unknownOrder, receipt: { sequence } })
  await contracts.receipts.write.pushReceipt([evidence], anybody)
  const books = new Map(posted.books)
  books.set(placeOf(node.address), { ...emptyAccount, receiptSequence: closing })
  const next = await postBooks(contracts, posted.books, books)
  await contracts.receipts.write.demandReceipt([next.epoch, evidence, notAccepted, zeroHash], asAlice)
  const { statement, proof } = statementOf(next, placeOf(node.address), [])
  await contracts.disputes.write.state([next.epoch, placeOf(node.address), proof], asPoster)
  return { next, claim: { ...claim, isAccepted: false }, statement }
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
    const unrelated = [
      { certificate: { orderDigest: zeroHash } },
      { certificate: { node: somebody.address } },
      { certificate: { attempt: 2 } },
      { certificate: { pricingDigest: zeroHash } },
      { pricing: { feeBasisPoints: 0 } },
    ]
    for (const changed of unrelated) await revertWithCustomError(push(changed), receipts, 'CertificateUnrelated')
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
  it('is refused when it was neither pushed nor accepted in the epoch', async () => {
    const { contracts, posted } = await happen()
    const { receipts, disputes, domain } = contracts
    const { evidence, claim } = await evidenceOf(domain)
    const digest = claim.receiptDigest
    const bare = receipts.write.demandReceipt([posted.epoch, evidence, notAccepted, zeroHash], asAlice)
    await reverts(bare, receipts, 'ReceiptNotPushed', [digest])
    const ask = async (fields: object, signer?: ReturnType<typeof actor>) => {
      const acceptance = { digest, position: 15n, isAccepted: true, atMs: 5n, ...fields }
      const shown = await acceptanceOf(domain, acceptance, signer)
      return receipts.write.demandReceipt([posted.epoch, evidence, shown, zeroHash], asAlice)
    }
    await reverts(ask({ isAccepted: false }), disputes, 'AcceptanceUnrelated', [digest, digest])
    await reverts(ask({ digest: zeroHash }), disputes, 'AcceptanceUnrelated', [digest, zeroHash])
    await revertWithCustomError(ask({}, actor(99)), judgeErrors, 'SignerDiffers')
    for (const position of [10n, 21n])
      await reverts(ask({ position }), disputes, 'PositionOutsideEpoch', [posted.epoch, position])
    await receipts.write.pushReceipt([evidence], anybody)
    const early = receipts.write.demandReceipt([posted.epoch, evidence, notAccepted, zeroHash], asAlice)
    await reverts(early, disputes, 'ItemOutsideEpoch', [posted.epoch, 4n])
  })

  it('takes the bond of who asks, by the contract that keeps demands', async () => {
    const happened = await happen()
    const { token, disputes } = happened.contracts
    const before = await token.read.balanceOf([alice.account.address])
    await demandAccepted(happened)
    assert.equal(await token.read.balanceOf([alice.account.address]), before - ASKER_BOND_WEI)
    assert.equal(await token.read.balanceOf([disputes.address]), ASKER_BOND_WEI)
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
    await contracts.receipts.write.demandReceipt([posted.epoch, evidence, shown, zeroHash], asAlice)
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
    const proof = proofIn(happened, 'payout', claim.orderDigest)
    const answer = (changed: object, shown = statement) =>
      receipts.write.answerReceiptByEntry([posted.epoch, { ...claim, ...changed }, shown, proof], anybody)
    await revertWithCustomError(answer({ dueMicrocredits: 1n }), disputes, 'DemandNotOpen')
    const more = answer({ dueMicrocredits: DUE + 1n })
    await reverts(more, disputes, 'CreditTooSmall', [claim.orderDigest, DUE, DUE + 1n])
    await revertWithCustomError(answer({}, stated(happened, 'wallet').statement), disputes, 'StatementDiffers')
    await answer({})
  })

  it('that the ledger accepted is not excused by sequences', async () => {
    const happened = await withStatements('node')
    const { contracts, posted } = happened
    const { receipts, domain } = contracts
    const claim = await demandAccepted(happened, { receipt: { sequence: 3n } })
    const { statement } = stated(happened, 'node')
    const bySequence = receipts.write.answerReceiptBySequence([posted.epoch, claim, statement], asPoster)
    await reverts(bySequence, receipts, 'SequenceDoesNotExcuse', [3n, 4n])
    const higher = await signed(usageReceiptType, receiptOf(zeroHash, { sequence: 5n }), node, domain)
    const byOther = receipts.write.answerReceiptByOther(
      [posted.epoch, claim, statement, higher.struct, higher.signature],
      asPoster,
    )
    await reverts(byOther, receipts, 'OtherDoesNotExcuse', [3n, 5n, 5n])
  })

  it('in the inbox is excused by an opening sequence that is not below it', async () => {
    const happened = await happen()
    const { receipts } = happened.contracts
    const { next, claim, statement } = await demandPushed(happened, 5n, 5n)
    await receipts.write.answerReceiptBySequence([next.epoch, claim, statement], anybody)
  })

  it('in the inbox is excused by another receipt that the closing sequence has reached, and by no other', async () => {
    const happened = await happen()
    const { receipts, domain } = happened.contracts
    const { next, claim, statement } = await demandPushed(happened, 6n, 7n)
    const bySequence = receipts.write.answerReceiptBySequence([next.epoch, claim, statement], asPoster)
    await reverts(bySequence, receipts, 'SequenceDoesNotExcuse', [6n, 5n])
    const answer = async (sequence: bigint, signer = node, of = node) => {
      const other = await signed(usageReceiptType, receiptOf(zeroHash, { sequence, node: of.address }), signer, domain)
      const shown = [next.epoch, claim, statement, other.struct, other.signature] as const
      return receipts.write.answerReceiptByOther(shown, anybody)
    }
    await reverts(answer(5n), receipts, 'OtherDoesNotExcuse', [6n, 5n, 7n])
    await reverts(answer(8n), receipts, 'OtherDoesNotExcuse', [6n, 8n, 7n])
    await revertWithCustomError(answer(7n, actor(99)), judgeErrors, 'SignerDiffers')
    await revertWithCustomError(answer(7n, wallet, wallet), receipts, 'ReceiptNotOther')
    await answer(7n)
  })

  it('in the inbox is excused by another receipt of the same sequence', async () => {
    const happened = await happen()
    const { receipts, domain } = happened.contracts
    const { next, claim, statement } = await demandPushed(happened, 6n, 6n)
    const other = await signed(usageReceiptType, receiptOf(zeroHash, { sequence: 6n }), node, domain)
    const shown = [next.epoch, claim, statement, other.struct, other.signature] as const
    await receipts.write.answerReceiptByOther(shown, anybody)
  })

  it('is excused by another one for the same order, and not by itself', async () => {
    const happened = await happen()
    const { contracts, posted } = happened
    const { receipts, domain } = contracts
    const claim = await demandAccepted(happened)
    const { receipt } = await evidenceOf(domain)
    const answer = (other: typeof receipt) =>
      receipts.write.answerReceiptByOther([posted.epoch, claim, notStated, other.struct, other.signature], anybody)
    await reverts(answer(receipt), receipts, 'ReceiptNotOther', [claim.receiptDigest])
    await answer((await evidenceOf(domain, { receipt: { fuel: 1n } })).receipt)
  })

  it('is excused by the node’s release of the assignment, and by no other release', async () => {
    const happened = await happen()
    const { contracts, posted } = happened
    const { receipts, domain } = contracts
    const claim = await demandAccepted(happened)
    const release = (fields: object, signer = node) => {
      const message = { orderDigest: claim.orderDigest, node: node.address, attempt: 1, ...fields }
      return signed(assignmentReleaseType, message, signer, domain)
    }
    const answer = ({ signature }: Awaited<ReturnType<typeof release>>) =>
      receipts.write.answerReceiptByRelease([posted.epoch, claim, signature], anybody)
    await revertWithCustomError(answer(await release({ attempt: 2 })), judgeErrors, 'SignerDiffers')
    await revertWithCustomError(answer(await release({}, wallet)), judgeErrors, 'SignerDiffers')
    await answer(await release({}))
  })
})

describe('the poster’s bond', () => {
  const unknown = { order: unknownOrder }

  const byBond = (happened: Happened, claim: Awaited<ReturnType<typeof demandAccepted>>, account = poster.account) => {
    const { contracts, posted, books, entries } = happened
    const key = claim.orderDigest
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
    await reverts(byBond(happened, claim), treeErrors, 'NotAbsent', [claim.orderDigest])
  })

  it('pays once what is due for an order that nothing knows, and the asker has its bond back', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted } = happened
    const { token, settlement, receipts, domain } = contracts
    const before = await token.read.balanceOf([alice.account.address])
    const bond = await settlement.read.bondWei()
    const claim = await demandAccepted(happened, unknown)
    await byBond(happened, claim)
    assert.equal(await token.read.balanceOf([payout.address]), DUE * WEI_PER_MICROCREDIT)
    assert.equal(await settlement.read.bondWei(), bond - DUE * WEI_PER_MICROCREDIT)
    assert.equal(await token.read.balanceOf([alice.account.address]), before)
    assert.equal(await receipts.read.compensatedMicrocredits([claim.orderDigest, node.address, 1]), DUE)
    assert.equal(await settlement.read.epochStatus([posted.epoch]), 3)
    const { evidence } = await evidenceOf(domain, { ...unknown, receipt: { fuel: 1n } })
    await receipts.write.pushReceipt([evidence], anybody)
    const next = await postBooks(contracts, posted.books, posted.books)
    const again = receipts.write.demandReceipt([next.epoch, evidence, notAccepted, zeroHash], asAlice)
    await revertWithCustomError(again, receipts, 'ReceiptCompensated')
  })

  it('pays an assignment once although two demands for it were open', async () => {
    const happened = await withStatements('wallet')
    const { contracts } = happened
    const { token, disputes } = contracts
    const before = await token.read.balanceOf([alice.account.address])
    const claim = await demandAccepted(happened, unknown)
    const other = await demandAccepted(happened, { ...unknown, receipt: { fuel: 1n } })
    await byBond(happened, claim)
    await byBond(happened, other)
    assert.equal(await token.read.balanceOf([payout.address]), DUE * WEI_PER_MICROCREDIT)
    assert.equal(await token.read.balanceOf([alice.account.address]), before - ASKER_BOND_WEI)
    assert.equal(await token.read.balanceOf([disputes.address]), 0n)
  })
})

describe('a kept order', () => {
  const demandKept = async (happened: Happened, changed: Parameters<typeof evidenceOf>[1] = {}) => {
    const { contracts, posted } = happened
    const { evidence, orderDigest } = await evidenceOf(contracts.domain, changed)
    const { order: shown, certificate, certificateSignature } = evidence
    await contracts.receipts.write.demandKept(
      [posted.epoch, shown, certificate, certificateSignature, zeroHash],
      asAlice,
    )
    return orderDigest
  }

  it('is not asked for by another certificate, or one that ended within the epoch', async () => {
    const happened = await happen()
    const { receipts } = happened.contracts
    const { closedAt } = happened.posted
    const unrelated = demandKept(happened, { certificate: { orderDigest: zeroHash } })
    await revertWithCustomError(unrelated, receipts, 'CertificateUnrelated')
    await revertWithCustomError(demandKept(happened, { certificateSigner: node }), judgeErrors, 'SignerDiffers')
    const ended = demandKept(happened, { certificate: { expires: closedAt } })
    await reverts(ended, receipts, 'CertificateExpired', [closedAt, closedAt])
  })

  it('is shown by what the payer’s statement says of it', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted, books, entries } = happened
    const { receipts } = contracts
    const { statement } = stated(happened, 'wallet')
    const answer = (key: Hex, ground: number, among: Parameters<typeof entryProof>[0]) => {
      const id = [posted.epoch, wallet.address, key, node.address, 1] as const
      return receipts.write.answerKept([...id, ground, statement, entryProof(among, key)], anybody)
    }
    const settled = await demandKept(happened)
    await reverts(answer(settled, 0, books.holds.closing), treeErrors, 'NotIncluded', [settled])
    await reverts(answer(settled, 1, books.holds.opening), treeErrors, 'NotAbsent', [settled])
    await answer(settled, 2, entries.wallet)
    const unknown = await demandKept(happened, { order: unknownOrder })
    await reverts(answer(unknown, 2, entries.wallet), treeErrors, 'NotIncluded', [unknown])
    await answer(unknown, 1, books.holds.opening)
  })

  it('is excused by the node’s release, or by its receipt', async () => {
    const happened = await happen()
    const { contracts, posted } = happened
    const { receipts, domain, disputes } = contracts
    const key = await demandKept(happened)
    const message = { orderDigest: key, node: node.address, attempt: 1 }
    const forged = await signed(assignmentReleaseType, message, wallet, domain)
    const id = [posted.epoch, wallet.address, key, node.address, 1] as const
    const byForged = receipts.write.answerKeptByRelease([...id, forged.signature], anybody)
    await revertWithCustomError(byForged, judgeErrors, 'SignerDiffers')
    const release = await signed(assignmentReleaseType, message, node, domain)
    await receipts.write.answerKeptByRelease([...id, release.signature], anybody)
    const second = await demandKept(happened, { order: unknownOrder })
    const elsewhere = await signed(usageReceiptType, receiptOf(key), node, domain)
    const answer = ({ struct, signature }: typeof elsewhere) =>
      receipts.write.answerKeptByReceipt([posted.epoch, wallet.address, struct, signature], anybody)
    await revertWithCustomError(answer(elsewhere), disputes, 'DemandNotOpen')
    await answer(await signed(usageReceiptType, receiptOf(second, { outcome: 2 }), node, domain))
    assert.notEqual(order.nonce, unknownOrder.nonce)
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
