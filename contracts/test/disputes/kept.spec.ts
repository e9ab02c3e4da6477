import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assignmentReleaseType } from '@deparrow/ledger'
import { getAddress, zeroHash } from 'viem'
import { networkHelpers, stranger, viem } from '../support/judges-chain.ts'
import { actor } from '../support/messages.ts'
import { entryProof, placeOf } from '../support/trees.ts'
import { booksOf, entry, postBooks, statementOf } from './books.ts'
import { acceptanceOf, evidenceOf, unknownOrder } from './certified.ts'
import { EPOCH_BOND_WEI, INBOX_AGE_SECONDS, loadDisputed } from './disputed-chain.ts'
import { type Happened, happen, node, signed, stated, wallet } from './scenario.ts'
import { anybody, asAlice, asPoster, judgeErrors, treeErrors, withStatements } from './stated.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs: reverts, emitWithArgs } = viem.assertions

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
    const later = { position: 21n, assignedAtMs: closedAt * 1_000n }
    const beyond = demandKept(happened, { certificate: later })
    await reverts(beyond, disputes, 'PositionOutsideEpoch', [epoch, 21n])
    const ended = demandKept(happened, { certificate: { expires: closedAt } })
    await reverts(ended, receipts, 'CertificateExpired', [closedAt, closedAt])
    await demandKept(happened, { certificate: { expires: closedAt + 1n, position: 20n } })
  })

  it('is told with the certificate that was shown, so that the poster has it whoever asks, and from whatever contract', async () => {
    const happened = await happen()
    const { evidence, order } = await demandKept(happened)
    const [event] = await happened.contracts.receipts.getEvents.KeptDemanded()
    const told = event?.args
    assert.deepEqual([told?.order?.orderDigest, told?.order?.position], [order.orderDigest, order.position])
    const { certificate, certificateSignature } = evidence.certified
    const shown = (fields: object = {}) =>
      Object.entries(fields)
        .map(field => String(field).toLowerCase())
        .sort()
    assert.deepEqual(shown(told?.certificate), shown(certificate))
    assert.equal(told?.certificateSignature, certificateSignature)
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

  it('has not ended before when its certificate says that it was assigned later, whatever position that names', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted, books } = happened
    const { receipts, settlement } = contracts
    const { statement } = stated(happened, 'wallet')
    const { parent } = await settlement.read.reachOf([posted.epoch])
    const { closedAt } = await settlement.read.reachOf([parent])
    const byEnd = async (assignedAtMs: bigint) => {
      const changed = { order: { ...unknownOrder, nonce: 5n }, certificate: { assignedAtMs } }
      const { order: shown } = await demandKept(happened, changed)
      const hold = entryProof(books.holds.opening, shown.orderDigest)
      const lane = entryProof(books.lanes.opening, shown.laneKey)
      return receipts.write.answerKeptByEnd([posted.epoch, shown, statement, hold, lane], asPoster)
    }
    await revertWithCustomError(byEnd((closedAt + 1n) * 1_000n), receipts, 'NotEndedBefore')
    await byEnd(closedAt * 1_000n + 999n)
  })

  it('is asked for at whatever position its certificate names, when that says that it was assigned before the epoch closed', async () => {
    const happened = await happen()
    const { disputes } = happened.contracts
    const { epoch, closedAt } = happened.posted
    const position = 2n ** 63n
    const late = demandKept(happened, { certificate: { position, assignedAtMs: closedAt * 1_000n } })
    await reverts(late, disputes, 'PositionOutsideEpoch', [epoch, position])
    await demandKept(happened, { certificate: { position, assignedAtMs: closedAt * 1_000n - 1n } })
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
    assert.equal((await settlement.read.epoch([next.epoch])).openDemands, 0)
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

  it('is shown by a debit of a single microcredit, by which its receipt can be demanded', async () => {
    const happened = await happen()
    const { contracts, posted, entries, places } = happened
    const { order: shown } = await demandKept(happened)
    const others = entries.wallet.filter(({ key }) => key !== shown.orderDigest)
    const debits = [...others, entry(shown.orderDigest, 0n, 1n), entry(zeroHash, 0n, 399n)]
    const { statement, proof } = stated(happened, 'wallet', debits)
    await contracts.disputes.write.state([posted.epoch, places.wallet, proof], asPoster)
    const debit = entryProof(debits, shown.orderDigest)
    await contracts.receipts.write.answerKeptByEntry([posted.epoch, shown, statement, debit], asPoster)
    assert.equal((await contracts.settlement.read.epoch([posted.epoch])).openDemands, 0)
  })

  it('is excused by the node’s release, or by its receipt that is due nothing', async () => {
    const happened = await happen()
    const { contracts, posted } = happened
    const { receipts, domain } = contracts
    const { order: shown, evidence } = await demandKept(happened)
    const message = { orderDigest: shown.orderDigest, node: node.address, attempt: 1 }
    const forged = await signed(assignmentReleaseType, message, wallet, domain)
    const byForged = receipts.write.answerKeptByRelease([posted.epoch, shown, forged.signature], anybody)
    await revertWithCustomError(byForged, judgeErrors, 'SignerDiffers')
    const due = receipts.write.answerKeptByReceipt([posted.epoch, evidence], anybody)
    await revertWithCustomError(due, receipts, 'SomethingDue')
    const release = await signed(assignmentReleaseType, message, node, domain)
    await receipts.write.answerKeptByRelease([posted.epoch, shown, release.signature], anybody)
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
    const cancelling = receipts.write.cancelStale([posted.epoch, shown], anybody)
    const by = getAddress(stranger.account.address)
    await emitWithArgs(cancelling, receipts, 'CancelledAsStale', [posted.epoch, 21n, by])
    assert.equal(await settlement.read.epochStatus([posted.epoch]), 4)
    assert.equal(await token.read.balanceOf([stranger.account.address]), EPOCH_BOND_WEI / 10n)
    const again = receipts.write.cancelStale([posted.epoch, shown], anybody)
    await reverts(again, settlement, 'EpochNotPending', [posted.epoch, 4])
  })
})
