import { signatureSecondsMax } from '../account/transfer.ts'
import { zeroAddress } from '../hex.ts'
import type { EventOf } from '../journal/event.ts'
import { nodeRegistrationType } from '../node/node-registration.ts'
import { jobOutcomes, receiptTypeOf, usageReceiptType } from '../receipt/usage-receipt.ts'
import { auditedPrice } from './audited-price.ts'
import { countFee, nodeOf } from './audited-rewards.ts'
import {
  type Audit,
  ascendingProblem,
  deadlineProblem,
  expectEntries,
  expectLines,
  isSignedBy,
  touch,
} from './checks.ts'
import { endHold } from './hold-movement.ts'
import { returnProblem } from './permission-movement.ts'

export function registrationProblem(audit: Audit, event: EventOf<'NodeRegistered'>): string | undefined {
  const { registration } = event.data
  const { node, payoutWallet, nonce, deadline } = registration.message
  const signer = audit.books.payoutWallets.get(node) ?? node
  if (!isSignedBy(audit, nodeRegistrationType, registration, signer)) return 'the registration is not signed by who may'
  if (payoutWallet === zeroAddress) return 'pays a node out to the zero address'
  audit.books.payoutWallets.set(node, payoutWallet)
  nodeOf(audit.books, node, event.atMs)
  touch(audit.books, node)
  return (
    ascendingProblem(audit.books, `registration:${node}`, nonce) ??
    deadlineProblem(event, deadline, signatureSecondsMax) ??
    expectEntries(event, {})
  )
}

export function receiptProblem(audit: Audit, event: EventOf<'ReceiptReceived'>): string | undefined {
  const { books } = audit
  const { receipt: signed } = event.data
  if (receiptTypeOf(signed.message) !== usageReceiptType && audit.config.protocol === 2) return 'is a receipt of 0.1.0'
  if (!isSignedBy(audit, receiptTypeOf(signed.message), signed, signed.message.node))
    return 'the node did not sign the receipt'
  const receipt = signed.message
  const hold = books.holds.get(receipt.orderDigest)
  if (hold?.assigned?.node !== receipt.node || hold.assigned.attempt !== receipt.attempt) {
    return 'is a receipt for a job that the node does not have'
  }
  if (hold.received !== undefined) return 'is a second receipt for a job'
  const isJudged = audit.config.protocol === 2
  const isPushed = books.pushed === event.commandId
  books.pushed = undefined
  if (!isPushed && books.late.has(receipt.orderDigest)) return 'is a receipt for a job whose time is over'
  if (isJudged && !isPushed && receipt.endedAtMs > BigInt(event.atMs)) return 'is a receipt for a job that ends later'
  const lastSequence = books.sequences.get(receipt.node) ?? 0n
  if (!isJudged && receipt.sequence <= lastSequence) return `uses sequence ${receipt.sequence} again`
  if (jobOutcomes[receipt.outcome] === undefined) return `has outcome ${receipt.outcome}, which does not exist`
  if (receipt.sequence > lastSequence) books.sequences.set(receipt.node, receipt.sequence)
  touch(books, receipt.node)
  const untilMs = isJudged && receipt.endedAtMs > BigInt(event.atMs) ? Number(receipt.endedAtMs) : event.atMs
  const price = auditedPrice(hold.order, receipt, untilMs - hold.assigned.atMs, hold.pricing.rates)
  books.unsettled += 1
  books.holds.set(receipt.orderDigest, {
    ...hold,
    received: { price, commandId: event.commandId, outcome: receipt.outcome },
  })
  return expectEntries(event, {})
}

export function settlementProblem({ books, config }: Audit, event: EventOf<'JobSettled'>): string | undefined {
  const {
    orderDigest,
    node,
    payoutWallet,
    capturedMicrocredits,
    feeMicrocredits,
    earnedMicrocredits,
    releasedMicrocredits,
  } = event.data
  const hold = books.holds.get(orderDigest)
  if (hold === undefined) return 'settles what is no hold'
  const { received: receipt, pricing } = hold
  if (receipt === undefined) return 'settles without a receipt'
  // 0.1.0 settled a job together with its receipt, under one command id.
  const ids = [`settle:${orderDigest}`, `expiry:${orderDigest}`, receipt.commandId]
  if (!ids.includes(event.commandId)) return `settles under command id ${event.commandId}`
  const registered = config.protocol === 2 ? hold.assigned?.payoutWallet : books.payoutWallets.get(node)
  if (hold.assigned?.node !== node || registered !== payoutWallet) return 'pays a wallet that is not the node’s'
  if (capturedMicrocredits !== receipt.price)
    return `captures ${capturedMicrocredits} µcr, the price is ${receipt.price} µcr`
  const fee = (capturedMicrocredits * BigInt(pricing.feeBasisPoints) + 9_999n) / 10_000n
  const burn = (fee * BigInt(pricing.burnBasisPoints)) / 10_000n
  const isSplit = feeMicrocredits === fee && earnedMicrocredits === capturedMicrocredits - fee
  if (!isSplit || releasedMicrocredits !== hold.order.maxPriceMicrocredits - capturedMicrocredits)
    return 'does not split the hold rightly'
  const unreturned = returnProblem(event, hold.under, releasedMicrocredits)
  if (unreturned !== undefined) return unreturned
  const caused = { feeMicrocredits: fee, isCompleted: jobOutcomes[receipt.outcome] === 'completed' }
  if (config.shard === 0) countFee(books, node, caused, event.atMs)
  else if (!isSaid(event, caused)) return 'does not say to the reserve’s shard whose fee it sends'
  if (config.shard === 0 && burn > 0n) books.burns.set(payoutWallet, (books.burns.get(payoutWallet) ?? 0n) + burn)
  books.unsettled -= 1
  endHold(books, orderDigest, hold)
  return expectLines(event, [
    [`hold:${orderDigest}`, -hold.order.maxPriceMicrocredits],
    [`wallet:${payoutWallet}`, earnedMicrocredits],
    ['burn', burn],
    ['treasury', fee - burn],
    [`wallet:${hold.order.payer}`, releasedMicrocredits],
  ])
}

/** A fee counts for its node's bonuses where the rewards budget is: the sending there names it, and no other sending does. */
function isSaid(
  { clearing = [], data }: EventOf<'JobSettled'>,
  expected: { readonly feeMicrocredits: bigint; readonly isCompleted: boolean },
): boolean {
  return clearing.every(({ toShard, caused }) => {
    if (toShard !== 0 || expected.feeMicrocredits === 0n) return caused === undefined
    const { feeMicrocredits, isCompleted } = expected
    return (
      caused?.node === data.node && caused.feeMicrocredits === feeMicrocredits && caused.isCompleted === isCompleted
    )
  })
}
