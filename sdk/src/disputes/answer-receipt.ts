import type { disputedReceiptsAbi } from '@deparrow/contracts'
import { findEntry, lowerHex, typedDataDigest, usageReceiptType } from '@deparrow/ledger'
import type { ContractFunctionArgs } from 'viem'
import { type AccountView, entryProof, viewAccount } from './account-view.ts'
import { endedBefore, receipts, releaseFor } from './answer-kept.ts'
import type { Answer, Question, ReceiptClaim } from './calls.ts'
import type { EpochArchive } from './epoch-archive.ts'
import { isOfContracts, messageStruct } from './structs.ts'

type ReceiptStruct = ContractFunctionArgs<typeof disputedReceiptsAbi, 'nonpayable', 'answerReceiptByOther'>[2]

/** Shows that a receipt is paid, or why it is not; at last that nobody knows its order, so that the bond pays. */
export function answerReceipt(archive: EpochArchive, { epoch }: Question, claim: ReceiptClaim): Answer {
  const { crypto } = archive
  const digest = lowerHex(claim.order.orderDigest)
  const paid = viewAccount(archive, archive.placeOf(lowerHex(claim.payoutWallet)))
  const isPaid = paid.entry(digest) !== undefined
  if (isPaid && (paid.entry(digest)?.creditMicrocredits ?? 0n) >= claim.dueMicrocredits) {
    const proof = entryProof(crypto, paid.entries, digest)
    const args = [epoch, claim, paid.statement, proof] as const
    return { ...receipts({ functionName: 'answerReceiptByEntry', args }), stated: paid.place }
  }
  const payer = viewAccount(archive, archive.placeOf(lowerHex(claim.order.payer)))
  const ended = claim.isPushed ? endedBefore(archive, payer, claim.order) : undefined
  if (ended !== undefined) {
    const args = [epoch, claim, payer.statement, ended.openingHold, ended.openingLane] as const
    return { ...receipts({ functionName: 'answerReceiptByEnd', args }), stated: payer.place }
  }
  const release = releaseFor(archive, claim.order)
  if (release !== undefined) {
    return receipts({ functionName: 'answerReceiptByRelease', args: [epoch, claim, release] })
  }
  const other = otherReceipt(archive, payer, claim)
  if (other !== undefined) {
    return receipts({ functionName: 'answerReceiptByOther', args: [epoch, claim, other.receipt, other.signature] })
  }
  return byBond(archive, epoch, claim, payer)
}

/** Another receipt of the same node, with which the order was settled. */
function otherReceipt({ crypto, domain }: EpochArchive, payer: AccountView, { order, receiptDigest }: ReceiptClaim) {
  const settled = payer.entry(lowerHex(order.orderDigest))?.evidence
  if (settled?.kind !== 'job' || domain === undefined) return undefined
  const { message, signature } = settled.receipt
  if (message.node !== lowerHex(order.node) || !isOfContracts('UsageReceipt', message)) return undefined
  if (typedDataDigest(crypto, domain, usageReceiptType, message) === lowerHex(receiptDigest)) return undefined
  return { receipt: messageStruct('UsageReceipt', message) as ReceiptStruct, signature }
}

function byBond({ crypto }: EpochArchive, epoch: bigint, claim: ReceiptClaim, payer: AccountView): Answer {
  const digest = lowerHex(claim.order.orderDigest)
  const trees = [payer.entries, payer.opening.holds, payer.closing.holds] as const
  if (trees.some(tree => findEntry(tree, digest) !== undefined)) return { cannotAnswer: 'NOT_PAID' }
  const [entry, openingHold, closingHold] = [
    entryProof(crypto, trees[0], digest),
    entryProof(crypto, trees[1], digest),
    entryProof(crypto, trees[2], digest),
  ]
  const args = [epoch, claim, payer.statement, entry, openingHold, closingHold] as const
  return { ...receipts({ functionName: 'answerReceiptByBond', args }), stated: payer.place }
}
