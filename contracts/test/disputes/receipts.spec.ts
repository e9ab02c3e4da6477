import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { feeOf, priceOfJob, pricingDigest } from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import { getAddress, type Hex, zeroHash } from 'viem'
import { alice, networkHelpers, viem } from '../support/judges-chain.ts'
import { actor } from '../support/messages.ts'
import { entryProof } from '../support/trees.ts'
import { demandAccepted } from './asked-receipts.ts'
import { entry, postBooks } from './books.ts'
import { acceptanceOf, evidenceOf, pricing, unknownOrder } from './certified.ts'
import { ASKER_BOND_WEI, PURSE_WEI } from './disputed-chain.ts'
import { type Happened, happen, node, proofIn, receiptOf, stated } from './scenario.ts'
import { anybody, asAlice, asPoster, judgeErrors, withStatements } from './stated.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs: reverts } = viem.assertions

const pushable = { endedAtMs: 2n }

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
    await push({ receipt: { endedAtMs: now * 1_000n }, certificate: { expires: now + 310n } })
  })

  it('enters it once, for its node', async () => {
    const { contracts } = await happen()
    const { receipts, settlement, domain } = contracts
    const { evidence, claim } = await evidenceOf(domain, { receipt: pushable })
    await receipts.write.pushReceipt([evidence], anybody)
    const [event] = await receipts.getEvents.ReceiptPushed()
    const { inboxIndex, receiptDigest, node: pushedFor, evidence: shown } = event?.args ?? {}
    assert.deepEqual([inboxIndex, receiptDigest, pushedFor], [4n, claim.receiptDigest, getAddress(node.address)])
    const { receiptSignature, pricing: shownPricing } = evidence
    assert.deepEqual([shown?.receiptSignature, shown?.pricing], [receiptSignature, shownPricing])
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

  it('is opened for what was accepted after the parent had closed, though that claims the position', async () => {
    const { contracts, posted } = await happen()
    const { receipts, settlement, domain } = contracts
    const { evidence, claim } = await evidenceOf(domain)
    const { parent } = await settlement.read.epoch([posted.epoch])
    const { journalPosition: position, closedAt } = await settlement.read.epoch([parent])
    const atMs = closedAt * 1_000n + 1_000n
    const shown = await acceptanceOf(domain, { digest: claim.receiptDigest, position, isAccepted: true, atMs })
    await receipts.write.demandAcceptedReceipt([posted.epoch, evidence, shown, zeroHash], asAlice)
    assert.equal((await settlement.read.epoch([posted.epoch])).openDemands, 1)
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
  const usual = { ...pricing, cpuCoreHourMicrocredits: 7_000n }
  /** A millisecond costs 1 000 microcredits. */
  const expensive = { ...pricing, cpuCoreHourMicrocredits: 3_600_000_000n }

  /** A receipt that says that a job ran for two hours on one core, ending when `endedAtMs` says. */
  function ran({ contracts }: Happened, endedAtMs: bigint, certificate: Record<string, bigint> = {}, rates = usual) {
    const usage = { startedAtMs: endedAtMs - 2n * hour, endedAtMs, cpuMs: 2n * hour }
    const pricingDigestOfRates = pricingDigest(ethersCrypto, { rates, feeBasisPoints: 500, burnBasisPoints: 8_000 })
    const terms = { assignedAtMs, amountMicrocredits: 1_000_000_000n, pricingDigest: pricingDigestOfRates }
    return evidenceOf(contracts.domain, {
      order: { ...unknownOrder, ...docker },
      receipt: usage,
      certificate: { ...terms, ...certificate },
      pricing: rates,
    })
  }

  /** The due that the demand of the last transaction tells. */
  async function demandedDue({ contracts }: Happened): Promise<bigint | undefined> {
    const [event] = await contracts.receipts.getEvents.ReceiptDemanded()
    return event?.args.claim?.dueMicrocredits
  }

  /** The due of such a receipt that the ledger has accepted. */
  async function dueOf(atMs: bigint, endedAtMs: bigint, certificate: Record<string, bigint> = {}, rates = usual) {
    const happened = await happen()
    const { contracts, posted } = happened
    const { evidence, claim } = await ran(happened, endedAtMs, certificate, rates)
    const acceptance = { digest: claim.receiptDigest, position: 15n, isAccepted: true, atMs }
    const shown = await acceptanceOf(contracts.domain, acceptance)
    await contracts.receipts.write.demandAcceptedReceipt([posted.epoch, evidence, shown, zeroHash], asAlice)
    return demandedDue(happened)
  }

  /** As the ledger prices it, when it has the receipt that long after the assignment. */
  function expected(wallMs: bigint): bigint {
    const order = { ...unknownOrder, ...docker }
    const receipt = receiptOf(zeroHash, { startedAtMs: 0n, endedAtMs: 2n * hour, cpuMs: 2n * hour })
    const captured = priceOfJob(order, receipt, Number(wallMs), usual)
    return captured - feeOf(captured, { rates: usual, feeBasisPoints: 500, burnBasisPoints: 8_000 }).feeMicrocredits
  }

  it('counts running time up to the acceptance, and up to the end that the node itself names', async () => {
    assert.equal(await dueOf(assignedAtMs + 3n * hour, assignedAtMs + 3n * hour), expected(2n * hour))
    assert.equal(await dueOf(assignedAtMs + hour, assignedAtMs + 9n * hour), expected(hour))
    assert.equal(await dueOf(assignedAtMs + 9n * hour, assignedAtMs + hour), expected(hour))
    assert.equal(expected(hour), 6_650n)
  })

  it('counts running time up to the close of the epoch before, when the ledger has debited the order at all', async () => {
    const happened = await happen()
    const { contracts, first, posted, messages, entries, places } = happened
    const closedAtMs = first.closedAt * 1_000n
    const { evidence, orderDigest } = await ran(happened, closedAtMs + hour, { assignedAtMs: closedAtMs - hour })
    const others = entries.wallet.filter(({ key }) => key !== messages.order.digest)
    const debited = [...others, entry(orderDigest, 0n, 1n), entry(messages.order.digest, 0n, 399n)]
    const { statement, proof } = stated(happened, 'wallet', debited)
    await contracts.disputes.write.state([posted.epoch, places.wallet, proof], asPoster)
    const shown = [posted.epoch, evidence, statement, entryProof(debited, orderDigest), zeroHash] as const
    await contracts.receipts.write.demandDebited(shown, asAlice)
    assert.equal(await demandedDue(happened), expected(hour))
  })

  it('counts all running time of what was pushed, which had ended before', async () => {
    const happened = await happen()
    const { contracts, posted } = happened
    const nowMs = BigInt(await networkHelpers.time.latest()) * 1_000n
    const { evidence } = await ran(happened, nowMs, { assignedAtMs: nowMs - hour })
    await contracts.receipts.write.pushReceipt([evidence], anybody)
    const next = await postBooks(contracts, posted.books, posted.books)
    await contracts.receipts.write.demandPushed([next.epoch, evidence, zeroHash], asAlice)
    assert.equal(await demandedDue(happened), expected(hour))
  })

  it('is at most what the certificate says to be held, less the fee, and nothing before the assignment', async () => {
    const held = { amountMicrocredits: 1_000n }
    assert.equal(await dueOf(assignedAtMs + 3n * hour, assignedAtMs + 3n * hour, held), 950n)
    assert.equal(await dueOf(assignedAtMs + 3n * hour, assignedAtMs + 3n * hour, { amountMicrocredits: 2n }), 1n)
    const { receipts } = (await happen()).contracts
    for (const rates of [usual, expensive]) {
      const early = dueOf(assignedAtMs - 1n, assignedAtMs + hour, {}, rates)
      await revertWithCustomError(early, receipts, 'NothingDue')
    }
  })
})
