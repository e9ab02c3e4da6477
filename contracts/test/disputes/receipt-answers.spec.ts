import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assignmentReleaseType, usageReceiptType } from '@deparrow/ledger'
import { getAddress, type Hex, zeroHash } from 'viem'
import { WEI_PER_MICROCREDIT } from '../support/constants.ts'
import { alice, guardian, poster, stranger, viem } from '../support/judges-chain.ts'
import { actor } from '../support/messages.ts'
import { entryProof, placeOf } from '../support/trees.ts'
import { demandAccepted, demandPushed } from './asked-receipts.ts'
import { booksOf, entry, postBooks, statementOf } from './books.ts'
import { DUE, evidenceOf, unknownOrder } from './certified.ts'
import { ASKER_BOND_WEI, loadDisputed, PURSE_WEI } from './disputed-chain.ts'
import { type Happened, happen, node, payout, proofIn, receiptOf, signed, stated, wallet } from './scenario.ts'
import { anybody, asAlice, asPoster, judgeErrors, treeErrors, withStatements } from './stated.ts'

const { revertWithCustomError, revertWithCustomErrorWithArgs: reverts, emitWithArgs } = viem.assertions

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

  it('is excused by the node’s release of the certified assignment, and by none of an earlier or a later one', async () => {
    const happened = await happen()
    const { contracts, posted } = happened
    const { receipts, domain } = contracts
    const claim = await demandAccepted(happened)
    const answerBy = async (fields: object, signer = node) => {
      const message = { orderDigest: claim.order.orderDigest, node: node.address, attempt: 1, ...fields }
      const { signature } = await signed(assignmentReleaseType, message, signer, domain)
      return receipts.write.answerReceiptByRelease([posted.epoch, claim, signature], anybody)
    }
    await revertWithCustomError(answerBy({ attempt: 0 }), judgeErrors, 'SignerDiffers')
    await revertWithCustomError(answerBy({ attempt: 2 }), judgeErrors, 'SignerDiffers')
    await revertWithCustomError(answerBy({ orderDigest: claim.receiptDigest }), judgeErrors, 'SignerDiffers')
    await revertWithCustomError(answerBy({}, wallet), judgeErrors, 'SignerDiffers')
    await answerBy({})
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

  it('does not pay for an order that the statement alone knows, as one that was placed and settled in between', async () => {
    const happened = await happen()
    const { contracts, posted, places, books, entries, messages } = happened
    const claim = await demandAccepted(happened, unknown)
    const key = claim.order.orderDigest
    const [, ...others] = entries.wallet
    const debits = [entry(key, 0n, 1n), entry(messages.transfer.digest, 0n, 299n), ...others]
    const { statement, proof } = stated(happened, 'wallet', debits)
    await contracts.disputes.write.state([posted.epoch, places.wallet, proof], asPoster)
    const holds = [entryProof(books.holds.opening, key), entryProof(books.holds.closing, key)] as const
    const shown = [posted.epoch, claim, statement, entryProof(debits, key), ...holds] as const
    await reverts(contracts.receipts.write.answerReceiptByBond(shown, asPoster), treeErrors, 'NotAbsent', [key])
  })

  it('pays once what is due for an order that nothing knows, and the asker has its bond back', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted } = happened
    const { token, settlement, receipts, disputes, domain } = contracts
    const bond = await settlement.read.bondWei()
    const claim = await demandAccepted(happened, unknown)
    const paid = [posted.epoch, claim.receiptDigest, getAddress(payout.address), DUE] as const
    await emitWithArgs(byBond(happened, claim), receipts, 'PaidOutOfBond', [...paid])
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

  it('pays nobody out of what the epoch has locked, so that a poster cannot pay itself before the epoch is cancelled', async () => {
    const happened = await withStatements('wallet')
    const { settlement, token } = happened.contracts
    const claim = await demandAccepted(happened, unknown)
    await settlement.write.withdrawBond([await settlement.read.freeBondWei()], { account: poster.account })
    const lockedWei = await settlement.read.bondWei()
    const dueWei = DUE * WEI_PER_MICROCREDIT
    await reverts(byBond(happened, claim), settlement, 'BondTooSmall', [0n, dueWei])
    await settlement.write.addBond([dueWei], { account: poster.account })
    await byBond(happened, claim)
    assert.equal(await token.read.balanceOf([payout.address]), dueWei)
    assert.equal(await settlement.read.bondWei(), lockedWei)
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
